package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// TestAcceptorBothWays: a link of ours and an acceptor of ours ask each other,
// with the same STANs at the same time.
func TestAcceptorBothWays(t *testing.T) {
	a := startAcceptor(t)
	l := linkedTo(t, a, func(c *supervisor.LinkConfig) { c.Handler = answering })
	s := awaitSessions(t, a, 1)[0]
	assert.True(t, strings.HasPrefix(s.Name(), "host/127.0.0.1:"), s.Name())
	assert.Equal(t, s.Name(), "host/"+s.Status().Peer)

	const each = 500
	var wg sync.WaitGroup
	for _, end := range []interface {
		Exchange(context.Context, []byte) ([]byte, error)
	}{l, s} {
		for i := range each {
			wg.Go(func() {
				frame := newFrame("0200", i)
				reply, err := end.Exchange(patient(t), frame)
				if assert.NoError(t, err) {
					assert.Equal(t, string(response(frame)), string(reply))
				}
			})
		}
	}
	wg.Wait()
	// A reply is counted when its write has returned: its receiver may be faster.
	l.awaitStatus("all replies", func(s supervisor.Status) bool { return s.Counters.Replied == each })
	awaitAcceptor(t, a, "all replies", func(s supervisor.AcceptorStatus) bool { return s.Counters.Replied == each })
	for _, c := range []supervisor.Counters{l.Status().Counters, a.Status().Counters} {
		assert.EqualValues(t, each, c.Answered)
		assert.EqualValues(t, each, c.Requests)
		assert.EqualValues(t, each, c.Replied)
		assert.Zero(t, c.ReplyFailed+c.Unmatched+c.Overloaded+c.Expired)
	}
}

// TestAcceptorPush: to one session, and to all; what has no session says so.
func TestAcceptorPush(t *testing.T) {
	a := startAcceptor(t)
	sent, err := a.PostAll(patient(t), newMessage(t, "0820", 1))
	require.NoError(t, err)
	assert.Zero(t, sent, "nobody is there")

	clients := []*rawClient{dialRaw(t, a), dialRaw(t, a), dialRaw(t, a)}
	sessions := awaitSessions(t, a, len(clients))
	byPeer := make(map[string]*rawClient)
	for _, c := range clients {
		byPeer[c.conn.LocalAddr().String()] = c
	}
	for i, s := range sessions {
		frame := newFrame("0820", i)
		require.NoError(t, s.PostFrame(patient(t), frame))
		got := byPeer[s.Status().Peer].read()
		assert.Equal(t, string(frame), string(got))
	}

	msg := newMessage(t, "0820", 77)
	want, err := msg.Pack()
	require.NoError(t, err)
	sent, err = a.PostAll(patient(t), msg)
	require.NoError(t, err)
	assert.Equal(t, len(clients), sent)
	for _, c := range clients {
		got := c.read()
		assert.Equal(t, string(want), string(got))
	}

	named := a.Session(clients[1].conn.LocalAddr().String())
	require.NoError(t, named.PostFrame(patient(t), newFrame("0820", 5)))
	clients[1].read()
	err = a.Session("nobody").PostFrame(patient(t), newFrame("0820", 5))
	require.ErrorIs(t, err, messages.ErrNoLink)
	assert.ErrorContains(t, err, "host/nobody")

	// One that has left is reported by name; the others get theirs.
	msg.MTI("0") // cannot be packed
	sent, err = a.PostAll(patient(t), msg)
	assert.Zero(t, sent)
	require.ErrorIs(t, err, messages.ErrPack)
}

// TestSessionEnds: a session is over for good with its connection, whoever ends it.
func TestSessionEnds(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, c *rawClient, s *supervisor.Link){
		"peer closes": func(_ *testing.T, c *rawClient, _ *supervisor.Link) { c.conn.Close() },
		"peer resets": func(t *testing.T, c *rawClient, _ *supervisor.Link) { reset(t, c.conn) },
		"peer garbles": func(_ *testing.T, c *rawClient, _ *supervisor.Link) {
			_, err := c.conn.Write([]byte{0xFF, 0xFF, 1})
			assert.NoError(c.t, err)
			c.conn.Close()
		},
		"close":   func(t *testing.T, _ *rawClient, s *supervisor.Link) { require.NoError(t, s.Close(patient(t))) },
		"pause":   func(t *testing.T, _ *rawClient, s *supervisor.Link) { require.NoError(t, s.Pause(patient(t))) },
		"restart": func(t *testing.T, _ *rawClient, s *supervisor.Link) { require.NoError(t, s.Restart(patient(t))) },
	} {
		t.Run(name, func(t *testing.T) {
			a := startAcceptor(t)
			c := dialRaw(t, a)
			c.works(1)
			s := awaitSessions(t, a, 1)[0]
			end(t, c, s)
			require.NoError(t, s.Await(patient(t), messages.Closed))
			awaitAcceptor(t, a, "nothing left", func(s supervisor.AcceptorStatus) bool { return s.Sessions == 0 && s.Open == 0 })
			c.ends()
			_, err := s.Exchange(patient(t), newFrame("0200", 1))
			require.ErrorIs(t, err, messages.ErrNotSent)
			require.ErrorIs(t, err, messages.ErrClosed)
			require.NoError(t, s.Close(patient(t)), "once more")
			require.ErrorIs(t, s.Resume(), messages.ErrClosed)
			st := a.Status()
			assert.EqualValues(t, 1, st.Counters.Requests, "what it counted stays")
			assert.EqualValues(t, 1, st.Accepted)
			assert.Zero(t, st.Refused.Total())
			dialRaw(t, a).works(2)
		})
	}
}

