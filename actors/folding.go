package actors

import (
	"sync"
	"sync/atomic"
)

// folding hands on what a session of an acceptor has counted, once it is over:
// also what its handlers count later, who may outlive it.
type folding struct {
	into func() Counters // takes the counts over; nil: a link, which keeps them

	over  atomic.Bool
	mu    sync.Mutex
	given Counters // handed on
}

// end hands on all that was counted, and lets counted do so from here on.
func (f *folding) end() {
	f.over.Store(true)
	f.handOn()
}

// counted is called behind each count that may come when the session is over.
func (f *folding) counted() {
	if f.over.Load() {
		f.handOn()
	}
}

func (f *folding) handOn() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.given.add(f.into())
}

// snapshot is all that was counted, handed on or not.
func (f *folding) snapshot(c *counters) Counters {
	if f.into == nil {
		return c.snapshot()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.given
	all.add(c.snapshot())
	return all
}
