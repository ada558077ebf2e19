package supervisor_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// signTogether starts n links that share their sign-on, all to the same host in
// several connections; change may be nil.
func signTogether(t *testing.T, n int, h *signHost, change func(*rigConfig)) *rig {
	t.Helper()
	return startRig(t, n, func(c *rigConfig) {
		for i := range c.hosts {
			c.hosts[i].Handle = func(c *linktest.Conn, f linktest.Frame) error {
				if linktest.MTI(f.Body) == "0810" { // the answer to a request of the host
					return nil
				}
				return h.handle(c, f)
			}
		}
	}, func(c *rigConfig) {
		exchange := supervisor.LinkConfig{}
		signing(&exchange)
		for i := range c.links {
			l := &c.links[i]
			l.Spec, l.SignOn, l.SignOff = exchange.Spec, exchange.SignOn, exchange.SignOff
			l.Scope, l.SignOnScope, l.SignOffOnStop = "pair", supervisor.PerScope, true
		}
		if change != nil {
			change(c)
		}
	})
}

func (r *rig) awaitAll(state messages.State) {
	r.t.Helper()
	for _, l := range r.manager.Links() {
		require.NoError(r.t, l.Await(patient(r.t), state))
	}
}

// TestSignOnOfAScope: the first link that has a session signs on for all, the last
// one signs off; a link that comes back meanwhile does neither.
func TestSignOnOfAScope(t *testing.T) {
	h := &signHost{t: t}
	r := signTogether(t, 3, h, nil)
	r.awaitAll(messages.Up)
	require.NoError(t, connOf(t, r.hosts[1], 1).Reset())
	connOf(t, r.hosts[1], 2)
	r.awaitAll(messages.Up)
	assert.Equal(t, []string{"001"}, h.asked.list())

	require.NoError(t, r.manager.Link("a").Pause(patient(t)))
	require.NoError(t, r.manager.Link("b").Close(patient(t)))
	assert.Equal(t, []string{"001"}, h.asked.list())
	closeManager(t, r.manager)
	assert.Equal(t, []string{"001", "002"}, h.asked.list())
}

// TestSignOffOfAScopeAtOnce: one of those that stop at the same time signs off.
func TestSignOffOfAScopeAtOnce(t *testing.T) {
	for range 20 {
		h := &signHost{t: t}
		r := signTogether(t, 4, h, nil)
		r.awaitAll(messages.Up)
		closeManager(t, r.manager)
		assert.Equal(t, []string{"001", "002"}, h.asked.list())
	}
}

// TestSignOnOfAScopeAgain: when all sessions are gone, so is the sign-on.
func TestSignOnOfAScopeAgain(t *testing.T) {
	h := &signHost{t: t}
	r := signTogether(t, 2, h, nil)
	r.awaitAll(messages.Up)
	for _, host := range r.hosts {
		conn := connOf(t, host, 1)
		require.NoError(t, host.SetAdmission(linktest.Refuse))
		require.NoError(t, conn.Reset())
	}
	r.awaitAll(messages.Waiting)
	for _, host := range r.hosts {
		require.NoError(t, host.SetAdmission(linktest.Admit))
	}
	r.awaitAll(messages.Up)
	assert.Equal(t, []string{"001", "001"}, h.asked.list())
}

// TestSignOnOfAScopeRefused: the next link tries; while nobody is signed on, none is
// up.
func TestSignOnOfAScopeRefused(t *testing.T) {
	h := &signHost{t: t}
	h.answer("05")
	var events journal[messages.Event]
	r := signTogether(t, 3, h, func(c *rigConfig) {
		for i := range c.links {
			c.links[i].OnEvent = events.add
		}
	})
	failed := awaitEvents[*messages.SignFailed](t, &events, 10)
	links := make(map[string]bool)
	for _, e := range failed {
		links[e.Link] = true
	}
	assert.Len(t, links, 3, "each has tried")
	for _, e := range eventsOf[*messages.StateChanged](events.list()) {
		assert.NotEqual(t, messages.Up, e.To)
	}
	h.answer("00")
	r.awaitAll(messages.Up)
	assert.Equal(t, "001", h.asked.list()[len(h.asked.list())-1])
	require.ErrorIs(t, r.Echo(), messages.ErrNoRequest, "no Echo is configured")
}

// TestGroupSigns: the commands of a group; one link's alone tell the host nothing.
func TestGroupSigns(t *testing.T) {
	h := &signHost{t: t}
	r := signTogether(t, 2, h, func(c *rigConfig) {
		for i := range c.links {
			c.links[i].Echo = c.links[i].SignOn
			stan := []string{"700000", "700001"}[i]
			c.links[i].Echo.Build = messages.ISO87.Builder(signSpec, messages.ISO87.Echo, func(m *iso8583.Message) error { return m.Field(11, stan) })
		}
	})
	r.awaitAll(messages.Up)
	require.NoError(t, r.manager.Link("a").SignOff(patient(t)))
	assert.Equal(t, messages.SignedOff, r.manager.Link("a").Status().State)
	_, err := r.Exchange(patient(t), newFrame("0200", 1))
	require.NoError(t, err)
	assert.Equal(t, []string{"001", "0200"}, h.asked.list())
	require.NoError(t, r.SignOff(patient(t)))
	r.awaitAll(messages.SignedOff)
	h.asked.awaitSome(t, 3, "the sign-off")
	_, err = r.Exchange(patient(t), newFrame("0200", 2))
	require.ErrorIs(t, err, messages.ErrNotSent)
	require.NoError(t, r.Echo())
	require.NoError(t, r.SignOn(patient(t)))
	r.awaitAll(messages.Up)
	assert.Equal(t, []string{"001", "0200", "002", "301", "301", "001"}, h.asked.list())

	unknown := r.manager.Group("unknown")
	require.ErrorIs(t, unknown.SignOn(patient(t)), messages.ErrNoLink)
	require.ErrorIs(t, unknown.SignOff(patient(t)), messages.ErrNoLink)
	require.ErrorIs(t, unknown.Echo(), messages.ErrNoLink)
}

