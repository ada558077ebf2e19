package supervisor_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestF3NobodyAnswers: a connect, or a TLS handshake, to which nobody says
// anything ends by its own timeout, and the link tries again.
func TestF3NobodyAnswers(t *testing.T) {
	t.Run("connect", func(t *testing.T) {
		host := startHost(t, linktest.PeerConfig{})
		var dials atomic.Int64
		l := startUp(t, host, func(c *supervisor.LinkConfig) {
			c.ConnectTimeout = 100 * time.Millisecond
			c.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
				if dials.Add(1) == 1 {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return host.Dial(ctx, network, addr)
			}
		})
		assert.ErrorIs(t, l.Status().LastError, context.DeadlineExceeded)
		l.works(1)
	})
	t.Run("handshake", func(t *testing.T) {
		host := startHost(t, linktest.PeerConfig{TLS: serverTLS(t), OnAccept: func(c *linktest.Conn) {
			if c.Number() == 1 {
				c.StopReading()
			}
		}})
		l := startUp(t, host, overTLS, func(c *supervisor.LinkConfig) { c.TLSTimeout = time.Second })
		assert.ErrorIs(t, l.Status().LastError, context.DeadlineExceeded)
		assert.ErrorContains(t, l.Status().LastError, "TLS handshake")
		l.works(1)
	})
}

// TestF3DropWhileIdle: a link that does nothing notices the end of its
// connection, and comes up again.
func TestF3DropWhileIdle(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	l := startUp(t, host)
	for number, end := range []func(*linktest.Conn) error{
		(*linktest.Conn).Reset, (*linktest.Conn).Close, (*linktest.Conn).CloseWrite,
	} {
		require.NoError(t, end(connOf(t, host, number+1)))
		l.awaitSession(uint64(number) + 2)
	}
	l.works(1)
}

// TestF3DropWhileDraining: a connection that drops while its session ends in
// order leaves a link that does what it was told, and settles what was in
// flight.
func TestF3DropWhileDraining(t *testing.T) {
	for name, order := range map[string]func(*testLink) error{
		"restart": func(l *testLink) error { return l.Restart(context.Background()) },
		"pause":   func(l *testLink) error { return l.Pause(context.Background()) },
		"close":   func(l *testLink) error { return l.Close(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			rec := newRecorder()
			host := startHost(t, linktest.PeerConfig{
				Recorder: rec, Handle: linktest.ByConn(linktest.Drop(), linktest.Reply()),
			})
			l := startUp(t, host)
			sent := l.background(context.Background(), newFrame("0200", 1))
			require.NoError(t, rec.WaitTotal(patient(t), 1))
			ordered := make(chan error, 1)
			go func() { ordered <- order(l) }()
			l.awaitState(messages.Draining)
			_, err := l.Exchange(context.Background(), newFrame("0200", 2))
			assert.ErrorIs(t, err, messages.ErrDraining)
			require.NoError(t, connOf(t, host, 1).Reset())
			assert.ErrorIs(t, awaitDone(t, "the send", sent).err, messages.ErrInDoubt)
			assert.NoError(t, awaitDone(t, "the order", ordered))
			switch name {
			case "restart":
				l.awaitSession(2)
				l.works(3)
			case "pause":
				assert.Equal(t, messages.Paused, l.Status().State)
				require.NoError(t, l.Resume())
				l.awaitSession(2)
				l.works(3)
			case "close":
				assert.Equal(t, messages.Closed, l.Status().State)
				assert.Equal(t, 1, host.Accepted())
			}
		})
	}
}

// TestF3DropWhileAnEchoIsOut: the end of a connection ends the echo with it.
func TestF3DropWhileAnEchoIsOut(t *testing.T) {
	rec := newRecorder()
	host := startHost(t, linktest.PeerConfig{
		Recorder: rec, Handle: linktest.ByConn(linktest.ResetConn(), linktest.Reply()),
	})
	l := startUp(t, host, echoing(20*time.Millisecond, patience))
	l.awaitSession(2)
	assert.Equal(t, 1, rec.Received(rec.All()[0].ID))
	assert.Equal(t, "0800", rec.All()[0].MTI)
	l.works(1)
}
