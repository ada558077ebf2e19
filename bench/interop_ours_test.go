package main

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// ourEnd is a link, or a session of an acceptor.
type ourEnd struct {
	at   *place
	link *supervisor.Link
	left chan error // why it was up no more
}

func (e *ourEnd) exchange(ctx context.Context, m *iso8583.Message) (*iso8583.Message, error) {
	return e.link.Send(ctx, m)
}

func (e *ourEnd) tell(ctx context.Context, m *iso8583.Message) error { return e.link.Post(ctx, m) }

func (e *ourEnd) isUnanswered(t *testing.T, err error) (unsent bool) {
	t.Helper()
	assert.ErrorIs(t, err, messages.ErrTimeout)
	unsent = errors.Is(err, messages.ErrNotSent)
	if !unsent {
		assert.ErrorIs(t, err, messages.ErrInDoubt)
	}
	return unsent
}

func (e *ourEnd) isLeft(t *testing.T) {
	t.Helper()
	assert.ErrorIs(t, receive(t, e.at.ctx, e.left), messages.ErrPeerClosed)
}

// quietly is a manager that says nothing of what its links go through.
func quietly(t *testing.T, links ...supervisor.LinkConfig) *supervisor.Manager {
	t.Helper()
	mgr, err := supervisor.New(nil, supervisor.Config{Links: links, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, closeManager(mgr)) })
	return mgr
}

// config is what our ends have in common; d gets the other's requests.
func (e *ourEnd) config(d *desk) supervisor.LinkConfig {
	return supervisor.LinkConfig{
		Spec: sample.Spec, Framing: e.at.framed.framer, SendTimeout: patience,
		Handler: func(ctx context.Context, in *messages.Inbound) {
			m, err := in.Message()
			if assert.NoError(d.t, err) {
				d.handle(m, func(reply *iso8583.Message) error { return in.Reply(ctx, reply) })
			}
		},
	}
}

// ourClient is a link with a manager of its own.
type ourClient struct {
	ourEnd
	mgr *supervisor.Manager
}

// connectOurs starts a link, and waits until it is up.
func connectOurs(t *testing.T, at *place, addr string) clientSide {
	t.Helper()
	return startOurs(t, at, addr, func(*supervisor.LinkConfig) {})
}

func startOurs(t *testing.T, at *place, addr string, change func(*supervisor.LinkConfig)) *ourClient {
	t.Helper()
	c := &ourClient{ourEnd: ourEnd{at: at, left: make(chan error, 10)}}
	config := c.config(at.atClient)
	config.Name, config.Addrs = "client", []string{addr}
	config.OnEvent = func(e messages.Event) {
		if s, ok := e.(*messages.StateChanged); ok && s.From == messages.Up {
			c.left <- s.Reason
		}
	}
	if at.secure {
		config.TLSFiles = supervisor.TLSFiles{
			CA: certs + "ca.pem", Cert: certs + "client.pem", Key: certs + "client-key.pem", ServerName: "localhost",
		}
	}
	change(&config)
	c.mgr = quietly(t, config)
	c.link = c.mgr.Link("client")
	require.NoError(t, c.link.Await(at.ctx, messages.Up))
	return c
}

func (c *ourClient) close(t *testing.T) {
	t.Helper()
	require.NoError(t, c.mgr.Close(c.at.ctx))
}

func (c *ourClient) isClosed(t *testing.T, err error) {
	t.Helper()
	assert.ErrorIs(t, err, messages.ErrNotSent)
	assert.ErrorIs(t, err, messages.ErrClosed)
}

// ourHost is an acceptor with a manager of its own.
type ourHost struct {
	at       *place
	acceptor *supervisor.Acceptor
	up       chan struct{}          // a session came up
	left     chan error             // why one was up no more
	refused  chan *messages.Refused // what the acceptor said of a connection
}

// listenOurs starts an acceptor, whose sessions are called "client".
func listenOurs(t *testing.T, at *place) hostSide {
	t.Helper()
	return startAcceptor(t, at, func(*supervisor.LinkConfig) {})
}

func startAcceptor(t *testing.T, at *place, change func(*supervisor.LinkConfig)) *ourHost {
	t.Helper()
	h := &ourHost{
		at: at, up: make(chan struct{}, 10), left: make(chan error, 10), refused: make(chan *messages.Refused, 10),
	}
	session := (&ourEnd{at: at}).config(at.atHost)
	session.OnEvent = h.observe
	change(&session)
	config := supervisor.AcceptorConfig{
		Name: "host", Addr: "127.0.0.1:0", Session: session,
		PeerName: func(p *supervisor.Peer) (string, error) {
			if at.secure {
				assert.Equal(t, "isolink test client", p.CommonName())
			}
			return "client", nil
		},
	}
	if at.secure {
		config.TLSFiles = supervisor.TLSFiles{CA: certs + "ca.pem", Cert: certs + "server.pem", Key: certs + "server-key.pem"}
	}
	var err error
	h.acceptor, err = quietly(t).Listen(config)
	require.NoError(t, err)
	return h
}

func (h *ourHost) observe(e messages.Event) {
	switch e := e.(type) {
	case *messages.StateChanged:
		if e.To == messages.Up {
			h.up <- struct{}{}
		}
		if e.From == messages.Up {
			h.left <- e.Reason
		}
	case *messages.Refused:
		h.refused <- e
	}
}

func (h *ourHost) address() string { return h.acceptor.Addr().String() }

func (h *ourHost) accepted(t *testing.T) end {
	t.Helper()
	receive(t, h.at.ctx, h.up)
	return &ourEnd{at: h.at, link: h.acceptor.Session("client"), left: h.left}
}

func (h *ourHost) close(t *testing.T) {
	t.Helper()
	require.NoError(t, h.acceptor.Close(h.at.ctx))
}
