package supervisor_test

import (
	"context"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// P9: what was received counts, though the session ends right behind it.

// TestAnswerThenGarbage: an answer that came in one piece with what ends the
// session.
func TestAnswerThenGarbage(t *testing.T) {
	bubble(t, linktest.PeerConfig{Handle: func(c *linktest.Conn, f linktest.Frame) error {
		answer, err := linktest.Respond(f)
		if err != nil {
			return err
		}
		bytes, err := framing.Binary2{}.Append(nil, nil, answer.Body)
		if err != nil {
			return err
		}
		return c.WriteRaw(append(bytes, 0xff, 0xff)) // a length above MaxFrame
	}}, func(c *supervisor.LinkConfig) { c.MaxFrame = 1_000 }, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		require.NoError(t, link.Await(t.Context(), messages.Up))
		_, err := link.Exchange(context.Background(), networkFrame("000001"))
		require.NoError(t, err)
		require.NoError(t, link.Await(t.Context(), messages.Waiting))
		require.ErrorIs(t, link.Status().LastError, framing.ErrTooLarge)
	})
}

// failingWrites is a connection whose writes fail after the first.
type failingWrites struct {
	net.Conn
	written atomic.Int32
}

func (c *failingWrites) Write(p []byte) (int, error) {
	if c.written.Add(1) > 1 {
		return 0, syscall.EPIPE
	}
	return c.Conn.Write(p)
}

// TestAnswerBehindAFailedWrite: the peer has answered and closed; the next
// write finds the connection broken before the answer was read.
func TestAnswerBehindAFailedWrite(t *testing.T) {
	answers := linktest.PeerConfig{Handle: linktest.Delay(50*time.Millisecond, linktest.Reply())}
	var dial func(ctx context.Context, network, addr string) (net.Conn, error)
	bubble(t, answers, func(c *supervisor.LinkConfig) {
		dial = c.Dial
		c.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dial(ctx, network, addr)
			return &failingWrites{Conn: conn}, err
		}
	}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		require.NoError(t, link.Await(t.Context(), messages.Up))
		answered := make(chan error, 1)
		go func() { _, err := link.Exchange(context.Background(), networkFrame("000001")); answered <- err }()
		synctest.Wait()
		_, err := link.Exchange(context.Background(), networkFrame("000002"))
		require.ErrorIs(t, err, messages.ErrNotSent)
		require.ErrorIs(t, err, syscall.EPIPE)
		assert.NoError(t, <-answered)
		require.NoError(t, link.Await(t.Context(), messages.Waiting))
		require.ErrorIs(t, link.Status().LastError, syscall.EPIPE)
	})
}
