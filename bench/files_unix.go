//go:build unix

package main

import (
	"math"
	"syscall"
)

// maxFiles is how many files the process may have open. It raises the soft limit to
// the hard one first.
func maxFiles() int {
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
