//go:build freebsd || dragonfly

package proc

import "syscall"

func limitOf(files int) syscall.Rlimit {
	return syscall.Rlimit{Cur: int64(files), Max: int64(files)}
}
