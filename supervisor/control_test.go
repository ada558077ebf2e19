package supervisor_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// never is a delay that no test waits for.
const never = time.Hour

// inState starts a link to a host and brings it into a state in which it stays.
func inState(t *testing.T, state messages.State) (*linktest.Peer, *testLink) {
	t.Helper()
	var change []func(*supervisor.LinkConfig)
	var config linktest.PeerConfig
	if state == messages.SigningOn {
		config.Handle = linktest.Drop()
	}
	host := startHost(t, config)
	switch state {
	case messages.Waiting:
		require.NoError(t, host.SetAdmission(linktest.Refuse))
		change = append(change, func(c *supervisor.LinkConfig) { c.Backoff.MinDelay = never })
	case messages.Connecting:
		change = append(change, func(c *supervisor.LinkConfig) { c.ConnectTimeout, c.Dial = never, dialNobody })
	case messages.SigningOn:
		change = append(change, signing)
	case messages.Up, messages.SignedOff, messages.Paused, messages.Closed, messages.Draining:
	}
	l := startLink(t, host, change...)
	switch state {
	case messages.Paused:
		require.NoError(t, l.Pause(patient(t)))
	case messages.Closed:
		require.NoError(t, l.Close(patient(t)))
	case messages.Waiting:
		l.awaitStatus("a failed attempt", func(s supervisor.Status) bool { return s.LastError != nil })
	case messages.SignedOff:
		l.awaitState(messages.Up)
		require.NoError(t, l.SignOff(patient(t)))
	case messages.Up, messages.SigningOn, messages.Connecting, messages.Draining:
	}
	l.awaitState(state)
	require.NoError(t, host.SetAdmission(linktest.Admit))
	return host, l
}

