package main

import (
	"sync"

	"github.com/isolink-go/isolink/examples/internal/issuer"
)

// entry is a line of the hosts' ledger.
type entry struct {
	host int // index of the host, as of its link
	issuer.Entry
}

// ledger is what the hosts have seen and done. It only grows.
type ledger struct {
	mu      sync.Mutex
	entries []entry
}

// of is the ledger as the host with that index writes it.
func (l *ledger) of(host int) issuer.Ledger { return hostLedger{l, host} }

type hostLedger struct {
	ledger *ledger
	host   int
}

// Log adds a line. It never fails.
func (l hostLedger) Log(e issuer.Entry) error {
	l.ledger.mu.Lock()
	defer l.ledger.mu.Unlock()
	l.ledger.entries = append(l.ledger.entries, entry{l.host, e})
	return nil
}

// all is the ledger; the run is over.
func (l *ledger) all() []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entries
}
