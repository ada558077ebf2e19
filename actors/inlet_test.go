package actors

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// loneInlet is the inlet of a record without actors around it, in a bubble.
func loneInlet(workers *Workers, config LinkConfig) (*inlet, *session) {
	c := loneCorrelator()
	made := config.withDefaults()
	r := c.record
	r.config, r.workers = &made, workers
	r.inlet.init(r)
	c.session.correlator, c.session.socket = c.mailbox, &socket{}
	return &r.inlet, c.session
}

// arrive puts n requests of the peer into the inlet.
func (n *inlet) arrive(s *session, count int) {
	for range count {
		s.inbound.Add(1)
		f := &inFrame{mti: mtiRequest, key: stanKeys[1]}
		n.put([]arrival{{s.inboundOf(f, s.record.now()), s}})
	}
}

// TestInletLimits: MaxHandlers calls at a time, MaxInbound requests in all; those
// beyond are dropped and counted, and there is room again as soon as one is done.
func TestInletLimits(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		step := make(chan struct{})
		var running atomic.Int64
		n, s := loneInlet(workers, LinkConfig{
			MaxHandlers: 2, MaxInbound: 5,
			Handler: func(context.Context, *messages.Inbound) {
				running.Add(1)
				<-step
				running.Add(-1)
			},
		})
		n.arrive(s, 8)
		synctest.Wait()
		assert.EqualValues(t, 2, running.Load())
		assert.EqualValues(t, 5, n.unhandled())
		assert.EqualValues(t, 3, s.record.counters.overloaded.Load())
		step <- struct{}{}
		synctest.Wait()
		n.arrive(s, 2)
		synctest.Wait()
		assert.EqualValues(t, 5, n.unhandled())
		assert.EqualValues(t, 4, s.record.counters.overloaded.Load())
		close(step)
		synctest.Wait()
		assert.Zero(t, n.unhandled())
		assert.Zero(t, s.inbound.Load())
		assert.EqualValues(t, 6, s.record.counters.requests.Load())
	})
}

// TestInletExpired: what waited beyond its deadline is never given to the handler.
func TestInletExpired(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		step := make(chan struct{})
		var calls atomic.Int64
		n, s := loneInlet(workers, LinkConfig{
			Ordered: true, HandleTimeout: time.Second,
			Handler: func(context.Context, *messages.Inbound) {
				calls.Add(1)
				<-step
			},
		})
		n.arrive(s, 3)
		<-time.After(time.Second)
		n.arrive(s, 1)
		close(step)
		synctest.Wait()
		assert.EqualValues(t, 2, calls.Load(), "the first one, and the one that came last")
		assert.EqualValues(t, 2, s.record.counters.expired.Load())
		assert.Zero(t, s.inbound.Load())
	})
}

// TestInletCut: what waits is dropped, the contexts of what runs end, and so do
// those of calls that begin later.
func TestInletCut(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		var ended atomic.Int64
		n, s := loneInlet(workers, LinkConfig{
			MaxHandlers: 1,
			Handler: func(ctx context.Context, in *messages.Inbound) {
				<-ctx.Done()
				assert.True(t, time.Now().Before(in.Deadline))
				ended.Add(1)
			},
		})
		n.arrive(s, 3)
		synctest.Wait()
		s.record.CutHandlers()
		synctest.Wait()
		assert.EqualValues(t, 1, ended.Load())
		assert.Zero(t, n.unhandled())
		assert.Zero(t, s.inbound.Load())
		n.arrive(s, 1)
		synctest.Wait()
		assert.EqualValues(t, 2, ended.Load())
	})
}

// TestDrainWaitsForTheInlet: a session is drained when nothing is in flight and
// no request of the peer is unhandled, whichever comes last.
func TestDrainWaitsForTheInlet(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		step := make(chan struct{})
		n, s := loneInlet(workers, LinkConfig{Handler: func(context.Context, *messages.Inbound) { <-step }})
		c := &correlator{session: s, record: s.record, scope: s.record.scope, table: s.record.scope.table, mailbox: s.correlator}
		s.record.system = quietSystem()
		s.link = s.record.system.NewLocalPID("nobody")
		n.arrive(s, 1)
		c.draining = true
		s.draining.Store(true)
		c.tellDrained()
		require.False(t, c.drained)
		close(step)
		synctest.Wait()
		require.Equal(t, 1, c.mailbox.UserMessageCount(), "the correlator is told")
		c.tellDrained()
		assert.True(t, c.drained)
		endDeadLetters()
	})
}

// TestCallQueue: first in, first out, in bounded memory.
func TestCallQueue(t *testing.T) {
	var q callQueue
	next, taken := 0, 0
	for round := range 20_000 {
		for range 1 + round%3 {
			next++
			q.put(arrival{in: &messages.Inbound{Session: uint64(next)}})
		}
		for q.waiting() > 2 {
			a, ok := q.take()
			require.True(t, ok)
			taken++
			require.EqualValues(t, taken, a.in.Session)
			q.inHand--
		}
	}
	assert.LessOrEqual(t, cap(q.queue), 64)
	for range 2 {
		_, ok := q.take()
		require.True(t, ok)
	}
	_, ok := q.take()
	assert.False(t, ok)
}