// following obeys the peer's sign-off and sign-on.
func following(ctx context.Context, in *messages.Inbound) {
	msg, err := in.Message()
	if err != nil {
		return
	}
	switch function, _ := msg.GetString(70); function {
	case messages.ISO87.SignOff:
		in.SignedOff()
	case messages.ISO87.SignOn:
		in.SignedOn()
	}
	msg.MTI("0810")
	if msg.Field(39, "00") == nil {
		_ = in.Reply(ctx, msg)
	}
}

// asks sends network management of the host's own.
func asks(t *testing.T, c *linktest.Conn, function string) {
	t.Helper()
	msg, err := messages.ISO87.Builder(signSpec, function, func(m *iso8583.Message) error { return m.Field(11, "000900") })()
	require.NoError(t, err)
	frame, err := msg.Pack()
	require.NoError(t, err)
	require.NoError(t, c.WriteFrame(linktest.Frame{Body: frame}))
}

// TestPeerSignsOff: the link is connected and takes no requests, until the peer or
// the operator signs on again; with a sign-on of the scope, this is for all links.
func TestPeerSignsOff(t *testing.T) {
	for name, links := range map[string]int{"a link": 1, "a scope": 3} {
		t.Run(name, func(t *testing.T) {
			h := &signHost{t: t}
			r := signTogether(t, links, h, func(c *rigConfig) {
				for i := range c.links {
					c.links[i].Handler = following
					if links == 1 {
						c.links[i].Scope, c.links[i].SignOnScope = "", supervisor.PerSession
					}
				}
			})
			r.awaitAll(messages.Up)
			asks(t, connOf(t, r.hosts[0], 1), messages.ISO87.SignOff)
			r.awaitAll(messages.SignedOff)
			_, err := r.manager.Link("a").Exchange(patient(t), newFrame("0200", 1))
			require.ErrorIs(t, err, messages.ErrNotSignedOn)
			asks(t, connOf(t, r.hosts[0], 1), messages.ISO87.SignOn)
			r.awaitAll(messages.Up)

			asks(t, connOf(t, r.hosts[0], 1), messages.ISO87.SignOff)
			r.awaitAll(messages.SignedOff)
			require.NoError(t, r.SignOn(patient(t)), "the operator decides")
			r.awaitAll(messages.Up)

			asks(t, connOf(t, r.hosts[0], 1), messages.ISO87.SignOff)
			r.awaitAll(messages.SignedOff)
			for _, host := range r.hosts {
				require.NoError(t, connOf(t, host, 1).Reset())
				connOf(t, host, 2)
			}
			r.awaitAll(messages.Up)
			assert.Equal(t, []string{"001", "001", "001", "001"}, h.asked.list(), "it is told nothing but that")
		})
	}
}

// TestDrainOrder: who signs off first still answers what the peer has asked.
func TestDrainOrder(t *testing.T) {
	for name, order := range map[string]supervisor.DrainOrder{"DrainFirst": supervisor.DrainFirst, "SignOffFirst": supervisor.SignOffFirst} {
		t.Run(name, func(t *testing.T) {
			h := &signHost{t: t}
			var release, handling chan struct{}
			bubble(t, linktest.PeerConfig{Handle: h.handle}, func(c *supervisor.LinkConfig) {
				release, handling = make(chan struct{}), make(chan struct{}, 1)
				signing(c)
				c.SignOffOnStop, c.DrainOrder = true, order
				c.Handler = func(ctx context.Context, in *messages.Inbound) {
					handling <- struct{}{}
					<-release
					answering(ctx, in)
				}
			}, func(t *testing.T, l *supervisor.Link, host *linktest.Peer) {
				require.NoError(t, l.Await(t.Context(), messages.Up))
				conn := connOf(t, host, 1)
				require.NoError(t, conn.WriteFrame(linktest.Frame{Body: newFrame("0100", 1)}))
				<-handling
				closed := make(chan error, 1)
				go func() { closed <- l.Close(t.Context()) }()
				synctest.Wait()
				assert.Equal(t, messages.Draining, l.Status().State)
				before, want := []string{"001"}, []string{"001", "0110", "002"}
				if order == supervisor.SignOffFirst {
					before, want = []string{"001", "002"}, []string{"001", "002", "0110"}
				}
				assert.Equal(t, before, h.asked.list())
				close(release)
				require.NoError(t, <-closed)
				<-conn.Done()
				assert.Equal(t, want, h.asked.list())
			})
		})
	}
}
