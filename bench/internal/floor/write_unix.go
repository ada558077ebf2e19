//go:build unix

package floor

import "syscall"

// writeOnce hands b to the kernel without waiting, and returns how much it took.
// A socket that takes nothing now and one that never will look the same: the
// blocking write that follows tells them apart.
func writeOnce(fd uintptr, b []byte) int {
	n, err := syscall.Write(int(fd), b)
	if err != nil {
		return 0
	}
	return n
}
