package supervisor_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// expecting is a manager with a link whose peer connects to the acceptor "host",
// which is not started.
func expecting(t *testing.T, change ...func(*supervisor.LinkConfig)) *testLink {
	t.Helper()
	config := supervisor.LinkConfig{Name: "bank", Accept: "host", Spec: spec, Framing: binary2, Handler: answering}
	for _, c := range change {
		c(&config)
	}
	return linkOf(t, startManager(t, supervisor.Config{Links: []supervisor.LinkConfig{config}}), config.Name)
}

// TestExpectedLink: its handle exists before its peer connects; then it is up,
// and what was refused before is answered. It comes back whenever the peer does.
func TestExpectedLink(t *testing.T) {
	var events journal[messages.Event]
	l := expecting(t, func(c *supervisor.LinkConfig) { c.OnEvent = events.add })
	_, err := l.Exchange(patient(t), newFrame("0200", 1))
	require.ErrorIs(t, err, messages.ErrNotSent)
	require.ErrorIs(t, err, messages.ErrLinkDown)
	assert.Equal(t, messages.Waiting, l.Status().State)
	assert.True(t, l.Status().NextAttempt.IsZero())

	a := listen(t, l.manager)
	for session := uint64(1); session <= 3; session++ {
		c := dialRaw(t, a)
		l.awaitSession(session)
		c.works(int(session))
		frame := newFrame("0200", 7)
		sent := l.background(patient(t), frame)
		got := c.read()
		assert.Equal(t, string(frame), string(got))
		c.write(response(frame))
		require.NoError(t, awaitDone(t, "the answer", sent).err)
		assert.Equal(t, c.conn.LocalAddr().String(), l.Status().Peer)
		assert.Empty(t, a.Sessions(), "it is the link's")
		assert.Equal(t, 1, a.Status().Open)
		c.conn.Close()
		l.awaitState(messages.Waiting)
	}
	awaitAcceptor(t, a, "all left", func(s supervisor.AcceptorStatus) bool { return s.Open == 0 })
	assert.EqualValues(t, 3, l.Status().Counters.Requests)
	assert.Zero(t, l.Status().Counters.Attempts, "it never dials")
	assert.Len(t, awaitEvents[*messages.StateChanged](t, &events, 6), 6, "up and down, three times")
}

// TestSecondConnectionReplaces: the peer has connected anew, for instance because
// it lost the first connection without our knowledge. What was in flight is in
// doubt; a response to it that comes by the new connection is a late reply.
func TestSecondConnectionReplaces(t *testing.T) {
	var lates lateLog
	l := expecting(t, lates.over)
	a := listen(t, l.manager)
	first := dialRaw(t, a)
	l.awaitSession(1)
	frame := newFrame("0200", 1)
	sent := l.background(patient(t), frame)
	first.read()
	second := dialRaw(t, a)
	err := awaitDone(t, "the send", sent).err
	require.ErrorIs(t, err, messages.ErrInDoubt)
	require.ErrorIs(t, err, messages.ErrReplaced)
	l.awaitSession(2)
	first.ends()
	require.ErrorIs(t, l.Status().LastError, messages.ErrReplaced)

	second.works(2)
	assert.Equal(t, 1, a.Status().Open)
	assert.Zero(t, a.Status().Refused.Total())
	assert.Empty(t, lates.hook.list())
}

// TestF7LateReplyOfAPeerThatConnects: a response that comes by the peer's next
// connection is delivered with its request, both times and sessions.
func TestF7LateReplyOfAPeerThatConnects(t *testing.T) {
	var lates lateLog
	l := expecting(t, lates.over)
	a := listen(t, l.manager)
	first := dialRaw(t, a)
	l.awaitSession(1)
	frame := newFrame("0200", 1)
	sent := l.background(patient(t), frame)
	first.read()
	second := dialRaw(t, a)
	require.ErrorIs(t, awaitDone(t, "the send", sent).err, messages.ErrInDoubt)
	second.write(response(frame))
	late := lates.hook.awaitSome(t, 1, "the late reply")[0]
	assert.Equal(t, string(frame), string(late.Request))
	assert.Equal(t, string(response(frame)), string(late.Response))
	assert.EqualValues(t, 1, late.SentSession)
	assert.EqualValues(t, 2, late.ReceivedSession)
	assert.True(t, late.SentAt.Before(late.SettledAt) && late.SettledAt.Before(late.ReceivedAt))
}

// TestSecondConnectionRefused: with Refuse, the first connection keeps the link.
func TestSecondConnectionRefused(t *testing.T) {
	l := expecting(t, func(c *supervisor.LinkConfig) { c.OnSecond = supervisor.Refuse })
	a := listen(t, l.manager)
	first := dialRaw(t, a)
	l.awaitSession(1)
	for range 3 {
		refuses(t, a, "127.0.0.1")
	}
	first.works(1)
	assert.EqualValues(t, 1, l.Status().Session)
	s := awaitAcceptor(t, a, "refusals", func(s supervisor.AcceptorStatus) bool { return s.Refused.LinkTaken == 3 && s.Open == 1 })
	assert.EqualValues(t, 4, s.Accepted)
	first.conn.Close()
	l.awaitState(messages.Waiting)
	dialRaw(t, a).works(2)
}

