package supervisor_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// What must come at once is tested in fake time too: there, nobody waits for what
// does not come.

// inBackground exchanges a frame in a goroutine of the bubble, which has got as far
// as it can when this returns.
func inBackground(link *supervisor.Link, frame []byte) <-chan error {
	out := make(chan error, 1)
	go func() { _, err := link.Exchange(context.Background(), frame); out <- err }()
	synctest.Wait()
	return out
}

// TestOverloadIsRefusedAtOnce: past MaxInFlight no send waits for a place.
func TestOverloadIsRefusedAtOnce(t *testing.T) {
	bubble(t, linktest.PeerConfig{Handle: silent}, func(c *supervisor.LinkConfig) { c.MaxInFlight = 1 },
		func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
			require.NoError(t, link.Await(t.Context(), messages.Up))
			first := inBackground(link, networkFrame("000001"))
			start := time.Now()
			_, err := link.Exchange(context.Background(), networkFrame("000002"))
			require.ErrorIs(t, err, messages.ErrNotSent)
			require.ErrorIs(t, err, messages.ErrOverloaded)
			assert.Zero(t, time.Since(start))
			require.ErrorIs(t, <-first, messages.ErrTimeout)
		})
}

// TestInFlightIsInDoubtAtOnce, when the connection is gone.
func TestInFlightIsInDoubtAtOnce(t *testing.T) {
	bubble(t, linktest.PeerConfig{Handle: linktest.CloseConn()}, nil, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		require.NoError(t, link.Await(t.Context(), messages.Up))
		start := time.Now()
		_, err := link.Exchange(context.Background(), networkFrame("000001"))
		require.ErrorIs(t, err, messages.ErrInDoubt)
		require.ErrorIs(t, err, messages.ErrLinkDown)
		require.ErrorIs(t, err, messages.ErrPeerClosed)
		assert.Zero(t, time.Since(start))
	})
}

// TestRejectSettlesAtOnce: nobody waits for another answer.
func TestRejectSettlesAtOnce(t *testing.T) {
	bubble(t, linktest.PeerConfig{Handle: func(c *linktest.Conn, f linktest.Frame) error {
		f.Body[0] = '9'
		return c.WriteFrame(f)
	}}, func(c *supervisor.LinkConfig) { c.Reject = messages.RejectVersion9('0') },
		func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
			require.NoError(t, link.Await(t.Context(), messages.Up))
			start := time.Now()
			_, err := link.Exchange(context.Background(), networkFrame("000001"))
			isRejected(t, "9800", err)
			assert.Zero(t, time.Since(start))
		})
}

// TestDrainLastsAsLongAsTheAnswers, and no longer.
func TestDrainLastsAsLongAsTheAnswers(t *testing.T) {
	const slow = 5 * time.Second
	for name, order := range map[string]func(*supervisor.Link, context.Context) error{
		"restart": (*supervisor.Link).Restart, "pause": (*supervisor.Link).Pause, "close": (*supervisor.Link).Close,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, linktest.PeerConfig{Handle: linktest.Delay(slow, linktest.Reply())}, nil,
				func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
					require.NoError(t, link.Await(t.Context(), messages.Up))
					start := time.Now()
					sent := inBackground(link, networkFrame("000001"))
					require.NoError(t, order(link, t.Context()))
					assert.Equal(t, slow, time.Since(start))
					require.NoError(t, <-sent)
				})
		})
	}
}

// dialled connects to a listener in the bubble.
func dialled(t *testing.T, l *pipeListener) net.Conn {
	t.Helper()
	conn, err := l.Dial(t.Context(), "", "")
	require.NoError(t, err)
	synctest.Wait()
	return conn
}

// TestReplacementIsAtOnce: the older connection of a peer that has connected anew,
// and what was in flight in it, are given up there and then. Its place is free.
func TestReplacementIsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := supervisor.New(nil, supervisor.Config{Links: []supervisor.LinkConfig{{
			Name: "bank", Accept: "host", Spec: specs.Spec87ASCII, Framing: framing.Binary2{}, Logger: quiet,
		}}})
		require.NoError(t, err)
		listener := newPipeListener()
		a, err := m.Listen(supervisor.AcceptorConfig{
			Name: "host", Listener: listener, Session: supervisor.LinkConfig{Spec: specs.Spec87ASCII, Framing: framing.Binary2{}, Logger: quiet},
		})
		require.NoError(t, err)
		link := m.Link("bank")

		first := dialled(t, listener)
		require.Equal(t, messages.Up, link.Status().State)
		go func() { _, _ = first.Read(make([]byte, 1_000)) }()
		sent := inBackground(link, networkFrame("000001"))
		start := time.Now()
		second := dialled(t, listener)
		err = <-sent
		require.ErrorIs(t, err, messages.ErrInDoubt)
		require.ErrorIs(t, err, messages.ErrReplaced)
		assert.Zero(t, time.Since(start))
		require.NoError(t, link.Await(t.Context(), messages.Up))
		assert.EqualValues(t, 2, link.Status().Session)
		assert.Equal(t, 1, a.Status().Open)

		require.NoError(t, second.Close())
		synctest.Wait()
		assert.Equal(t, messages.Waiting, link.Status().State)
		assert.Zero(t, a.Status().Open)
		require.NoError(t, m.Close(context.Background()))
		time.Sleep(time.Minute) // fake: what timers are left run out
	})
}
