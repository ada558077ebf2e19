package supervisor_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// slowly answers after a time.
func slowly(after time.Duration) func(*linktest.Conn, linktest.Frame) error {
	answer := linktest.Reply()
	return func(c *linktest.Conn, f linktest.Frame) error {
		time.Sleep(after)
		return answer(c, f)
	}
}

// TestStatusOfExchanges: how long they took, and what became of them, by type.
func TestStatusOfExchanges(t *testing.T) {
	const took = 40 * time.Millisecond
	bubble(t, linktest.PeerConfig{Handle: slowly(took)}, func(c *supervisor.LinkConfig) {
		c.SendTimeout, c.LateWindow = time.Second, time.Minute
	}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		require.NoError(t, link.Await(t.Context(), messages.Up))
		s := link.Status()
		assert.Zero(t, s.Latency)
		assert.Zero(t, s.LastMinute)
		assert.Empty(t, s.Tallies)
		assert.Nil(t, s.TLS)

		_, err := link.Exchange(t.Context(), networkFrame("000001"))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), took/2)
		defer cancel()
		_, err = link.Exchange(ctx, networkFrame("000002"))
		require.ErrorIs(t, err, messages.ErrInDoubt)
		synctest.Wait()
		assert.EqualValues(t, 1, link.Status().InDoubt)
		time.Sleep(took) // its late reply comes
		synctest.Wait()
		s = link.Status()
		assert.Zero(t, s.InDoubt)
		assert.EqualValues(t, 1, s.Counters.Late)
		assert.Equal(t, []supervisor.Tally{{MTI: messages.MTI([]byte("0800")), Answered: 1, InDoubt: 1}}, s.Tallies)
		for _, l := range []supervisor.Latency{s.Latency, s.LastMinute} {
			assert.EqualValues(t, 1, l.Count, "a late reply is none")
			assert.Equal(t, took, l.Max)
			assert.Equal(t, took, l.P50)
			assert.Equal(t, took, l.P99)
			require.Len(t, l.Buckets, 1)
			assert.GreaterOrEqual(t, l.Buckets[0].UpTo, took)
		}

		time.Sleep(80 * time.Second)
		s = link.Status()
		assert.Zero(t, s.LastMinute)
		assert.EqualValues(t, 1, s.Latency.Count)
	})
}

// TestStatusOfNetworkManagement: when the peer answered the last sign-on and echo.
func TestStatusOfNetworkManagement(t *testing.T) {
	stan := newSTANs()
	bubble(t, linktest.PeerConfig{}, func(c *supervisor.LinkConfig) {
		c.SignOn.Build = func() (*iso8583.Message, error) { return networkMessage(stan.next()), nil }
		c.Echo.Build, c.IdleTime = c.SignOn.Build, 30*time.Second
	}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		require.NoError(t, link.Await(t.Context(), messages.Up))
		up := time.Now()
		assert.Equal(t, up, link.Status().LastSignOn)
		assert.Zero(t, link.Status().LastEcho)
		time.Sleep(45 * time.Second)
		assert.Equal(t, up, link.Status().LastSignOn)
		assert.Equal(t, up.Add(30*time.Second), link.Status().LastEcho)
	})
}

// TestStatusOfFailure: when the last attempt failed, and how long the link waits.
func TestStatusOfFailure(t *testing.T) {
	bubble(t, linktest.PeerConfig{}, func(c *supervisor.LinkConfig) {
		c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("refused by the test") }
	}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		synctest.Wait()
		s := link.Status()
		require.Equal(t, messages.Waiting, s.State)
		assert.Equal(t, time.Now(), s.LastFailed)
		assert.Equal(t, time.Until(s.NextAttempt), s.Backoff)
		assert.Positive(t, s.Backoff)
	})
}

// TestStatusOfQueue: what waits to be written, behind a peer that does not read.
func TestStatusOfQueue(t *testing.T) {
	const sends = 10
	bubble(t, linktest.PeerConfig{}, func(c *supervisor.LinkConfig) {
		c.Dial = func(context.Context, string, string) (net.Conn, error) {
			client, _ := net.Pipe()
			return client, nil
		}
		c.SendTimeout, c.WriteTimeout = 5*time.Second, 5*time.Second
	}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		require.NoError(t, link.Await(t.Context(), messages.Up))
		assert.Zero(t, link.Status().Queued)
		stan := newSTANs()
		var all sync.WaitGroup
		for range sends {
			frame := networkFrame(stan.next())
			all.Go(func() {
				_, err := link.Exchange(t.Context(), frame)
				assert.Error(t, err)
			})
			synctest.Wait()
		}
		s := link.Status()
		assert.EqualValues(t, sends, s.InFlight)
		assert.EqualValues(t, sends-1, s.Queued, "the first is being written")
		all.Wait()
		synctest.Wait()
		s = link.Status()
		assert.Zero(t, s.InFlight)
		assert.Zero(t, s.Queued)
	})
}

// TestStatusOfManager has them all, in order.
func TestStatusOfManager(t *testing.T) {
	r := startRig(t, 2, nil, nil)
	for _, name := range []string{"west", "east"} {
		_, err := r.manager.Listen(supervisor.AcceptorConfig{
			Name: name, Addr: "127.0.0.1:0", Session: supervisor.LinkConfig{Spec: spec, Framing: framing.Binary2{}},
		})
		require.NoError(t, err)
	}
	s := r.manager.Status()
	require.Len(t, s.Links, 2)
	assert.Equal(t, linkName(0), s.Links[0].Name)
	assert.Equal(t, linkName(1), s.Links[1].Name)
	require.Len(t, s.Groups, 1)
	assert.Equal(t, "all", s.Groups[0].Name)
	require.Len(t, s.Acceptors, 2)
	assert.Equal(t, "east", s.Acceptors[0].Name)
	assert.Equal(t, "west", s.Acceptors[1].Name)
}
