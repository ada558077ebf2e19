package supervisor_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// answering is a handler that answers every request as a host does: the same
// message, with the MTI of the response.
func answering(ctx context.Context, in *messages.Inbound) {
	_ = in.ReplyFrame(ctx, response(in.Frame)) // a session that ended meanwhile is no fault
}

// acceptorAt is the configuration of an acceptor on a free port of 127.0.0.1.
func acceptorAt(name string) supervisor.AcceptorConfig {
	return supervisor.AcceptorConfig{
		Name: name, Addr: "127.0.0.1:0",
		Session: supervisor.LinkConfig{Spec: spec, Framing: binary2, Handler: answering, Logger: quiet},
	}
}

// listen starts an acceptor of m that ends with it. change has the last word on
// its configuration.
func listen(t *testing.T, m *supervisor.Manager, change ...func(*supervisor.AcceptorConfig)) *supervisor.Acceptor {
	t.Helper()
	config := acceptorAt("host")
	for _, c := range change {
		c(&config)
	}
	a, err := m.Listen(config)
	require.NoError(t, err)
	return a
}

// startAcceptor starts an acceptor in a manager of its own, which ends with the
// test.
func startAcceptor(t *testing.T, change ...func(*supervisor.AcceptorConfig)) *supervisor.Acceptor {
	t.Helper()
	return listen(t, startManager(t, supervisor.Config{}), change...)
}

// linkToAcceptor is the configuration of a link to an acceptor.
func linkToAcceptor(name string, a *supervisor.Acceptor) supervisor.LinkConfig {
	return supervisor.LinkConfig{
		Name: name, Addrs: []string{a.Addr().String()}, Spec: spec, Framing: binary2, Backoff: quick,
	}
}

// linkedTo starts a link to an acceptor, in a manager of its own, and waits until
// it is up.
func linkedTo(t *testing.T, a *supervisor.Acceptor, change ...func(*supervisor.LinkConfig)) *testLink {
	t.Helper()
	config := linkToAcceptor("client", a)
	for _, c := range change {
		c(&config)
	}
	l := linkOf(t, startManager(t, supervisor.Config{Links: []supervisor.LinkConfig{config}}), config.Name)
	l.awaitState(messages.Up)
	return l
}

// awaitSessions waits until the acceptor has that many sessions, all of them up,
// and returns them.
func awaitSessions(t *testing.T, a *supervisor.Acceptor, n int) []*supervisor.Link {
	t.Helper()
	awaitAcceptor(t, a, "sessions", func(s supervisor.AcceptorStatus) bool { return s.Sessions == n })
	all := a.Sessions()
	for _, s := range all {
		require.NoError(t, s.Await(patient(t), messages.Up))
	}
	return all
}

// awaitAcceptor waits until the acceptor's status satisfies ok.
func awaitAcceptor(t *testing.T, a *supervisor.Acceptor, what string, ok func(supervisor.AcceptorStatus) bool) supervisor.AcceptorStatus {
	t.Helper()
	var s supervisor.AcceptorStatus
	require.Eventually(t, func() bool {
		s = a.Status()
		return ok(s)
	}, patience, time.Millisecond, what)
	return s
}

// rawClient is one end of a connection to an acceptor, without isolink.
type rawClient struct {
	t       *testing.T
	conn    net.Conn
	in      *bufio.Reader
	framing framing.Framer
}

// dialRaw connects to an acceptor; the connection ends with the test.
func dialRaw(t *testing.T, a *supervisor.Acceptor) *rawClient {
	t.Helper()
	return rawOn(t, dialFrom(t, "127.0.0.1", a))
}

// dialFrom connects to an acceptor from an address.
func dialFrom(t *testing.T, addr string, a *supervisor.Acceptor) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(addr)}}
	conn, err := d.DialContext(patient(t), "tcp", a.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

// dialRawTLS is dialRaw by TLS.
func dialRawTLS(t *testing.T, a *supervisor.Acceptor, config *tls.Config) (*rawClient, error) {
	t.Helper()
	conn := tls.Client(dialFrom(t, "127.0.0.1", a), config)
	return rawOn(t, conn), conn.HandshakeContext(patient(t))
}

func rawOn(t *testing.T, conn net.Conn) *rawClient {
	deadline, _ := patient(t).Deadline()
	require.NoError(t, conn.SetDeadline(deadline))
	return &rawClient{t: t, conn: conn, in: bufio.NewReader(conn), framing: binary2}
}

func (c *rawClient) write(header, frame []byte) {
	c.t.Helper()
	wire, err := c.framing.Append(nil, header, frame)
	require.NoError(c.t, err)
	_, err = c.conn.Write(wire)
	require.NoError(c.t, err)
}

func (c *rawClient) read() (header, frame []byte) {
	c.t.Helper()
	header, frame, err := c.framing.Read(c.in, 65_535)
	require.NoError(c.t, err)
	return header, frame
}

// works proves that the acceptor answers.
func (c *rawClient) works(stan int) {
	c.t.Helper()
	frame := newFrame("0200", stan)
	c.write(nil, frame)
	_, got := c.read()
	assert.Equal(c.t, string(response(frame)), string(got))
}

// isRefused waits for the end of the connection, and proves that nothing of the
// acceptor was seen before it.
func (c *rawClient) isRefused() {
	c.t.Helper()
	var one [1]byte
	n, err := c.conn.Read(one[:])
	assert.Zero(c.t, n, "a byte of a refused connection")
	require.Error(c.t, err)
	require.NotErrorIs(c.t, err, context.DeadlineExceeded)
	var timeout net.Error
	if assert.ErrorAs(c.t, err, &timeout) {
		assert.False(c.t, timeout.Timeout(), "%v", err)
	}
}
