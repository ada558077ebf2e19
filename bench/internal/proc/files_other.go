//go:build !unix

package proc

import "math"

// MaxFiles is how many files the process may have open: nothing is known of a limit.
func MaxFiles() int { return math.MaxInt32 }

// RaiseFiles is MaxFiles.
func RaiseFiles(int) int { return MaxFiles() }
