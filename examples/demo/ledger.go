package main

import (
	"crypto/sha256"
	"sync"
)

// stage is how far the host was with a request when it wrote a line.
type stage uint8

const (
	received stage = iota // nothing was done with it yet
	replying              // this reply is about to be written
	replied               // all of it was handed to the network
)

// entry is a line of the host's ledger. It holds nothing of the message but
// what tells it from others.
type entry struct {
	stage     stage
	host      int    // index of the host, as of its link
	conn      int    // number of the connection among those of the host
	reference string // field 37, unique; the links' own echoes have none
	stan      string
	mti       string
	digest    [sha256.Size]byte // of the request
}

// ledger is what the host has seen and done. It only grows.
type ledger struct {
	mu      sync.Mutex
	entries []entry
}

func (l *ledger) add(e entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
}

// all is the ledger; the run is over.
func (l *ledger) all() []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entries
}
