package main

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

const (
	// lastSTAN is the greatest that is used; those above are for answers that nobody
	// has asked for.
	lastSTAN = 899_999
	// sendTimeout is the links'; callers mostly want less.
	sendTimeout = 1500 * time.Millisecond
	// shortTimeout is the least that callers want.
	shortTimeout = 50 * time.Millisecond
)

const letters = "abcdefghijklmnopqrstuvwxyz"

// contentOf is text of that length and 16 more, another for each id.
func contentOf(id uint64, length int) string {
	rng := rand.New(rand.NewPCG(id, 0))
	text := make([]byte, 16+length)
	for i := range text {
		text[i] = letters[rng.IntN(len(letters))]
	}
	return string(text)
}

// take takes one of what is due.
func take(due *atomic.Int32) bool {
	for {
		n := due.Load()
		if n == 0 {
			return false
		}
		if due.CompareAndSwap(n, n-1) {
			return true
		}
	}
}
