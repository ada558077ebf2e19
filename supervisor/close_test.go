package supervisor_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// closes are the ways to end a link for good.
var closes = map[string]func(*testLink, context.Context) error{
	"link":    func(l *testLink, ctx context.Context) error { return l.Close(ctx) },
	"manager": func(l *testLink, ctx context.Context) error { return l.manager.Close(ctx) },
	"remove":  func(l *testLink, ctx context.Context) error { return l.manager.RemoveLink(ctx, l.Name()) },
}

// TestCloseWhileDraining: a session that drains, for a pause or a restart, goes on
// draining when its link is closed: what is in flight is answered, or cut short and
// reported when the context of the close ends. Both orders return, and there is no other
// session.
func TestCloseWhileDraining(t *testing.T) {
	for _, order := range []string{"pause", "restart"} {
		for way, closing := range closes {
			for _, cutShort := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/%v", order, way, cutShort), func(t *testing.T) {
					rec, release := newRecorder(), make(chan struct{})
					host := startHost(t, linktest.PeerConfig{Recorder: rec, Handle: linktest.Hold(release, linktest.Reply())})
					l := startUp(t, host)
					sent := l.background(patient(t), newFrame("0200", 1))
					require.NoError(t, rec.WaitTotal(patient(t), 1))
					ordered, closed := make(chan error, 1), make(chan error, 1)
					go func() { ordered <- orders[order](l, patient(t)) }()
					l.awaitState(messages.Draining)
					if cutShort {
						var drain *messages.DrainError
						require.ErrorAs(t, closing(l, within(t, short)), &drain)
						assert.Equal(t, messages.DrainError{Link: "host", InDoubt: 1, Cause: context.DeadlineExceeded}, *drain)
						require.ErrorIs(t, awaitDone(t, "the send", sent).err, messages.ErrInDoubt)
						close(release) // the host looks at its connection again
					} else {
						go func() { closed <- closing(l, patient(t)) }()
						_, err := l.Exchange(patient(t), newFrame("0200", 2))
						require.ErrorIs(t, err, messages.ErrNotSent)
						assert.Empty(t, closed, "it drains")
						close(release)
						require.NoError(t, awaitDone(t, "the send", sent).err)
						require.NoError(t, awaitDone(t, "the close", closed))
					}
					_ = awaitDone(t, "the order", ordered) // that it was overtaken may be told, or not
					assert.Equal(t, messages.Closed, l.Status().State)
					require.Eventually(t, func() bool { return len(host.Conns()) == 0 }, patience, time.Millisecond)
					assert.Equal(t, 1, host.Accepted())
				})
			}
		}
	}
}

// TestManagerCloseUnderLoad: a manager of links to good and bad hosts, and of an acceptor
// with clients, is closed while all are used as fast as they can be. Every send has its
// outcome, those that are answered all the time until then lose nothing, and nothing is
// left.
func TestManagerCloseUnderLoad(t *testing.T) {
	for range 5 {
		good, bad := startHost(t, linktest.PeerConfig{}), startHost(t, linktest.PeerConfig{OnAccept: resetSoon})
		before := descriptors(t)
		m := startManager(t, supervisor.Config{Links: []supervisor.LinkConfig{linkTo("good", good), linkTo("bad", bad)}})
		a := listen(t, m)
		clients := startManager(t, supervisor.Config{Links: []supervisor.LinkConfig{
			{Name: "client", Addrs: []string{a.Addr().String()}, Spec: spec, Framing: binary2, Backoff: quick},
		}})
		fine, rough, client := linkOf(t, m, "good"), linkOf(t, m, "bad"), linkOf(t, clients, "client")
		fine.awaitState(messages.Up)
		client.awaitState(messages.Up)
		over := make(chan struct{})
		var senders sync.WaitGroup
		for i := range 6 {
			senders.Go(func() { sendUntil([]*testLink{fine, rough, client}[i%3], over, i) })
		}
		require.Eventually(t, func() bool {
			return fine.tally.answered.Load() > 100 && client.tally.answered.Load() > 100 && rough.tally.sends.Load() > 20
		}, patience, time.Millisecond)
		require.NoError(t, m.Close(patient(t)))
		_, err := fine.Exchange(patient(t), newFrame("0200", 1))
		require.ErrorIs(t, err, messages.ErrClosed)
		close(over)
		senders.Wait()
		assert.Zero(t, fine.tally.inDoubt.Load(), "it drains")
		assert.Equal(t, messages.Closed, rough.Status().State)
		assert.Empty(t, a.Sessions())
		require.NoError(t, clients.Close(patient(t)))
		require.Eventually(t, func() bool {
			return len(good.Conns())+len(bad.Conns()) == 0 && descriptors(t) <= before
		}, patience, time.Millisecond)
	}
}

// TestManagerCloseWhileAnAcceptorCloses: it ends by its own context, however long the
// other has.
func TestManagerCloseWhileAnAcceptorCloses(t *testing.T) {
	handling := make(chan struct{})
	m := startManager(t, supervisor.Config{})
	a := listen(t, m, func(c *supervisor.AcceptorConfig) {
		c.Session.HandleTimeout = time.Hour
		c.Session.Handler = func(ctx context.Context, _ *messages.Inbound) {
			close(handling)
			<-ctx.Done()
		}
	})
	dialRaw(t, a).write(newFrame("0200", 1))
	awaitDone(t, "the request", handling)
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- a.Close(context.Background()) }()
	require.Eventually(t, func() bool { return !a.Status().Listening }, patience, time.Millisecond)
	go func() { second <- m.Close(within(t, short)) }()
	var drain *messages.DrainError
	require.ErrorAs(t, awaitDone(t, "the manager's end", second), &drain)
	assert.EqualValues(t, 1, drain.Unhandled)
	require.NoError(t, awaitDone(t, "the acceptor's end", first), "it was cut short by somebody else, who knows")
	require.NoError(t, a.Close(context.Background()))
}
