// Package proc tells what this process takes of its machine.
package proc

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"time"
)

// Held is what the process holds.
type Held struct {
	Heap       uint64 `json:"heap"`   // bytes of objects that are reachable
	Stacks     uint64 `json:"stacks"` // bytes of goroutines' stacks
	RSS        uint64 `json:"rss"`    // bytes that the system has given; 0 where it does not tell
	Goroutines int    `json:"goroutines"`
	Files      int    `json:"files"` // open descriptors; -1 where the system does not tell
}

// Now collects garbage and looks.
func Now() Held {
	runtime.GC()
	runtime.GC() // what had a finalizer, or was in a pool, goes now
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return Held{Heap: m.HeapAlloc, Stacks: m.StackInuse, RSS: rss(), Goroutines: runtime.NumGoroutine(), Files: Files()}
}

// Settled is what the process holds once it has no more goroutines and files than
// before, or after five seconds: Proto.Actor keeps a goroutine for a second after a dead
// letter.
func Settled(before Held) Held {
	for range 500 {
		if runtime.NumGoroutine() <= before.Goroutines && Files() <= before.Files {
			break
		}
		<-time.After(10 * time.Millisecond)
	}
	return Now()
}

// Files counts the open descriptors, or returns -1 where the system does not tell.
func Files() int {
	for _, folder := range []string{"/proc/self/fd", "/dev/fd"} {
		if entries, err := os.ReadDir(folder); err == nil {
			return len(entries) - 1 // the folder itself was open
		}
	}
	return -1
}

func rss() uint64 {
	statm, err := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(statm)
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseUint(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize())
}
