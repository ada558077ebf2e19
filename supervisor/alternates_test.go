package supervisor_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// socketCount counts the sockets of a link that are open at once, and the
// addresses that it dials.
type socketCount struct {
	open, most atomic.Int64
	addrs      journal[string]
}

func (s *socketCount) over(c *supervisor.LinkConfig) {
	c.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		s.addrs.add(addr)
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		if n := s.open.Add(1); n > s.most.Load() {
			s.most.Store(n)
		}
		return &countedConn{Conn: conn, count: s}, nil
	}
}

type countedConn struct {
	net.Conn
	count  *socketCount
	closed atomic.Bool
}

// NetConn lets the link reach the TCP connection.
func (c *countedConn) NetConn() net.Conn { return c.Conn }

func (c *countedConn) Close() error {
	if !c.closed.Swap(true) {
		c.count.open.Add(-1)
	}
	return c.Conn.Close()
}

// TestAlternatesInTurn: an attempt goes through the addresses in turn, behind
// the one used last; there is never more than one socket.
func TestAlternatesInTurn(t *testing.T) {
	first := startHost(t, linktest.PeerConfig{Admission: linktest.Refuse})
	second := startHost(t, linktest.PeerConfig{})
	third := startHost(t, linktest.PeerConfig{})
	var sockets socketCount
	l := startUp(t, first, sockets.over, func(c *supervisor.LinkConfig) {
		c.Addrs = []string{first.Addr(), second.Addr(), third.Addr()}
	})
	assert.Equal(t, second.Addr(), l.Status().Peer)
	assert.Equal(t, []string{first.Addr(), second.Addr()}, sockets.addrs.list())
	l.works(1)

	require.NoError(t, connOf(t, second, 1).Reset())
	l.awaitSession(2)
	assert.Equal(t, third.Addr(), l.Status().Peer)
	require.NoError(t, connOf(t, third, 1).Close())
	l.awaitSession(3)
	assert.Equal(t, second.Addr(), l.Status().Peer, "the first one still refuses")
	require.NoError(t, first.SetAdmission(linktest.Admit))
	require.NoError(t, connOf(t, second, 2).Reset())
	l.awaitSession(4)
	assert.Equal(t, third.Addr(), l.Status().Peer)
	require.NoError(t, l.Restart(patient(t)))
	l.awaitSession(5)
	assert.Equal(t, first.Addr(), l.Status().Peer)
	l.works(2)

	closeManager(t, l.manager)
	assert.EqualValues(t, 1, sockets.most.Load())
	assert.Zero(t, sockets.open.Load())
	assert.Equal(t, []string{
		first.Addr(), second.Addr(), third.Addr(), first.Addr(), second.Addr(), third.Addr(), first.Addr(),
	}, sockets.addrs.list())
}

// TestAlternatesAllRefuse: the error of an attempt names every address.
func TestAlternatesAllRefuse(t *testing.T) {
	one := startHost(t, linktest.PeerConfig{Admission: linktest.Refuse})
	two := startHost(t, linktest.PeerConfig{Admission: linktest.Refuse})
	l := startLink(t, one, func(c *supervisor.LinkConfig) { c.Addrs = []string{one.Addr(), two.Addr()} })
	s := l.awaitStatus("an error", func(s supervisor.Status) bool { return s.LastError != nil })
	assert.ErrorContains(t, s.LastError, one.Addr())
	assert.ErrorContains(t, s.LastError, two.Addr())
	err := l.Await(within(t, 0), messages.Up)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorContains(t, err, "refused")
}

// TestLocalAddr: a host that admits one address only is connected to from there.
func TestLocalAddr(t *testing.T) {
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) { c.Allow = []string{"127.0.0.7"} })
	l := linkedTo(t, a, func(c *supervisor.LinkConfig) { c.LocalAddr = "127.0.0.7:0" })
	l.works(1)
	assert.Contains(t, awaitSessions(t, a, 1)[0].Status().Peer, "127.0.0.7:")
}
