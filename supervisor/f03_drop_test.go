package supervisor_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// dropPlan is where each connection of a host ends, by its number from 1; those
// behind the plan are served.
type dropPlan []func(*linktest.Conn)

func (p dropPlan) accept(c *linktest.Conn) {
	if c.Number() <= len(p) {
		p[c.Number()-1](c)
	}
}

// everyByte ends connections after 0, 1, … most bytes, read or written, by a
// close and a reset in turn.
func everyByte(most int64, reading, even bool) dropPlan {
	var plan dropPlan
	for n := range most + 1 {
		reset := (n%2 == 0) == even
		plan = append(plan, func(c *linktest.Conn) {
			switch {
			case reading && reset:
				c.ResetAfterRead(n)
			case reading:
				c.CloseAfterRead(n)
			case reset:
				c.ResetAfterWrite(n)
			default:
				c.CloseAfterWrite(n)
			}
		})
	}
	return plan
}

// TestF3DropInTheHandshake: wherever in its TLS handshake a connection drops,
// after each byte in either direction, the link tries again within its backoff,
// and comes up. Four links share the places.
func TestF3DropInTheHandshake(t *testing.T) {
	toHost, toLink := handshakeSize(t)
	var plan dropPlan
	plan = append(plan, everyByte(toHost, true, true)...)
	plan = append(plan, everyByte(toLink, false, false)...)
	host := startHost(t, linktest.PeerConfig{TLS: serverTLS(t), OnAccept: plan.accept, Script: func(c *linktest.Conn) {
		// A signature may be a byte or two shorter than the one measured.
		if c.Number() > len(plan) {
			_ = c.Serve(nil)
		}
	}})
	var config supervisor.Config
	var watches [4]backoffWatch
	for i := range watches {
		c := linkTo(fmt.Sprintf("host-%d", i), host)
		for _, change := range []func(*supervisor.LinkConfig){overTLS, shortHello, hasty, watches[i].over} {
			change(&c)
		}
		config.Links = append(config.Links, c)
	}
	m := startManager(t, config)
	_, err := host.WaitConn(within(t, 3*patience), len(plan)+1)
	require.NoError(t, err)
	waits := 0
	for _, c := range config.Links {
		linkOf(t, m, c.Name).awaitWorking()
	}
	for i := range watches {
		waits += watches[i].judge(t, m)
	}
	assert.GreaterOrEqual(t, waits, len(plan)-len(watches))
	t.Logf("dropped at %d places", len(plan))
}

// handshakeSize is how many bytes a host reads and writes in a handshake.
func handshakeSize(t *testing.T) (read, written int64) {
	t.Helper()
	sizes := make(chan [2]int64, 1)
	host := startHost(t, linktest.PeerConfig{TLS: serverTLS(t), Script: func(c *linktest.Conn) {
		sizes <- [2]int64{c.BytesRead(), c.BytesWritten()}
		_ = c.Serve(nil)
	}})
	l := startUp(t, host, overTLS, shortHello)
	l.works(1)
	size := awaitDone(t, "a handshake", sizes)
	assert.Greater(t, size[0], int64(200))
	assert.Greater(t, size[1], int64(500))
	return size[0], size[1]
}

// TestF3DropInTheFirstExchange: wherever in its first exchange a connection
// drops, the send settles as what the host saw says, and the link comes up
// again within its backoff.
func TestF3DropInTheFirstExchange(t *testing.T) {
	for name, even := range map[string]bool{"even": true, "odd": false} {
		t.Run(name, func(t *testing.T) {
			rec := newRecorder()
			var plan dropPlan
			plan = append(plan, everyByte(wireSize, true, even)...)
			plan = append(plan, everyByte(wireSize, false, even)...)
			plan = append(plan, func(c *linktest.Conn) { c.CloseAfterWrite(wireSize) })
			var watch backoffWatch
			host := startHost(t, linktest.PeerConfig{Recorder: rec, OnAccept: plan.accept})
			l := startLink(t, host, hasty, watch.over)
			answered, inDoubt := exchangeThrough(t, l, host, rec, len(plan))
			assert.GreaterOrEqual(t, answered, 1, "a response that came whole")
			assert.GreaterOrEqual(t, inDoubt, len(plan)/2)
			l.works(999_999)
			assert.GreaterOrEqual(t, watch.judge(t, l.manager), len(plan)-1)
			t.Logf("answered %d, in doubt %d of %d", answered, inDoubt, len(plan))
		})
	}
}

// exchangeThrough sends in one session after the other until the host drops no
// more.
func exchangeThrough(t *testing.T, l *testLink, host *linktest.Peer, rec *linktest.Recorder, drops int) (answered, inDoubt int) {
	t.Helper()
	for stan := 1; host.Accepted() <= drops; stan++ {
		l.awaitState(messages.Up)
		frame := newFrame("0200", stan)
		reply, err := l.Exchange(patient(t), frame)
		switch {
		case err == nil:
			answered++
			assert.Equal(t, string(response(frame)), string(reply))
			assert.Equal(t, 1, rec.Replied(idOf(frame)))
		case isNotSent(err):
			assert.Zero(t, rec.Received(idOf(frame)))
		default:
			inDoubt++
			assert.ErrorIs(t, err, messages.ErrLinkDown)
		}
		require.Less(t, stan, 1000*drops, "sessions do not change")
	}
	l.awaitState(messages.Up)
	return answered, inDoubt
}

// TestF3DropWhileConnecting: a host that refuses, or closes or resets what it
// accepted, gets no more attempts than the backoff allows; when it admits, the
// link comes up.
func TestF3DropWhileConnecting(t *testing.T) {
	for _, how := range []linktest.Admission{linktest.Refuse, linktest.CloseOnAccept, linktest.ResetOnAccept} {
		t.Run(how.String(), func(t *testing.T) {
			host := startHost(t, linktest.PeerConfig{Admission: how})
			var watch backoffWatch
			l := startLink(t, host, hasty, watch.over)
			l.awaitStatus("ten attempts", func(s supervisor.Status) bool { return s.Counters.Attempts >= 10 })
			assert.Error(t, l.Status().LastError)
			require.NoError(t, host.SetAdmission(linktest.Admit))
			l.awaitWorking() // what was accepted before may still end under it
			assert.GreaterOrEqual(t, watch.judge(t, l.manager), 9)
		})
	}
}
