package linktest

import (
	"net"
	"net/netip"
	"os"
	"syscall"
)

// reserve binds a socket to addr, with a free port in place of 0, and never
// listens on it. Where nobody else listens either, to connect is refused; and
// while a peer refuses, nobody else is given its port, which on a busy machine
// would let a test talk to a stranger. Listening on the same port is allowed to
// sockets that, as the net package's, set SO_REUSEADDR.
//
// An address without an IP address in it is probed instead: which sockets it
// would need depends on the machine.
func reserve(addr string) (bound string, free func(), err error) {
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return "", nil, err
	}
	at := tcp.AddrPort()
	if !at.Addr().IsValid() || at.Addr().Zone() != "" {
		bound, err = probe(addr)
		return bound, func() {}, err
	}
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	domain, sockaddr := socketAddress(at)
	fd, err := syscall.Socket(domain, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", nil, os.NewSyscallError("socket", err)
	}
	free = func() { _ = syscall.Close(fd) }
	port, err := bind(fd, sockaddr)
	if err != nil {
		free()
		return "", nil, err
	}
	return netip.AddrPortFrom(at.Addr(), port).String(), free, nil
}

func socketAddress(at netip.AddrPort) (domain int, sockaddr syscall.Sockaddr) {
	if at.Addr().Is4() {
		return syscall.AF_INET, &syscall.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	}
	return syscall.AF_INET6, &syscall.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()}
}

// bind returns the port that fd got.
func bind(fd int, sockaddr syscall.Sockaddr) (uint16, error) {
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(fd, sockaddr); err != nil {
		return 0, os.NewSyscallError("bind", err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, os.NewSyscallError("getsockname", err)
	}
	switch name := name.(type) {
	case *syscall.SockaddrInet4:
		return uint16(name.Port), nil
	case *syscall.SockaddrInet6:
		return uint16(name.Port), nil
	}
	return 0, os.NewSyscallError("getsockname", syscall.EAFNOSUPPORT)
}
