package main

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// ticker wakes one goroutine again and again. It is a timer of the kernel's that is
// read as a file: the runtime's own timers are up to a millisecond late when the
// process has nothing else to do.
type ticker struct{ file *os.File }

func newTicker(interval time.Duration) (ticker, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return ticker{}, os.NewSyscallError("timerfd_create", err)
	}
	t := ticker{os.NewFile(uintptr(fd), "timerfd")}
	every := unix.NsecToTimespec(interval.Nanoseconds())
	if err := unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Interval: every, Value: every}, nil); err != nil {
		t.stop()
		return ticker{}, os.NewSyscallError("timerfd_settime", err)
	}
	return t, nil
}

// wait waits for the next tick; those that nobody waited for are one.
func (t ticker) wait() error {
	var ticks [8]byte
	_, err := t.file.Read(ticks[:])
	return err
}

func (t ticker) stop() { _ = t.file.Close() } // a timer has nothing to lose