func reset(t *testing.T, conn net.Conn) {
	require.NoError(t, conn.(*net.TCPConn).SetLinger(0))
	require.NoError(t, conn.Close())
}

// TestAcceptorClose: it stops accepting, finishes what is being handled, closes
// its sessions, and gives back its name.
func TestAcceptorClose(t *testing.T) {
	m := startManager(t, supervisor.Config{})
	begun, release := make(chan struct{}), make(chan struct{})
	slow := func(c *supervisor.AcceptorConfig) {
		c.Session.Handler = func(ctx context.Context, in *messages.Inbound) {
			close(begun)
			<-release
			answering(ctx, in)
		}
	}
	a := listen(t, m, slow)
	c := dialRaw(t, a)
	frame := newFrame("0200", 1)
	c.write(frame)
	awaitDone(t, "the request", begun)
	other := dialRaw(t, a)
	sessions := awaitSessions(t, a, 2)
	closed := make(chan error, 1)
	go func() { closed <- a.Close(patient(t)) }()
	require.NoError(t, sessions[0].Await(patient(t), messages.Draining))
	other.ends() // nothing is in flight there
	_, err := net.DialTimeout("tcp", a.Addr().String(), time.Second)
	require.Error(t, err, "nobody listens")
	_, err = m.Listen(acceptorAt("host"))
	require.Error(t, err, "the name is taken still")
	close(release)
	got := c.read()
	assert.Equal(t, string(response(frame)), string(got), "what was received is answered")
	require.NoError(t, awaitDone(t, "Close", closed))
	require.NoError(t, a.Close(patient(t)))
	c.ends()
	assert.False(t, a.Status().Listening)
	again := listen(t, m)
	dialRaw(t, again).works(1)
}

// TestAcceptorCloseCutShort: what a handler still does when the context ends is
// reported, and its context ends.
func TestAcceptorCloseCutShort(t *testing.T) {
	ended := make(chan error, 1)
	begun := make(chan struct{})
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) {
		c.Session.Handler = func(ctx context.Context, in *messages.Inbound) {
			close(begun)
			<-ctx.Done()
			ended <- in.ReplyFrame(context.Background(), response(in.Frame))
		}
	})
	c := dialRaw(t, a)
	c.write(newFrame("0200", 1))
	awaitDone(t, "the request", begun)
	err := a.Close(within(t, short))
	var cut *messages.DrainError
	require.ErrorAs(t, err, &cut)
	assert.EqualValues(t, 1, cut.Unhandled)
	assert.Zero(t, cut.InDoubt+cut.NotSent)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	err = awaitDone(t, "the handler", ended)
	require.ErrorIs(t, err, messages.ErrNotSent)
	require.ErrorIs(t, err, messages.ErrLinkDown)
	c.ends()
}

// TestListenFails: a wrong configuration, an address that is taken, a name that
// is, a manager that is closed.
func TestListenFails(t *testing.T) {
	m := startManager(t, supervisor.Config{Links: []supervisor.LinkConfig{{
		Name: "bank", Accept: "other", Spec: spec, Framing: binary2,
	}}})
	_, err := m.Listen(supervisor.AcceptorConfig{Name: "host", Addr: "nowhere"})
	var fault *messages.ConfigError
	require.ErrorAs(t, err, &fault)
	for _, field := range []string{"Addr:", "Session.Spec:", "Session.Framing:"} {
		assert.ErrorContains(t, err, field)
	}

	a := listen(t, m)
	taken := acceptorAt("second")
	taken.Addr = a.Addr().String()
	_, err = m.Listen(taken)
	var op *net.OpError
	require.ErrorAs(t, err, &op)
	for _, name := range []string{"host", "bank"} {
		_, err = m.Listen(acceptorAt(name))
		require.ErrorAs(t, err, &fault, name)
		assert.Equal(t, "Name", fault.Field)
	}

	closing, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	bad := acceptorAt("third")
	bad.Listener = closing // beside Addr
	_, err = m.Listen(bad)
	require.ErrorAs(t, err, &fault)
	_, err = closing.Accept()
	require.ErrorIs(t, err, net.ErrClosed, "the listener was the acceptor's")

	require.NoError(t, m.Close(patient(t)))
	_, err = m.Listen(acceptorAt("late"))
	require.ErrorIs(t, err, messages.ErrClosed)
	require.ErrorIs(t, a.Close(patient(t)), nil)
}

