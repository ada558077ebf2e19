//go:build !unix

package main

import "math"

// maxFiles is how many files the process may have open: nothing is known of a limit.
func maxFiles() int { return math.MaxInt32 }
