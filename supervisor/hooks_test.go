package supervisor_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// lateHost answers the first frame of each connection behind the second: its
// sender has given up by then, and has it told as late.
func lateHost() linktest.PeerConfig {
	var first sync.Map // by connection
	return linktest.PeerConfig{Recorder: newRecorder(), Handle: func(c *linktest.Conn, f linktest.Frame) error {
		if f.Seq == 1 {
			first.Store(c, f)
			return nil
		}
		if err := linktest.Reply()(c, f); err != nil || f.Seq > 2 {
			return err
		}
		late, _ := first.Load(c)
		return linktest.Reply()(c, late.(linktest.Frame))
	}}
}

// eventful makes a link to a lateHost go through sessions, late replies and
// unmatched frames.
func eventful(t *testing.T, l *testLink, host *linktest.Peer, rec *linktest.Recorder, sessions int) {
	t.Helper()
	for session := 1; session <= sessions; session++ {
		l.awaitSession(uint64(session))
		l.doubt(rec, newFrame("0200", session))
		for i := range 20 {
			l.works(1_000*session + i)
		}
		before := l.Status().Counters
		require.NoError(t, connOf(t, host, session).WriteRaw(stream(newFrame("0200", 1), response(newFrame("0200", 999)))))
		l.awaitStatus("late and unmatched frames", func(s supervisor.Status) bool {
			return s.Counters.Late == uint64(session) && s.Counters.Unmatched >= before.Unmatched+2
		})
		require.NoError(t, connOf(t, host, session).Reset())
	}
	l.awaitSession(uint64(sessions) + 1)
}

// TestHooksThatPanic: hooks, loggers and subscribers that panic at every call
// cost nothing but a count; each keeps no other from its call.
func TestHooksThatPanic(t *testing.T) {
	const sessions = 3
	config := lateHost()
	host := startHost(t, config)
	var calls [4]atomic.Int64
	l := startUp(t, host, func(c *supervisor.LinkConfig) {
		c.OnEvent = func(messages.Event) { calls[0].Add(1); panic(errReset) }
		c.OnLate = func(*messages.LateReply) { calls[1].Add(1); panic("late") }
		c.Logger = slog.New(panicHandler{&calls[2]})
	})
	subscription := l.manager.System().EventStream.Subscribe(func(event any) {
		if _, ok := event.(messages.Event); ok {
			calls[3].Add(1)
			panic(event)
		}
	})
	defer l.manager.System().EventStream.Unsubscribe(subscription)
	eventful(t, l, host, config.Recorder, sessions)
	require.NoError(t, l.manager.Close(patient(t)))
	assert.EqualValues(t, sessions, calls[1].Load())
	for i := range calls {
		assert.GreaterOrEqual(t, calls[i].Load(), int64(sessions))
	}
	assert.GreaterOrEqual(t, l.Status().Counters.Panics, uint64(3*sessions))
}

// panicHandler is a log handler with a bug.
type panicHandler struct{ calls *atomic.Int64 }

func (panicHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h panicHandler) Handle(context.Context, slog.Record) error {
	h.calls.Add(1)
	panic("logger")
}

func (h panicHandler) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h panicHandler) WithGroup(string) slog.Handler      { return h }

// TestHooksThatEndTheirGoroutine: a hook that calls runtime.Goexit, as a failed
// test does, costs nothing else either.
func TestHooksThatEndTheirGoroutine(t *testing.T) {
	config := lateHost()
	host := startHost(t, config)
	var calls atomic.Int64
	l := startUp(t, host, func(c *supervisor.LinkConfig) {
		c.OnEvent = func(messages.Event) {
			if calls.Add(1)%2 == 0 {
				goexit()
			}
		}
	})
	eventful(t, l, host, config.Recorder, 2)
	require.NoError(t, l.manager.Close(patient(t)))
	assert.Greater(t, calls.Load(), int64(8))
}

// TestHooksThatBlock: while a hook does not return, the link lives on: sends
// are answered, sessions end and begin. What finds no room is dropped and
// counted, and told as soon as the hook has returned. Close says that foreign
// code is still running.
func TestHooksThatBlock(t *testing.T) {
	const sessions, room = 5, 4
	config := lateHost()
	host := startHost(t, config)
	release, blocked := make(chan struct{}), make(chan struct{}, 1_000)
	var events journal[messages.Event]
	l := startUp(t, host, func(c *supervisor.LinkConfig) {
		c.MaxEvents = room
		c.OnEvent = func(e messages.Event) {
			events.add(e)
			blocked <- struct{}{}
			<-release
		}
	})
	awaitDone(t, "the hook", blocked)
	eventful(t, l, host, config.Recorder, sessions)
	assert.Len(t, events.list(), 1)
	dropped := l.Status().Counters.Dropped
	assert.Greater(t, dropped, uint64(sessions))

	start := time.Now()
	err := l.manager.Close(within(t, 4*short))
	assert.Less(t, time.Since(start), 4*short+busy)
	assert.ErrorContains(t, err, "foreign code is still running")
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, messages.Closed, l.Status().State)
	assert.Equal(t, err, l.manager.Close(context.Background()), "the first one's result")

	close(release)
	told := awaitEvents[*messages.EventsDropped](t, &events, 1)
	assert.GreaterOrEqual(t, told[0].Count, dropped)
	assert.Equal(t, "host", told[0].Link)
	events.awaitSome(t, 1+1+room-1, "what had found room")
}

