package supervisor_test

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// tally counts what callers were told.
type tally struct {
	sends, answered, posted, notSent, inDoubt, rejected atomic.Uint64
}

// note counts the result of one send, and judges its error: of the one type,
// with one outcome and a cause.
func (c *tally) note(t *testing.T, link string, post bool, err error) {
	c.sends.Add(1)
	if err == nil {
		if post {
			c.posted.Add(1)
		} else {
			c.answered.Add(1)
		}
		return
	}
	var e *messages.SendError
	if !errors.As(err, &e) {
		t.Errorf("%T is not a *messages.SendError: %v", err, err)
		return
	}
	notSent, inDoubt := errors.Is(err, messages.ErrNotSent), errors.Is(err, messages.ErrInDoubt)
	rejected := errors.Is(err, messages.ErrRejected)
	if e.Link != link || e.Cause == nil || e.Took < 0 || notSent && inDoubt || rejected == (notSent || inDoubt) ||
		notSent != (e.Session == 0) {
		t.Errorf("not one outcome of %s, with cause and session: %+v", link, *e)
	}
	switch {
	case notSent:
		c.notSent.Add(1)
	case rejected:
		c.rejected.Add(1)
	default:
		c.inDoubt.Add(1)
	}
}

// journal collects what comes from other goroutines, in order.
type journal[T any] struct {
	mu    sync.Mutex
	all   []T
	grown chan struct{} // closed at the next entry; nil while nobody waits
}

func (j *journal[T]) add(v T) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.all = append(j.all, v)
	if j.grown != nil {
		close(j.grown)
		j.grown = nil
	}
}

// list returns a copy.
func (j *journal[T]) list() []T {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]T(nil), j.all...)
}

// await waits until the collection satisfies ok, and returns a copy.
func (j *journal[T]) await(t *testing.T, what string, ok func([]T) bool) []T {
	t.Helper()
	over := patient(t)
	for {
		j.mu.Lock()
		if ok(j.all) {
			all := append([]T(nil), j.all...)
			j.mu.Unlock()
			return all
		}
		if j.grown == nil {
			j.grown = make(chan struct{})
		}
		grown := j.grown
		j.mu.Unlock()
		select {
		case <-grown:
		case <-over.Done():
			require.FailNow(t, "never came: "+what)
		}
	}
}

// awaitSome waits for n entries.
func (j *journal[T]) awaitSome(t *testing.T, n int, what string) []T {
	t.Helper()
	return j.await(t, what, func(all []T) bool { return len(all) >= n })
}

// eventsOf are those events that have type E.
func eventsOf[E messages.Event](all []messages.Event) []E {
	var some []E
	for _, e := range all {
		if e, ok := e.(E); ok {
			some = append(some, e)
		}
	}
	return some
}

// awaitEvents waits for n events of type E.
func awaitEvents[E messages.Event](t *testing.T, j *journal[messages.Event], n int) []E {
	t.Helper()
	return eventsOf[E](j.await(t, "an event", func(all []messages.Event) bool {
		return len(eventsOf[E](all)) >= n
	}))
}

func isNotSent(err error) bool { return errors.Is(err, messages.ErrNotSent) }

// goexit ends the calling goroutine, as a failed test does.
func goexit() { runtime.Goexit() }
