package supervisor_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

// acceptorFiles make an acceptor use TLS; its certificate is for 127.0.0.1.
var acceptorFiles = supervisor.TLSFiles{Cert: certs + "server.pem", Key: certs + "server-key.pem"}

// clientTLS is a client's, with a certificate of the test's authority.
func clientTLS(t *testing.T) *tls.Config {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(certs+"client.pem", certs+"client-key.pem")
	require.NoError(t, err)
	return &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: certPool(t, "ca.pem"), ServerName: "localhost"}
}

// rawClient is one end of a connection to an acceptor, without isolink.
type rawClient struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
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
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return &rawClient{t: t, conn: conn, in: bufio.NewReader(conn)}
}

func (c *rawClient) write(frame []byte) {
	c.t.Helper()
	wire, err := binary2.Append(nil, nil, frame)
	require.NoError(c.t, err)
	_, err = c.conn.Write(wire)
	require.NoError(c.t, err)
}

func (c *rawClient) read() []byte {
	c.t.Helper()
	_, frame, err := binary2.Read(c.in, 65_535)
	require.NoError(c.t, err)
	return frame
}

// works proves that the acceptor answers.
func (c *rawClient) works(stan int) {
	c.t.Helper()
	frame := newFrame("0200", stan)
	c.write(frame)
	got := c.read()
	assert.Equal(c.t, string(response(frame)), string(got))
}

// refuses proves that the acceptor refuses a connection from an address: it is
// reset while it connects, or right behind.
func refuses(t *testing.T, a *supervisor.Acceptor, addr string) {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(addr)}}
	conn, err := d.DialContext(patient(t), "tcp", a.Addr().String())
	if err != nil {
		require.ErrorIs(t, err, syscall.ECONNRESET)
		return
	}
	defer conn.Close()
	rawOn(t, conn).isRefused()
}

// isRefused waits for the end of the connection, and proves that nothing of the
// acceptor was seen before it.
func (c *rawClient) isRefused() {
	c.t.Helper()
	assert.Zero(c.t, c.ends(), "a byte of a refused connection")
}

// ends waits for the end of the connection at this end, and returns how many
// bytes came before it.
func (c *rawClient) ends() int {
	c.t.Helper()
	n, err := io.Copy(io.Discard, c.conn)
	require.NotErrorIs(c.t, err, os.ErrDeadlineExceeded)
	return int(n)
}
