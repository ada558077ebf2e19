package supervisor_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// busy is what a machine with much to do may add to a timer.
const busy = 5 * time.Second

// hasty is a backoff for tests that go through many sessions.
func hasty(c *supervisor.LinkConfig) {
	c.Backoff.MinDelay, c.Backoff.Base, c.Backoff.Cap = time.Millisecond, time.Millisecond, 2*time.Millisecond
}

// noting collects a link's events.
func noting(events *journal[messages.Event]) func(*supervisor.LinkConfig) {
	return func(c *supervisor.LinkConfig) { c.OnEvent, c.MaxEvents = events.add, 100_000 }
}

// backoffWatch notes what is needed to judge the time between a failure and the
// next attempt.
type backoffWatch struct {
	backoff supervisor.Backoff
	events  journal[messages.Event]
	dials   journal[dialTimes]
}

type dialTimes struct{ begin, end time.Time }

// over makes a link tell the watch, and dial through it.
func (w *backoffWatch) over(c *supervisor.LinkConfig) {
	noting(&w.events)(c)
	w.backoff = c.Backoff
	dial := c.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	c.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		begin := time.Now()
		conn, err := dial(ctx, network, addr)
		w.dials.add(dialTimes{begin, time.Now()})
		return conn, err
	}
}

// judge closes the manager, so that all events have been told, holds every wait
// to its bounds, and returns how many there were. What a dial brought, refused
// or dropped later, ends behind the dial: so the least delay is counted from
// there. The most is counted from when the link says that it waits.
func (w *backoffWatch) judge(t *testing.T, m *supervisor.Manager) int {
	t.Helper()
	closeManager(t, m)
	dials := w.dials.list()
	for i := range dials[1:] {
		assert.GreaterOrEqual(t, dials[i+1].begin.Sub(dials[i].end), w.backoff.MinDelay)
	}
	waits := 0
	var since time.Time
	for _, e := range eventsOf[*messages.StateChanged](w.events.list()) {
		switch {
		case e.To == messages.Waiting:
			since = e.At
		case e.From == messages.Waiting && e.To == messages.Connecting && !since.IsZero():
			waits++
			assert.Less(t, e.At.Sub(since), w.backoff.MinDelay+w.backoff.Cap+busy)
		}
	}
	return waits
}
