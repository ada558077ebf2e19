package linktest

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

// failingListener fails a few times, as one without file descriptors does, and
// is then closed.
type failingListener struct {
	net.Listener
	failures int
}

func (l *failingListener) Accept() (net.Conn, error) {
	if l.failures--; l.failures >= 0 {
		return nil, syscall.EMFILE
	}
	return nil, net.ErrClosed
}

func TestAcceptGoesOnAfterAFailure(t *testing.T) {
	p := NewPipePeer(PeerConfig{Framing: framing.Binary2{}})
	defer p.Close()
	ln := &failingListener{failures: 3}
	p.accept(ln)
	assert.Equal(t, -1, ln.failures)
}

func TestReserveKeepsThePort(t *testing.T) {
	bound, free, err := reserve("127.0.0.1:0")
	require.NoError(t, err)
	ln, err := net.Listen("tcp", bound)
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	_, err = net.Dial("tcp", bound)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	free()
}

func TestProbeFindsAPort(t *testing.T) {
	bound, err := probe("127.0.0.1:0")
	require.NoError(t, err)
	at, err := netip.ParseAddrPort(bound)
	require.NoError(t, err)
	assert.NotZero(t, at.Port())
	_, err = probe("127.0.0.1:nowhere")
	require.Error(t, err)
}

// wrapper is a connection with another one below, and nothing else.
type wrapper struct {
	net.Conn
	below net.Conn
}

func (w wrapper) NetConn() net.Conn { return w.below }

func TestReachGoesThroughWrappers(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	tcp := new(net.TCPConn)
	found, ok := reach[lingerer](wrapper{near, wrapper{near, tcp}})
	require.True(t, ok)
	assert.Same(t, tcp, found)
	_, ok = reach[lingerer](wrapper{near, far})
	assert.False(t, ok)
}

// shortConn breaks the contract of io.Writer.
type shortConn struct{ net.Conn }

func (shortConn) Write(b []byte) (int, error) { return len(b) / 2, nil }

func TestOracleKeepsToWhatTheConnectionReturns(t *testing.T) {
	c := NewOracle(nil).Wrap(shortConn{})
	n, err := c.Write(make([]byte, 8))
	require.NoError(t, err)
	assert.Equal(t, 4, n)
	assert.Equal(t, int64(4), c.Writes()[0].To)
}

func TestReasonTellsAnEndFromAFailure(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	p := NewPipePeer(PeerConfig{Framing: framing.Binary2{}})
	defer p.Close()
	c := newConn(p, 1, near)
	boom := errors.New("boom")
	require.NoError(t, c.Reset())
	require.NoError(t, c.reason(net.ErrClosed))
	require.NoError(t, c.reason(ErrCut))
	require.ErrorIs(t, c.reason(boom), boom)
}
