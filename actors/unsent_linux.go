package actors

import (
	"net"
	"syscall"
	"unsafe"
)

// siocOutQNSD is SIOCOUTQNSD of linux/sockios.h; package syscall does not name it.
const siocOutQNSD = 0x894B

// unsent is how many bytes the kernel has not sent yet, because the peer takes no
// more; 0 where it cannot say.
func unsent(conn *net.TCPConn) int {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	var n int32
	err = raw.Control(func(fd uintptr) {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, siocOutQNSD, uintptr(unsafe.Pointer(&n)))
		if errno != 0 {
			n = 0
		}
	})
	if err != nil {
		return 0
	}
	return int(n)
}