// TestExpectedLinkControl: a paused or closed link takes no connection; restarting
// waits for the peer again.
func TestExpectedLinkControl(t *testing.T) {
	l := expecting(t)
	a := listen(t, l.manager)
	c := dialRaw(t, a)
	l.awaitSession(1)
	require.NoError(t, l.Restart(patient(t)))
	c.ends()
	c = dialRaw(t, a)
	l.awaitSession(2)
	require.NoError(t, l.Pause(patient(t)))
	c.ends()
	refuses(t, a, "127.0.0.1")
	require.NoError(t, l.Resume())
	l.awaitState(messages.Waiting)
	c = dialRaw(t, a)
	l.awaitSession(3)
	require.NoError(t, l.Close(patient(t)))
	c.ends()
	refuses(t, a, "127.0.0.1")
	s := awaitAcceptor(t, a, "refusals", func(s supervisor.AcceptorStatus) bool { return s.Open == 0 })
	assert.EqualValues(t, 2, s.Refused.LinkTaken)
}

// TestExpectedByName: many links of one acceptor, each with its own peer; others
// are sessions, or refused.
func TestExpectedByName(t *testing.T) {
	const links = 20
	var config supervisor.Config
	names := make([]string, links)
	for i := range names {
		names[i] = "bank-" + stanText(i)
		config.Links = append(config.Links, supervisor.LinkConfig{
			Name: names[i], Accept: "host", Spec: spec, Framing: binary2, Handler: answering,
		})
	}
	m := startManager(t, config)
	byFirst := func(c *supervisor.AcceptorConfig) {
		c.ReadFirst = true
		c.PeerName = func(p *supervisor.Peer) (string, error) { return "bank-" + stanText(stanOf(p.First)), nil }
	}
	a := listen(t, m, byFirst)
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			for round := range 3 { // each time the peer replaces its connection
				c := dialRaw(t, a)
				frame := newFrame("0200", i)
				c.write(frame)
				got := c.read()
				assert.Equal(t, string(response(frame)), string(got))
				s := m.Link(name).Status()
				assert.Equal(t, messages.Up, s.State)
				assert.EqualValues(t, round+1, s.Session)
				assert.EqualValues(t, round+1, s.Counters.Requests)
			}
		})
	}
	wg.Wait()
	other := dialRaw(t, a)
	other.write(newFrame("0200", links))
	other.read()
	require.NoError(t, a.Session("bank-"+stanText(links)).Await(patient(t), messages.Up))
	require.NoError(t, a.Close(patient(t)))
	other.ends()
	assert.Equal(t, messages.Up, m.Link(names[0]).Status().State, "links keep their sessions")

	a = listen(t, m, byFirst, func(c *supervisor.AcceptorConfig) { c.OnlyLinks = true })
	stranger := dialRaw(t, a)
	stranger.write(newFrame("0200", links))
	stranger.isRefused()
	awaitAcceptor(t, a, "the refusal", func(s supervisor.AcceptorStatus) bool { return s.Refused.UnknownPeer == 1 })
	again := dialRaw(t, a)
	again.write(newFrame("0200", 0))
	again.read()
	assert.EqualValues(t, 4, m.Link(names[0]).Status().Session)
}

// TestReplacingStorm: connections of one peer that come faster than sessions
// begin: one of them stays, all others are closed, and nothing hangs.
func TestReplacingStorm(t *testing.T) {
	const connections = 200
	l := expecting(t)
	a := listen(t, l.manager)
	var wg sync.WaitGroup
	clients := make([]*rawClient, connections)
	for i := range clients {
		wg.Go(func() {
			conn, err := new(net.Dialer).DialContext(patient(t), "tcp", a.Addr().String())
			if err == nil { // it may be reset while it connects: another has come
				t.Cleanup(func() { conn.Close() })
				clients[i] = rawOn(t, conn)
			}
		})
	}
	wg.Wait()
	awaitAcceptor(t, a, "one left", func(s supervisor.AcceptorStatus) bool {
		return s.Accepted == connections && s.Open == 1 && s.Handshakes == 0
	})
	l.awaitState(messages.Up)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	frame := newFrame("0200", 1)
	require.NoError(t, l.PostFrame(ctx, frame))
	alive := 0
	for _, c := range clients {
		if c == nil {
			continue
		}
		if _, got, err := binary2.Read(c.in, 65_535); err == nil {
			assert.Equal(t, string(frame), string(got))
			alive++
		}
	}
	assert.Equal(t, 1, alive)
	assert.LessOrEqual(t, l.Status().Session, uint64(connections))
}

// TestEchoesOfAnExpectedLink: a peer that went away without a word is noticed,
// though it is the one that connects.
func TestEchoesOfAnExpectedLink(t *testing.T) {
	l := expecting(t, echoing(echoIdle, echoTimeout))
	a := listen(t, l.manager)
	c := dialRaw(t, a)
	l.awaitSession(1)
	begin := time.Now()
	l.awaitState(messages.Waiting)
	require.ErrorIs(t, l.Status().LastError, messages.ErrNoEcho)
	assert.GreaterOrEqual(t, time.Since(begin), echoIdle)
	c.conn.Close()
}
