package issuer

import (
	"context"
	"slices"
	"time"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

const (
	// pollEvery is how often is looked for what nobody tells of.
	pollEvery = 5 * time.Millisecond
	// closeWithin is how long a session that is closed in good order may finish
	// what it is about.
	closeWithin = time.Second
	// maxDelayed bounds the replies that are delayed; requests beyond it are not
	// answered.
	maxDelayed = 10_000
)

// Misbehave does to the host's newest connection, or to all of the host, what the
// plan says, until ctx ends or the host is closed. It is called once at a time.
func (h *Host) Misbehave(ctx context.Context, plan []Fault) {
	if !h.enter() {
		return
	}
	defer h.running.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.ctx, cancel)()
	start := time.Now()
	for _, f := range plan {
		select {
		case <-time.After(time.Until(start.Add(f.At))):
		case <-ctx.Done():
			return
		}
		h.misbehaveOnce(ctx, f)
	}
}

// enter counts something that Close waits for; false when the host is closed.
func (h *Host) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.running.Add(1)
	}
	return !h.closed
}

func (h *Host) misbehaveOnce(ctx context.Context, f Fault) {
	if f.Kind == Stalls {
		h.faults[Stalls].Add(1)
		h.stall(ctx, f.Lasts)
		return
	}
	session, conn := h.awaitNewest(ctx)
	if session == nil {
		return
	}
	h.faults[f.Kind].Add(1)
	switch f.Kind {
	case Closes:
		ctx, cancel := context.WithTimeout(ctx, closeWithin)
		defer cancel()
		_ = session.Close(ctx) // what it cuts short is in doubt at the other end
	case Resets:
		conn.reset()
	case HalfCloses:
		conn.halfClose()
	default: // no other kind is planned
	}
}

func (h *Host) stall(ctx context.Context, lasts time.Duration) {
	defer h.gate.shut()()
	select {
	case <-time.After(lasts):
	case <-ctx.Done():
	}
}

// newest is the session that came last, of those that can be answered on, and its
// connection; nil where there is none.
func (h *Host) newest() (*supervisor.Link, *conn) {
	for _, s := range slices.Backward(h.acceptor.Sessions()) {
		if c := h.listener.usable(numberOf(s.Name())); c != nil && s.Status().State == messages.Up {
			return s, c
		}
	}
	return nil, nil
}

// awaitNewest waits for such a session; nil when ctx ends first.
func (h *Host) awaitNewest(ctx context.Context) (session *supervisor.Link, c *conn) {
	poll(ctx, func() bool {
		session, c = h.newest()
		return session != nil
	})
	return session, c
}

// AwaitUsable waits for a session that the host has done nothing to; false when
// ctx ends first.
func (h *Host) AwaitUsable(ctx context.Context) bool {
	session, _ := h.awaitNewest(ctx)
	return session != nil
}

// AwaitQuiet waits until no reply is delayed any more; false when ctx ends first.
func (h *Host) AwaitQuiet(ctx context.Context) bool {
	return poll(ctx, func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.delayed == 0
	})
}

func poll(ctx context.Context, ok func() bool) bool {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for !ok() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// delay calls do later, unless the host is closed before.
func (h *Host) delay(d time.Duration, do func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	if h.delayed == maxDelayed {
		h.faults[AnswersNever].Add(1)
		return
	}
	h.delayed++
	h.running.Go(func() {
		defer h.undelay()
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			do()
		case <-h.ctx.Done():
		}
	})
}

func (h *Host) undelay() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.delayed--
}
