package supervisor_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestCommands: an actor sends requests and posts to the link's PID, and gets
// one result for each, with its tag, singly or in batches.
func TestCommands(t *testing.T) {
	const sends = 300
	host := startHost(t, linktest.PeerConfig{Coalesce: true})
	l := startUp(t, host)
	c := newClient(t, l)
	type tag struct{ n int }
	frames := make(map[int][]byte)
	for i := range sends {
		switch i % 10 {
		case 0:
			c.send(&messages.Post{Frame: newFrame("0220", i), Tag: tag{i}, Batch: i%4 == 0})
		case 1:
			c.send(&messages.Send{Message: newMessage(t, "0200", i), Tag: tag{i}})
		default:
			frames[i] = newFrame("0200", i)
			c.send(&messages.Send{Frame: frames[i], Tag: tag{i}, Batch: i%2 == 0})
		}
	}
	seen := make(map[int]bool)
	for _, r := range c.results.awaitSome(t, sends, "results") {
		n := r.result.Tag.(tag).n
		assert.False(t, seen[n], "a second result")
		seen[n] = true
		require.NoError(t, r.result.Err)
		msg, err := r.result.Message()
		require.NoError(t, err)
		switch n % 10 {
		case 0:
			assert.Nil(t, r.result.Frame)
			assert.Nil(t, msg)
		case 1:
			stan, err := msg.GetString(11)
			require.NoError(t, err)
			assert.Equal(t, stanText(n), stan)
		default:
			assert.Equal(t, string(response(frames[n])), string(r.result.Frame))
		}
	}
	assert.Len(t, seen, sends)
}

// TestCommandsInEveryState: whatever the link's state, a command gets its
// result: at once where nothing can come of it, by its deadline otherwise.
func TestCommandsInEveryState(t *testing.T) {
	for state, cause := range map[messages.State]error{
		messages.Waiting: messages.ErrLinkDown, messages.Connecting: messages.ErrLinkDown,
		messages.Paused: messages.ErrLinkDown, messages.Closed: messages.ErrClosed,
	} {
		t.Run(state.String(), func(t *testing.T) {
			_, l := inState(t, state)
			c := newClient(t, l)
			assertRefused(t, l, c, func() []byte { return newFrame("0200", 1) }, cause)
		})
	}
	t.Run("up", func(t *testing.T) {
		l := startUp(t, startHost(t, linktest.PeerConfig{Handle: linktest.Drop()}), func(c *supervisor.LinkConfig) {
			c.SendTimeout = 4 * short
		})
		c := newClient(t, l)
		start := time.Now()
		c.send(&messages.Send{Frame: newFrame("0200", 1), Timeout: short, Tag: short})
		c.send(&messages.Send{Frame: newFrame("0200", 2), Tag: 4 * short})
		c.send(&messages.Send{Frame: newFrame("0200", 3), Timeout: 8 * short, Tag: 8 * short})
		for _, r := range c.results.awaitSome(t, 3, "results") {
			assert.ErrorIs(t, r.result.Err, messages.ErrTimeout)
			wait := r.result.Tag.(time.Duration)
			assert.GreaterOrEqual(t, r.at.Sub(start), wait)
			assert.Less(t, r.at.Sub(start), wait+busy)
		}
	})
}

// TestCommandsAcrossSessions: commands that are sent while sessions end and
// begin get one result each. (newClient counts.)
func TestCommandsAcrossSessions(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{OnAccept: resetSoon})
	l := startLink(t, host, hasty)
	c := newClient(t, l)
	ctx := patient(t)
	sent := 0
	for host.Accepted() < 40 || l.tally.answered.Load() == 0 || l.tally.inDoubt.Load() == 0 {
		require.NoError(t, ctx.Err(), "too little happens")
		for range 20 {
			c.send(&messages.Send{Frame: newFrame("0200", sent), Timeout: patience, Batch: sent%2 == 0})
			sent++
		}
		c.results.awaitSome(t, sent, "results")
		require.NoError(t, l.Await(patient(t), messages.Up))
	}
}

