package actors

import (
	"context"
	"sync"
	"time"
)

// maxIdleWorkers is how many goroutines a pool keeps waiting for work; more
// than that end when their work is done.
const maxIdleWorkers = 64

// Workers runs functions in goroutines that are used again, so that waking an
// actor does not pay for a new stack each time. A pool belongs to one manager
// and ends with it. The zero value is ready to use.
type Workers struct {
	mu     sync.Mutex
	idle   []chan func() // last in, first out: the warmest stack is used first
	busy   int
	closed bool
	done   chan struct{} // closed when closed and busy is 0; made by Close

	once   sync.Once // makes ctx and cancel
	ctx    context.Context
	cancel context.CancelFunc
}

// Context is for foreign code that runs on the workers: it ends when Close waits
// for it no longer.
func (w *Workers) Context() context.Context {
	w.once.Do(func() { w.ctx, w.cancel = context.WithCancel(context.Background()) })
	return w.ctx
}

// Go runs fn in a goroutine of the pool; it never blocks. After Close it still
// runs fn, and Close still waits for it: stopping needs workers too.
func (w *Workers) Go(fn func()) {
	w.mu.Lock()
	w.busy++
	if n := len(w.idle); n > 0 {
		ch := w.idle[n-1]
		w.idle = w.idle[:n-1]
		w.mu.Unlock()
		ch <- fn
		return
	}
	w.mu.Unlock()
	go w.work(fn)
}

// GoLong is Go for a fn that lasts: it gets a goroutine of its own, whose stack is no
// larger than it needs, and leaves the pool's to others.
func (w *Workers) GoLong(fn func()) {
	w.mu.Lock()
	w.busy++
	w.mu.Unlock()
	go w.runOne(fn, nil)
}

func (w *Workers) work(fn func()) {
	ch := make(chan func(), 1)
	for {
		if !w.runOne(fn, ch) {
			return
		}
		var ok bool
		if fn, ok = <-ch; !ok {
			return
		}
	}
}

// runOne runs fn and reports whether the goroutine stays, on ch; nil: never. The count is
// kept in a deferred call: fn may end its goroutine (runtime.Goexit).
func (w *Workers) runOne(fn func(), ch chan func()) (stay bool) {
	returned := false
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.busy--
		if w.closed {
			if w.busy == 0 && w.done != nil {
				close(w.done)
				w.done = nil
			}
			return
		}
		if returned && ch != nil && len(w.idle) < maxIdleWorkers {
			w.idle = append(w.idle, ch)
			stay = true
		}
	}()
	fn()
	returned = true
	return stay
}

// lastSteps is how long what was cut short may take to end: what runs longer is foreign
// code that does not listen.
const lastSteps = 250 * time.Millisecond

// Close ends the idle goroutines and waits until the busy ones have ended, or
// until ctx has ended, and lastSteps are over; it then returns the context's error.
func (w *Workers) Close(ctx context.Context) error {
	w.Context() // makes cancel
	defer w.cancel()
	w.mu.Lock()
	w.closed = true
	for _, ch := range w.idle {
		close(ch)
	}
	w.idle = nil
	if w.busy == 0 {
		w.mu.Unlock()
		return nil
	}
	if w.done == nil {
		w.done = make(chan struct{})
	}
	done := w.done
	w.mu.Unlock()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		w.cancel()
	}
	timer := time.NewTimer(lastSteps)
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-timer.C:
		return context.Cause(ctx)
	}
}
