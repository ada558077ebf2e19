package proc

import (
	"fmt"
	"runtime"
)

// Machine says by what and on what a program runs, for the head of its tables.
func Machine() string {
	return fmt.Sprintf("%s %s/%s, %d CPUs", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0))
}