// TestEvents: what happens to a link is told to the hook and on the actor
// system's EventStream, in order and once each.
func TestEvents(t *testing.T) {
	config := lateHost()
	host := startHost(t, config)
	var hook, stream journal[messages.Event]
	l := startLink(t, host, noting(&hook))
	subscription := l.manager.System().EventStream.Subscribe(func(event any) {
		if e, ok := event.(messages.Event); ok {
			stream.add(e)
		}
	})
	defer l.manager.System().EventStream.Unsubscribe(subscription)
	eventful(t, l, host, config.Recorder, 2)
	require.NoError(t, l.manager.Close(patient(t)))
	all := hook.list()
	const first = 3 // connecting, a session, up: the subscriber may come late for them
	missed := len(all) - len(stream.list())
	require.LessOrEqual(t, missed, first)
	assert.Equal(t, all[missed:], stream.list())
	assert.Len(t, eventsOf[*messages.LateReply](all), 2)
	assert.Len(t, eventsOf[*messages.Unmatched](all), 4)
	state, session := messages.Waiting, uint64(0)
	for _, e := range eventsOf[*messages.StateChanged](all) {
		assert.Equal(t, "host", e.Origin())
		assert.Equal(t, state, e.From, "each change begins where the last one ended")
		assert.NotEqual(t, e.From, e.To)
		assert.GreaterOrEqual(t, e.Session, session)
		assert.False(t, e.At.IsZero())
		state, session = e.To, e.Session
		if e.From == messages.Up && e.To == messages.Waiting {
			assert.Error(t, e.Reason)
		}
	}
	assert.Equal(t, messages.Closed, state)
	assert.EqualValues(t, 3, session)
}

// TestEchoThatPanics: an Echo that panics, fails, or makes no request counts as
// missed; its faults are told.
func TestEchoThatPanics(t *testing.T) {
	fault := errors.New("no STAN is left")
	for name, echo := range map[string]func() (*iso8583.Message, error){
		"panics": func() (*iso8583.Message, error) { panic(fault) },
		"fails":  func() (*iso8583.Message, error) { return nil, fault },
		"nil":    func() (*iso8583.Message, error) { return nil, nil },
		"goexit": func() (*iso8583.Message, error) { goexit(); return nil, nil },
		"reply":  func() (*iso8583.Message, error) { return newMessage(t, "0810", 1), nil },
	} {
		t.Run(name, func(t *testing.T) {
			rec := newRecorder()
			host := startHost(t, linktest.PeerConfig{Recorder: rec})
			var events journal[messages.Event]
			l := startUp(t, host, noting(&events), func(c *supervisor.LinkConfig) {
				c.Echo = supervisor.NetworkManagement{Build: echo, Timeout: short}
				c.IdleTime, c.MaxMissedEchoes = short, 2
			})
			failed := awaitEvents[*messages.EchoFailed](t, &events, 1)
			assert.Error(t, failed[0].Reason)
			assert.NotErrorIs(t, failed[0].Reason, messages.ErrTimeout)
			if name == "fails" {
				assert.ErrorIs(t, failed[0].Reason, fault)
			}
			if name == "panics" {
				assert.Equal(t, "Echo", awaitEvents[*messages.Panicked](t, &events, 1)[0].Where)
			}
			l.awaitStatus("another session", func(s supervisor.Status) bool { return s.Session >= 2 })
			assert.Zero(t, rec.Total())
		})
	}
}

// TestDialThatPanics: a Dial that panics, ends its goroutine or returns nothing
// is a failed attempt, and attempts keep their distance.
func TestDialThatPanics(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	var dials atomic.Int64
	var watch backoffWatch
	l := startUp(t, host, func(c *supervisor.LinkConfig) {
		c.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			switch dials.Add(1) {
			case 1:
				panic("dial")
			case 2:
				goexit()
			case 3:
				return nil, nil
			}
			return host.Dial(ctx, network, addr)
		}
	}, watch.over)
	l.works(1)
	assert.EqualValues(t, 4, dials.Load())
	assert.EqualValues(t, 1, l.Status().Counters.Panics)
	assert.Equal(t, "Dial", awaitEvents[*messages.Panicked](t, &watch.events, 1)[0].Where)
	assert.EqualValues(t, 3, watch.judge(t, l.manager))
}

// TestDialThatDoesNotListen: a Dial that outlives its context is abandoned: the
// link closes without it, and what it brings later is closed.
func TestDialThatDoesNotListen(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	release, begun := make(chan struct{}), make(chan struct{}, 1)
	l := startLink(t, host, func(c *supervisor.LinkConfig) {
		c.Dial = func(_ context.Context, network, addr string) (net.Conn, error) {
			begun <- struct{}{}
			<-release
			return host.Dial(context.Background(), network, addr)
		}
	})
	awaitDone(t, "the dial", begun)
	require.NoError(t, l.Close(patient(t)))
	err := l.manager.Close(within(t, short))
	assert.ErrorContains(t, err, "foreign code is still running")
	close(release)
	c := connOf(t, host, 1)
	awaitDone(t, "the end of the connection", c.Done())
}