func dialNobody(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

var settledStates = []messages.State{
	messages.Waiting, messages.Connecting, messages.SigningOn, messages.Up, messages.SignedOff, messages.Paused,
}

// TestPauseInEveryState: a paused link has no socket and tries none; sends are
// refused. Resumed, it connects at once.
func TestPauseInEveryState(t *testing.T) {
	for _, state := range settledStates {
		t.Run(state.String(), func(t *testing.T) {
			host, l := inState(t, state)
			require.NoError(t, l.Pause(patient(t)))
			assert.Equal(t, messages.Paused, l.Status().State)
			require.Eventually(t, func() bool { return len(host.Conns()) == 0 }, patience, time.Millisecond)
			_, err := l.Exchange(context.Background(), newFrame("0200", 1))
			assert.ErrorIs(t, err, messages.ErrNotSent)
			assert.ErrorIs(t, err, messages.ErrLinkDown)
			require.NoError(t, l.Pause(patient(t)), "it is paused already")
			require.NoError(t, l.Restart(patient(t)), "nothing to restart")
			assert.Equal(t, messages.Paused, l.Status().State)
			attempts := l.Status().Counters.Attempts
			require.NoError(t, l.Resume())
			switch state {
			case messages.Connecting, messages.SigningOn, messages.SignedOff: // to nobody; no answer; not wanted
				l.awaitState(state)
			default:
				l.awaitState(messages.Up)
				l.works(2)
				assert.Equal(t, attempts+1, l.Status().Counters.Attempts)
			}
			require.NoError(t, l.Resume(), "it runs already")
		})
	}
}

// TestRestartInEveryState: a restarted link has a new session; one that waits
// connects at once.
func TestRestartInEveryState(t *testing.T) {
	for _, state := range settledStates {
		t.Run(state.String(), func(t *testing.T) {
			_, l := inState(t, state)
			before := l.Status().Session
			require.NoError(t, l.Restart(patient(t)))
			switch state {
			case messages.Up, messages.Waiting:
				l.awaitSession(before + 1)
				l.works(1)
			case messages.SigningOn, messages.SignedOff:
				l.awaitStatus("a new session", func(s supervisor.Status) bool { return s.Session == before+1 && s.State == state })
			case messages.Connecting, messages.Paused:
				assert.Equal(t, state, l.Status().State)
			case messages.Closed, messages.Draining:
			}
		})
	}
}

// TestCloseInEveryState: a link closes wherever it stands, and stays closed.
func TestCloseInEveryState(t *testing.T) {
	for _, state := range append([]messages.State{messages.Closed}, settledStates...) {
		t.Run(state.String(), func(t *testing.T) {
			host, l := inState(t, state)
			require.NoError(t, l.Close(patient(t)))
			assert.Equal(t, messages.Closed, l.Status().State)
			require.Eventually(t, func() bool { return len(host.Conns()) == 0 }, patience, time.Millisecond)
			ctx := context.Background()
			_, err := l.Exchange(ctx, newFrame("0200", 1))
			assert.ErrorIs(t, err, messages.ErrNotSent)
			assert.ErrorIs(t, err, messages.ErrClosed)
			assert.NoError(t, l.Close(ctx))
			assert.ErrorIs(t, l.Pause(ctx), messages.ErrClosed)
			assert.ErrorIs(t, l.Resume(), messages.ErrClosed)
			assert.ErrorIs(t, l.Restart(ctx), messages.ErrClosed)
			assert.ErrorIs(t, l.Await(ctx, messages.Up), messages.ErrClosed)
			assert.NoError(t, l.Await(ctx, messages.Closed))
			assert.Equal(t, messages.Closed, l.Status().State)
			assert.NoError(t, l.manager.Close(patient(t)))
			assert.NoError(t, l.manager.Close(patient(t)))
		})
	}
}

// TestResumeDoesNotHurry: only a paused link is resumed; one that waits goes on
// waiting.
func TestResumeDoesNotHurry(t *testing.T) {
	_, l := inState(t, messages.Waiting)
	before := l.Status()
	for range 10 {
		require.NoError(t, l.Resume())
	}
	closeManager(t, l.manager) // behind the orders
	assert.Equal(t, before.Counters.Attempts, l.Status().Counters.Attempts)
	assert.WithinRange(t, before.NextAttempt, time.Now().Add(never-busy), time.Now().Add(never+busy))
}

// orders are the ways to end a session in order.
var orders = map[string]func(*testLink, context.Context) error{
	"pause":   func(l *testLink, ctx context.Context) error { return l.Pause(ctx) },
	"restart": func(l *testLink, ctx context.Context) error { return l.Restart(ctx) },
	"close":   func(l *testLink, ctx context.Context) error { return l.Close(ctx) },
	"manager": func(l *testLink, ctx context.Context) error { return l.manager.Close(ctx) },
}

// TestDrain: a session that ends in order takes nothing new, and lets what is
// in flight be answered.
func TestDrain(t *testing.T) {
	for name, order := range orders {
		t.Run(name, func(t *testing.T) {
			rec, release := newRecorder(), make(chan struct{})
			hold := linktest.Async(linktest.Hold(release, linktest.Reply()))
			host := startHost(t, linktest.PeerConfig{Recorder: rec, Handle: hold})
			l := startUp(t, host)
			c := newClient(t, l)
			sent := fill(t, l, rec, 5, bodySize)
			ordered := make(chan error, 1)
			go func() { ordered <- order(l, context.Background()) }()
			l.awaitState(messages.Draining)
			assertRefused(t, l, c, func() []byte { return newFrame("0200", 100) }, messages.ErrDraining)
			assert.Empty(t, ordered)
			close(release)
			for _, s := range sent {
				assert.NoError(t, awaitDone(t, "a send", s).err)
			}
			assert.NoError(t, awaitDone(t, "the order", ordered))
			assert.Equal(t, 5, rec.Total())
			if name == "restart" {
				l.awaitSession(2)
			}
		})
	}
}

// TestDrainError: what has not settled when the context ends is cut short, and
// counted: what was on its way, and what still waited to be written.
func TestDrainError(t *testing.T) {
	const wait = 100 * time.Millisecond
	for name, order := range orders {
		t.Run(name, func(t *testing.T) {
			rec := newRecorder()
			oracle := linktest.NewOracle(nil)
			host := startHost(t, linktest.PeerConfig{Recorder: rec, Handle: linktest.ByConn(linktest.Drop(), linktest.Reply())})
			l := startUp(t, host, over(oracle), func(c *supervisor.LinkConfig) { c.WriteTimeout = 2 * patience })
			sent := fill(t, l, rec, 3, bodySize)
			block := oracle.BlockAt(1, 3*wireSize+10)
			sent = append(sent, l.background(patient(t), newFrame("0200", 3)))
			awaitDone(t, "a blocked write", block.Reached())
			for i := range 2 {
				sent = append(sent, l.background(patient(t), newFrame("0200", 4+i)))
			}
			l.awaitStatus("all in flight", func(s supervisor.Status) bool { return s.InFlight == 6 })

			start := time.Now()
			err := order(l, within(t, wait))
			assert.GreaterOrEqual(t, time.Since(start), wait)
			assert.Less(t, time.Since(start), wait+busy)
			var drain *messages.DrainError
			require.ErrorAs(t, err, &drain)
			assert.Equal(t, messages.DrainError{
				Link: "host", InDoubt: 4, NotSent: 2, Cause: context.DeadlineExceeded,
			}, *drain)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			for i, s := range sent {
				err := awaitDone(t, "a send", s).err
				assert.ErrorIs(t, err, messages.ErrLinkDown)
				assert.Equal(t, i >= 4, isNotSent(err), "send %d: %v", i, err)
			}
			switch name {
			case "pause":
				assert.Equal(t, messages.Paused, l.Status().State)
			case "restart":
				l.awaitSession(2)
				l.works(100)
			default:
				assert.Equal(t, messages.Closed, l.Status().State)
			}
		})
	}
}