// TestCommandFromWithinAnActor: an actor of the embedding program that sends
// with Request gets its result in its mailbox.
func TestCommandFromWithinAnActor(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	l := startUp(t, host)
	frame := newFrame("0200", 1)
	var got journal[*messages.Result]
	root := l.manager.System().Root
	pid := root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		switch msg := ctx.Message().(type) {
		case *actor.Started:
			ctx.Request(l.PID(), &messages.Send{Frame: frame, Tag: "mine"})
		case *messages.Result:
			l.tally.note(t, "host", false, msg.Err)
			got.add(msg)
		}
	}))
	result := got.awaitSome(t, 1, "a result")[0]
	require.NoError(t, result.Err)
	assert.Equal(t, "mine", result.Tag)
	assert.Equal(t, string(response(frame)), string(result.Frame))
	require.NoError(t, root.StopFuture(pid).Wait())
}

// TestCommandWithoutSender: a command that nobody wants the result of is
// carried out all the same, and gives its slot back.
func TestCommandWithoutSender(t *testing.T) {
	rec := newRecorder()
	host := startHost(t, linktest.PeerConfig{Recorder: rec})
	l := startUp(t, host)
	l.manager.System().Root.Send(l.PID(), &messages.Send{Frame: newFrame("0200", 1)})
	l.tally.note(t, "host", false, nil)
	l.awaitStatus("an answer", func(s supervisor.Status) bool { return s.Counters.Answered == 1 && s.InFlight == 0 })
	assert.Equal(t, 1, rec.Total())
}

// TestWatch: who watches the link's PID is told when its manager has closed it,
// also one who comes too late, and not one who has thought better of it.
func TestWatch(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	l := startUp(t, host)
	root := l.manager.System().Root
	var told journal[string]
	pid := l.PID()
	watcher := func(name string, then func(actor.Context)) *actor.PID {
		return root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			switch msg := ctx.Message().(type) {
			case *actor.Started:
				ctx.Watch(pid)
				then(ctx)
			case *actor.Terminated:
				if assert.Equal(t, pid.Id, msg.Who.Id) {
					told.add(name)
				}
			}
		}))
	}
	started := make(chan struct{}, 2)
	early := watcher("early", func(actor.Context) { started <- struct{}{} })
	fickle := watcher("fickle", func(ctx actor.Context) {
		ctx.Unwatch(pid)
		started <- struct{}{}
	})
	awaitDone(t, "a watcher", started)
	awaitDone(t, "a watcher", started)
	require.NoError(t, connOf(t, host, 1).Reset())
	l.awaitSession(2)
	assert.Empty(t, told.list(), "a session is not the link")
	require.NoError(t, l.manager.Close(patient(t)))
	assert.Equal(t, []string{"early"}, told.awaitSome(t, 1, "Terminated"))
	late := watcher("late", func(actor.Context) {})
	assert.Equal(t, []string{"early", "late"}, told.awaitSome(t, 2, "Terminated"))
	for _, w := range []*actor.PID{early, fickle, late} {
		require.NoError(t, root.StopFuture(w).Wait())
	}
	assert.Len(t, told.list(), 2)
}

// TestUnknownMessage: what is no command becomes a dead letter, and harms
// nothing.
func TestUnknownMessage(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	l := startUp(t, host)
	system := l.manager.System()
	var dead atomic.Int64
	subscription := system.EventStream.Subscribe(func(event any) {
		if e, ok := event.(*actor.DeadLetterEvent); ok && e.PID.Id == l.PID().Id && e.Message == "hello" {
			dead.Add(1)
		}
	})
	defer system.EventStream.Unsubscribe(subscription)
	system.Root.Send(l.PID(), "hello")
	assert.EqualValues(t, 1, dead.Load())
	system.Root.Stop(l.PID())
	system.Root.Poison(l.PID())
	l.works(1)
}

// TestHandles: a manager's handles are of its links, in their order.
func TestHandles(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	names := []string{"c", "a", "b"}
	var config supervisor.Config
	for _, name := range names {
		config.Links = append(config.Links, linkTo(name, host))
	}
	m := startManager(t, config)
	var got []string
	for _, l := range m.Links() {
		got = append(got, l.Name())
		assert.NoError(t, l.Await(patient(t), messages.Up))
		_, err := m.Link(l.Name()).Exchange(context.Background(), newFrame("0800", 1))
		assert.NoError(t, err)
	}
	assert.Equal(t, names, got)
}
