package main

import (
	"sync"
	"time"

	"github.com/isolink-go/isolink/messages"
)

// heard is what acceptors and the link whose host misbehaves have told in a scenario:
// refusals, and the ends of sessions.
type heard struct {
	mu      sync.Mutex
	reasons []reason
}

// reason is why a connection or session was ended.
type reason struct {
	cause error // of a refusal, else nil
	err   error
	count int
}

// maxReasons bounds what is kept of one scenario.
const maxReasons = 10_000

// event is the hook.
func (h *heard) event(e messages.Event) {
	var r reason
	switch e := e.(type) {
	case *messages.Refused:
		r = reason{e.Cause, e.Err, int(e.Count)}
	case *messages.SessionChanged:
		if !e.Ended {
			return
		}
		r = reason{nil, e.Reason, 1}
	case *messages.RequestsDropped:
		r = reason{e.Reason, nil, int(e.Count)}
	case *messages.Unmatched:
		r = reason{errUnmatched, nil, 1}
	default:
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.reasons) < maxReasons {
		h.reasons = append(h.reasons, r)
	}
}

// begin forgets what was told before.
func (h *heard) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reasons = nil
}

// await waits until something of that kind was told, behind what told it, and counts
// what there is.
func (h *heard) await(is func(cause, err error) bool) int {
	for deadline := time.Now().Add(slack); ; time.Sleep(time.Millisecond) {
		if n := h.told(is); n > 0 || time.Now().After(deadline) {
			return n
		}
	}
}

// told counts what was told of that kind.
func (h *heard) told(is func(cause, err error) bool) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, r := range h.reasons {
		if is(r.cause, r.err) {
			n += r.count
		}
	}
	return n
}
