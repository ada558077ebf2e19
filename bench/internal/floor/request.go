package floor

import (
	"sync"
	"sync/atomic"
	"time"
)

// The claim word of a request. It only grows, by compare-and-swap; who moves it
// to settled fills in the result and signals, so that both happen once.
const (
	queued  uint32 = iota // no writer has taken it
	claimed               // taken into a batch that is handed to the socket
	settled
)

// request is one exchange. It is allocated for each, since the table may refer to
// it long after its caller has gone.
type request struct {
	claim    atomic.Uint32
	key      key
	body     []byte
	deadline time.Duration // of the exchange, then of the late window; since Contract.start

	prev, next *request // in one list at most; guarded by Contract.mu

	response []byte // these two are written by who settles, before the signal
	err      error
	done     chan struct{}
}

// take moves the claim word to settled. It tells whether the request had been
// claimed by then, and whether it was this call that settled it.
func (r *request) take() (wasClaimed, won bool) {
	for {
		word := r.claim.Load()
		if word == settled {
			return false, false
		}
		if r.claim.CompareAndSwap(word, settled) {
			return word == claimed, true
		}
	}
}

// signal wakes the caller. It never blocks: the channel holds one signal, and
// only the one who settled sends it.
func (r *request) signal() { r.done <- struct{}{} }

// signals are the channels that requests are signalled by. They are reused, the
// requests are not.
type signals struct{ pool sync.Pool }

func (s *signals) get() chan struct{} {
	if c, ok := s.pool.Get().(chan struct{}); ok {
		return c
	}
	return make(chan struct{}, 1)
}

func (s *signals) put(c chan struct{}) { s.pool.Put(c) }

// list keeps requests in the order of their deadlines. Removing one from
// anywhere costs nothing, so that an answered request is not kept until its
// deadline.
type list struct {
	first, last *request
	length      int
}

func (l *list) push(r *request) {
	r.prev, r.next = l.last, nil
	if l.last == nil {
		l.first = r
	} else {
		l.last.next = r
	}
	l.last = r
	l.length++
}

func (l *list) remove(r *request) {
	if r.prev == nil {
		l.first = r.next
	} else {
		r.prev.next = r.next
	}
	if r.next == nil {
		l.last = r.prev
	} else {
		r.next.prev = r.prev
	}
	r.prev, r.next = nil, nil
	l.length--
}