// TestPeerName: sessions are called by certificate, address, or first message;
// a name that is none, an error or a panic refuses.
func TestPeerName(t *testing.T) {
	var events journal[messages.Event]
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) {
		c.Session.OnEvent = events.add
		c.ReadFirst = true
		c.PeerName = func(p *supervisor.Peer) (string, error) {
			msg, err := p.Message()
			if err != nil {
				return "", err
			}
			terminal, err := msg.GetString(41)
			assert.True(t, p.Addr.IsValid())
			assert.Nil(t, p.TLS)
			assert.Empty(t, p.CommonName())
			switch stanOf(p.First) {
			case 2:
				return "not a name", nil
			case 3:
				panic("no")
			case 4:
				goexit()
			}
			return terminal, err
		}
	})
	c := dialRaw(t, a)
	first := newFrame("0200", 1)
	c.write(nil) // a keep-alive
	c.write(first)
	got := c.read()
	assert.Equal(t, string(response(first)), string(got), "the first message is handled as any other")
	c.works(9)
	require.NoError(t, a.Session("TERM0001").Await(patient(t), messages.Up))
	for stan := 2; stan <= 4; stan++ {
		c := dialRaw(t, a)
		c.write(newFrame("0200", stan))
		c.isRefused()
	}
	garbage := dialRaw(t, a)
	garbage.write([]byte("0200 and no more"))
	garbage.isRefused()
	s := awaitAcceptor(t, a, "refusals", func(s supervisor.AcceptorStatus) bool { return s.Refused.Total() == 4 && s.Open == 1 })
	assert.EqualValues(t, 3, s.Refused.UnknownPeer)
	assert.EqualValues(t, 1, s.Refused.Handshake, "a PeerName that ended its goroutine")
	assert.EqualValues(t, 1, s.Counters.Panics)
	assert.Zero(t, s.Handshakes)
	refused := awaitEvents[*messages.Refused](t, &events, 2)
	assert.Equal(t, "host", refused[0].Acceptor)
	require.ErrorIs(t, refused[0].Cause, messages.ErrUnknownPeer)
	assert.EqualValues(t, 1, refused[0].Count)
}

// TestManyAcceptors: sessions of several acceptors of one manager do not mix.
func TestManyAcceptors(t *testing.T) {
	m := startManager(t, supervisor.Config{})
	var wg sync.WaitGroup
	for i := range 5 {
		name := fmt.Sprintf("host-%d", i)
		a := listen(t, m, func(c *supervisor.AcceptorConfig) {
			c.Name = name
			c.Session.Handler = func(ctx context.Context, in *messages.Inbound) {
				assert.True(t, strings.HasPrefix(in.Link, name+"/"), in.Link)
				answering(ctx, in)
			}
		})
		wg.Go(func() {
			for stan := range 20 {
				c := dialRaw(t, a)
				c.works(stan)
				c.conn.Close()
			}
			awaitAcceptor(t, a, "all gone", func(s supervisor.AcceptorStatus) bool { return s.Open == 0 && s.Sessions == 0 })
			assert.EqualValues(t, 20, a.Status().Counters.Replied)
		})
	}
	wg.Wait()
	require.NoError(t, m.Close(patient(t)))
}

// listenerFunc is a listener whose Accept is a function.
type listenerFunc struct {
	net.Listener
	accept func() (net.Conn, error)
}

func (l listenerFunc) Accept() (net.Conn, error) { return l.accept() }

// TestListenerThatFails: errors, nothing at all, a panic: the acceptor goes on.
func TestListenerThatFails(t *testing.T) {
	var events journal[messages.Event]
	real, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	calls := 0
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) {
		c.Addr = ""
		c.Session.OnEvent = events.add
		c.Listener = listenerFunc{real, func() (net.Conn, error) {
			calls++
			switch calls {
			case 1:
				return nil, errors.New("too many open files")
			case 2:
				return nil, nil
			case 3:
				panic("no")
			}
			return real.Accept()
		}}
	})
	dialRaw(t, a).works(1)
	failed := awaitEvents[*messages.AcceptFailed](t, &events, 1)
	assert.ErrorContains(t, failed[0].Reason, "too many")
	panicked := awaitEvents[*messages.Panicked](t, &events, 1)
	assert.Equal(t, "Listener", panicked[0].Where)
}
