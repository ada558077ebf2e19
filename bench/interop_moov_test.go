package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	connection "github.com/moov-io/iso8583-connection"
	"github.com/moov-io/iso8583-connection/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/sample"
)

const certs = "../testdata/certs/"

// moovEnd is a connection of the peer's: its client, or one of its server's.
type moovEnd struct {
	at     *place
	conn   *connection.Connection
	failed chan error // why it ended, unless it was closed at this end
}

func (e *moovEnd) exchange(ctx context.Context, m *iso8583.Message) (*iso8583.Message, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return e.conn.Send(m)
	}
	return e.conn.Send(m, connection.SendTimeout(time.Until(deadline)))
}

func (e *moovEnd) tell(_ context.Context, m *iso8583.Message) error { return e.conn.Reply(m) }

func (e *moovEnd) isUnanswered(t *testing.T, err error) (unsent bool) {
	t.Helper()
	assert.ErrorIs(t, err, connection.ErrSendTimeout)
	return false // it is written all the same
}

func (e *moovEnd) isLeft(t *testing.T) {
	t.Helper()
	assert.ErrorIs(t, receive(t, e.at.ctx, e.failed), io.EOF)
	receive(t, e.at.ctx, e.conn.Done())
}

func (e *moovEnd) close(t *testing.T) {
	t.Helper()
	require.NoError(t, e.conn.Close())
	receive(t, e.at.ctx, e.conn.Done())
}

func (e *moovEnd) isClosed(t *testing.T, err error) {
	t.Helper()
	assert.ErrorIs(t, err, connection.ErrConnectionClosed)
}

// options are what the peer's ends have in common.
func (e *moovEnd) options(d *desk) []connection.Option {
	e.failed = make(chan error, 1)
	return append([]connection.Option{
		connection.SendTimeout(patience),
		connection.InboundMessageHandler(func(c *connection.Connection, m *iso8583.Message) { d.handle(m, c.Reply) }),
		connection.WithConnectionFailedHandler(func(_ *connection.Connection, err error) { e.failed <- err }),
	}, e.at.framed.options...)
}

// connectMoov connects the peer's client.
func connectMoov(t *testing.T, at *place, addr string) clientSide {
	t.Helper()
	c := newMoov(t, at, addr)
	require.NoError(t, c.conn.Connect())
	return c
}

// newMoov makes a client of the peer's; options are beside those of all its ends.
func newMoov(t *testing.T, at *place, addr string, options ...connection.Option) *moovEnd {
	t.Helper()
	c := &moovEnd{at: at}
	options = append(options, c.options(at.atClient)...)
	if at.secure {
		options = append([]connection.Option{
			connection.RootCAs(certs + "ca.pem"), connection.ClientCert(certs+"client.pem", certs+"client-key.pem"),
		}, options...)
	}
	var err error
	c.conn, err = connection.New(addr, sample.Spec, at.framed.read, at.framed.write, options...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.conn.Close()) })
	return c
}

// moovHost is the peer's own server.
type moovHost struct {
	at     *place
	server *server.Server
	conns  chan *moovEnd
}

func listenMoov(t *testing.T, at *place) hostSide {
	t.Helper()
	h := &moovHost{at: at, server: server.New(sample.Spec, at.framed.read, at.framed.write), conns: make(chan *moovEnd, 10)}
	var config *tls.Config
	if at.secure {
		config = serverTLS(t)
	}
	require.NoError(t, h.server.SetOptions(server.WithConnectionFactory(func(conn net.Conn) (*connection.Connection, error) {
		if config != nil {
			conn = tls.Server(conn, config)
		}
		e := &moovEnd{at: at}
		var err error
		e.conn, err = connection.NewFrom(conn, sample.Spec, at.framed.read, at.framed.write, e.options(at.atHost)...)
		if err == nil {
			h.conns <- e
		}
		return e.conn, err
	})))
	require.NoError(t, h.server.Start("127.0.0.1:0"))
	t.Cleanup(h.server.Close)
	return h
}

func (h *moovHost) address() string { return h.server.Addr }

func (h *moovHost) accepted(t *testing.T) end {
	t.Helper()
	return receive(t, h.at.ctx, h.conns)
}

func (h *moovHost) close(*testing.T) { h.server.Close() }

// serverTLS is for a host that wants a certificate of the test's authority.
func serverTLS(t *testing.T) *tls.Config {
	t.Helper()
	cert, err := tls.LoadX509KeyPair(certs+"server.pem", certs+"server-key.pem")
	require.NoError(t, err)
	pem, err := os.ReadFile(certs + "ca.pem")
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(pem))
	return &tls.Config{
		Certificates: []tls.Certificate{cert}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
		MinVersion: tls.VersionTLS12,
	}
}
