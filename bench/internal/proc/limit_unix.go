//go:build unix && !freebsd && !dragonfly

package proc

import "syscall"

func limitOf(files int) syscall.Rlimit {
	return syscall.Rlimit{Cur: uint64(files), Max: uint64(files)}
}
