package main

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	connection "github.com/moov-io/iso8583-connection"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

const (
	// interopIdle is how long an end is silent before it says something.
	interopIdle = 5 * time.Millisecond
	// interopPings are awaited of an idle end.
	interopPings = 3
)

// pinger sends pings of the peer's as its documentation has it, each with a STAN of
// its own.
type pinger struct {
	t        *testing.T
	stan     atomic.Int64
	answered chan string // their STANs
}

func newPinger(t *testing.T) *pinger {
	return &pinger{t: t, answered: make(chan string, 1_000)}
}

func (p *pinger) next() string { return fmt.Sprintf("%06d", p.stan.Add(1)) }

func (p *pinger) ping(c *connection.Connection) {
	stan := p.next()
	reply, err := c.Send(echo(p.t, "0800", "ping", stan))
	if err != nil {
		assert.ErrorIs(p.t, err, connection.ErrConnectionClosed)
		return
	}
	got, err := reply.GetString(37)
	assert.NoError(p.t, err)
	assert.Equal(p.t, mark("ping", stan), got)
	p.answered <- stan
}

// echoes makes the echoes of an end of ours, one each Echo.Timeout. Under load one
// may be late, which is no end of a session here.
func (p *pinger) echoes(c *supervisor.LinkConfig) {
	c.IdleTime, c.Echo.Timeout, c.MaxMissedEchoes = interopIdle, 20*interopIdle, 255
	c.Echo.Build = func() (*iso8583.Message, error) { return echo(p.t, "0800", "echo", p.next()), nil }
}

// TestInteroperationPings: what the peer's client does when it has nothing to say,
// or hears nothing, is answered by our acceptor, in every framing.
func TestInteroperationPings(t *testing.T) {
	for _, framed := range interopFramings() {
		for name, options := range map[string]func(func(*connection.Connection)) []connection.Option{
			"nothing sent": func(ping func(*connection.Connection)) []connection.Option {
				return []connection.Option{connection.IdleTime(interopIdle), connection.PingHandler(ping)}
			},
			"nothing read": func(ping func(*connection.Connection)) []connection.Option {
				return []connection.Option{connection.ReadTimeout(interopIdle), connection.ReadTimeoutHandler(ping)}
			},
		} {
			t.Run(framed.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				at := newPlace(t, framed, false)
				h := startAcceptor(t, at, func(*supervisor.LinkConfig) {})
				p := newPinger(t)
				c := newMoov(t, at, h.address(), options(p.ping)...)
				require.NoError(t, c.conn.Connect())
				served := h.accepted(t)
				seen := make(map[string]bool)
				for range interopPings {
					seen[receive(t, at.ctx, p.answered)] = true
				}
				assert.Len(t, seen, interopPings, "each has its own answer")
				c.close(t)
				served.isLeft(t)
				counted := h.acceptor.Status().Counters
				assert.GreaterOrEqual(t, counted.Requests, uint64(interopPings))
				assert.Zero(t, counted.Unmatched+counted.KeepAlives+counted.Panics)
			})
		}
	}
}

// TestInteroperationKeepAlives: frames without a message, as the peer writes them
// by hand, are counted and no more.
func TestInteroperationKeepAlives(t *testing.T) {
	for _, framed := range interopFramings() {
		t.Run(framed.name, func(t *testing.T) {
			t.Parallel()
			at := newPlace(t, framed, false)
			h := startAcceptor(t, at, func(*supervisor.LinkConfig) {})
			sent := make(chan struct{}, 1_000)
			c := newMoov(t, at, h.address(), connection.IdleTime(interopIdle), connection.PingHandler(func(c *connection.Connection) {
				if _, err := c.Write([]byte(framed.keepAlive)); err != nil {
					assert.ErrorIs(t, err, connection.ErrConnectionClosed)
					return
				}
				sent <- struct{}{}
			}))
			require.NoError(t, c.conn.Connect())
			served := h.accepted(t)
			for range interopPings {
				receive(t, at.ctx, sent)
			}
			ask(t, at, c, "client", "000001") // what was written before it was read before it
			ask(t, at, served, "host", "000001")
			c.close(t)
			served.isLeft(t)
			counted := h.acceptor.Status().Counters
			assert.GreaterOrEqual(t, counted.KeepAlives, uint64(interopPings))
			assert.EqualValues(t, 1, counted.Requests)
			assert.Zero(t, counted.Unmatched+counted.Panics)
		})
	}
}

// TestInteroperationEchoes: the echoes of our ends are answered by the peer's.
func TestInteroperationEchoes(t *testing.T) {
	for _, framed := range interopFramings() {
		t.Run(framed.name+"/acceptor", func(t *testing.T) {
			t.Parallel()
			at := newPlace(t, framed, false)
			h := startAcceptor(t, at, newPinger(t).echoes)
			c := connectMoov(t, at, h.address())
			served := h.accepted(t)
			awaitEchoes(t, served.(*ourEnd).link)
			c.close(t)
			assert.Error(t, receive(t, at.ctx, h.left), "whatever the echo under way makes of it")
		})
		t.Run(framed.name+"/link", func(t *testing.T) {
			t.Parallel()
			at := newPlace(t, framed, false)
			h := listenMoov(t, at)
			c := startOurs(t, at, h.address(), newPinger(t).echoes)
			served := h.accepted(t)
			awaitEchoes(t, c.link)
			c.close(t)
			receive(t, at.ctx, served.(*moovEnd).conn.Done())
		})
	}
}

func awaitEchoes(t *testing.T, link *supervisor.Link) {
	t.Helper()
	require.Eventually(t, func() bool {
		return link.Status().Counters.Echoes >= interopPings
	}, patience, time.Millisecond)
	s := link.Status()
	assert.Equal(t, messages.Up, s.State)
	assert.Zero(t, s.Counters.Unmatched+s.Counters.InDoubt)
}
