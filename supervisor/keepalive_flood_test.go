package supervisor_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// flood is keep-alives as binary2 has them, at once.
func flood(n int) []byte { return bytes.Repeat([]byte{0, 0}, n) }

// TestKeepAliveFlood: a peer that sends more keep-alives than are allowed is cut off
// each time, after a wait that grows. No more of them are looked at, and other links
// do not notice.
func TestKeepAliveFlood(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{OnAccept: func(c *linktest.Conn) {
		go func() {
			for range 100 { // or until it is cut off
				if c.WriteRaw(flood(10_000)) != nil {
					return
				}
			}
		}()
	}})
	flooded, other := linkTo("flooded", host), linkTo("other", startHost(t, linktest.PeerConfig{}))
	var watch backoffWatch
	flooded.Backoff = supervisor.Backoff{
		MinDelay: 2 * time.Millisecond, Base: 2 * time.Millisecond, Cap: time.Second, StableAfter: time.Minute,
	}
	watch.over(&flooded)
	m := startManager(t, supervisor.Config{Links: []supervisor.LinkConfig{flooded, other}})
	l, o := linkOf(t, m, "flooded"), linkOf(t, m, "other")
	o.awaitState(messages.Up)
	for stan := 0; l.Status().Session < 5; stan++ {
		o.works(stan % 1_000_000)
	}
	s := l.awaitStatus("an end", func(s supervisor.Status) bool { return s.State == messages.Waiting })
	assert.ErrorIs(t, s.LastError, messages.ErrKeepAliveFlood)
	require.NoError(t, l.Close(patient(t)))
	s = l.Status()
	assert.LessOrEqual(t, s.Counters.KeepAlives, s.Session*(100+1))
	assert.EqualValues(t, 1, o.Status().Session)
	for _, e := range eventsOf[*messages.StateChanged](watch.events.list()) {
		if e.From == messages.Up && e.To == messages.Waiting {
			assert.ErrorIs(t, e.Reason, messages.ErrKeepAliveFlood)
		}
	}
}

// TestKeepAliveLimit is exact, counts by the second, and each end counts as a failure
// for the backoff.
func TestKeepAliveLimit(t *testing.T) {
	const most = 10
	bubble(t, linktest.PeerConfig{OnAccept: func(c *linktest.Conn) {
		go func() {
			for range 5 {
				if c.Delay(time.Second) != nil || c.WriteRaw(flood(most)) != nil {
					return
				}
			}
			if c.Delay(time.Second) == nil {
				_ = c.WriteRaw(flood(most + 1))
			}
		}()
	}}, func(c *supervisor.LinkConfig) {
		c.MaxKeepAlives = most
		c.Backoff = supervisor.Backoff{MinDelay: time.Second, Base: time.Minute, Cap: time.Hour, StableAfter: time.Hour}
	}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		require.NoError(t, link.Await(t.Context(), messages.Up))
		start := time.Now()
		require.NoError(t, link.Await(t.Context(), messages.Waiting))
		assert.Equal(t, 6*time.Second, time.Since(start))
		s := link.Status()
		require.ErrorIs(t, s.LastError, messages.ErrKeepAliveFlood)
		assert.ErrorContains(t, s.LastError, "MaxKeepAlives")
		assert.EqualValues(t, 6*most+1, s.Counters.KeepAlives)
		time.Sleep(24 * time.Hour)
		assert.Less(t, link.Status().Session, uint64(300), "it does not come back as fast as it may")
	})
}

// TestKeepAliveFloodOfASession: an acceptor's peer is cut off for good.
func TestKeepAliveFloodOfASession(t *testing.T) {
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) { c.Session.MaxKeepAlives = 5 })
	other := linkedTo(t, a)
	c := dialRaw(t, a)
	awaitSessions(t, a, 2)
	_, err := c.conn.Write(flood(6))
	require.NoError(t, err)
	_, err = c.in.ReadByte()
	require.Error(t, err, "the end of the connection")
	awaitAcceptor(t, a, "one session", func(s supervisor.AcceptorStatus) bool { return s.Sessions == 1 })
	other.works(1)
	assert.EqualValues(t, 6, a.Status().Counters.KeepAlives)
}
