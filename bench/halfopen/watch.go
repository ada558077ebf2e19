package main

import (
	"sync"
	"time"

	"github.com/isolink-go/isolink/messages"
)

// watch is what has become of a link's state.
type watch struct {
	mu      sync.Mutex
	changes []*messages.StateChanged
}

// onState is the link's hook.
func (w *watch) onState(e *messages.StateChanged) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changes = append(w.changes, e)
}

// when returns when the link first went from one kind of state to another, at or after
// a time; zero when it has not.
func (w *watch) when(since time.Time, is func(*messages.StateChanged) bool) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.changes {
		if !e.At.Before(since) && is(e) {
			return e.At
		}
	}
	return time.Time{}
}

func leftUp(e *messages.StateChanged) bool { return e.From == messages.Up }
func cameUp(e *messages.StateChanged) bool { return e.To == messages.Up }

// since is the time from one moment to another; patience where that never came.
func since(begin, end time.Time) time.Duration {
	if end.IsZero() {
		return patience
	}
	return end.Sub(begin)
}

// attempts are those to connect and sign on that failed between two times, and how long
// the longest of them took.
func (w *watch) attempts(since, until time.Time) (failed int, longest time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var begin time.Time
	for _, e := range w.changes {
		switch {
		case e.At.Before(since) || e.At.After(until):
		case e.To == messages.Connecting:
			begin = e.At
		case e.To == messages.Waiting && !begin.IsZero():
			failed++
			longest = max(longest, e.At.Sub(begin))
			begin = time.Time{}
		case e.To == messages.Up:
			begin = time.Time{}
		}
	}
	return failed, longest
}

// eventually looks until something holds, and reports false when that takes longer than
// patience.
func eventually(holds func() bool) bool {
	for deadline := time.Now().Add(patience); ; {
		if holds() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(5 * time.Millisecond)
	}
}
