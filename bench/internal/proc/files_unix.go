//go:build unix

package proc

import (
	"math"
	"syscall"
)

// MaxFiles is how many files the process may have open. It raises the soft limit to
// the hard one first.
func MaxFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	raised := limit
	raised.Cur = raised.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised); err == nil {
		limit = raised
	}
	return int(min(uint64(limit.Cur), math.MaxInt32)) // its type is not the same everywhere
}

// RaiseFiles is MaxFiles, and raises the hard limit to want too, where it is lower and
// the user may do that.
func RaiseFiles(want int) int {
	have := MaxFiles()
	if have >= want {
		return have
	}
	limit := limitOf(want)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return have
	}
	return want
}
