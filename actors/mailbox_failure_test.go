package actors

import (
	"bytes"
	"context"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/testdata/carddata"
)

// inOurKinds runs a test in fake time with each of our mailboxes.
func inOurKinds(t *testing.T, test func(t *testing.T, o mailboxOptions)) {
	t.Helper()
	for name, o := range map[string]mailboxOptions{
		"worker":              {},
		"inline":              {budget: 1000},
		"inline yield":        {budget: 1000, yield: true, onEmpty: true},
		"offloaded each time": {budget: 1},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, workers *Workers) {
				o.workers = workers
				test(t, o)
			})
		})
	}
}

// goexiting makes a receive that ends its goroutine at "goexit".
func goexiting(receive receiveFunc) receiveFunc {
	return func(instance int, ctx actor.Context) {
		receive(instance, ctx)
		if ctx.Message() == "goexit" {
			runtime.Goexit()
		}
	}
}

// TestMailboxGoexit: an actor that ends its goroutine has failed, and its
// mailbox lives on. On a worker the poster does not notice; inline the poster's
// goroutine is lost, since nothing in Go takes a Goexit back, but only that one.
func TestMailboxGoexit(t *testing.T) {
	inOurKinds(t, func(t *testing.T, o mailboxOptions) {
		l := new(lifeline)
		var reasons []any
		o.refuse = l.refuse
		l.mailbox = newMailbox(o)
		f := newFamily(t, quietSystem(), l.mailbox, goexiting(l.receive),
			func(s actor.Supervisor, child *actor.PID, reason, _ any) {
				reasons = append(reasons, reason)
				s.RestartChildren(child)
			})
		synctest.Wait() // it has started: the next poster is the consumer
		var returned, ended bool
		go func() {
			defer func() { ended = true }()
			l.mailbox.PostUserMessage("goexit")
			returned = true
		}()
		synctest.Wait()
		assert.True(t, ended)
		assert.Equal(t, o.budget == 0, returned)
		assert.Equal(t, []any{errGoexit}, reasons)
		assert.Equal(t, []string{"goexit"}, l.refused)

		l.mailbox.PostUserMessage("next")
		synctest.Wait()
		assert.Equal(t, []string{"1 started", "1 goexit", "1 restarting", "2 started", "2 next"}, l.entries)
		f.stop(t)
	})
}

// TestMailboxGoexitKeepsQueue: what waited behind the message in which the
// goroutine ended is handled after the restart.
func TestMailboxGoexitKeepsQueue(t *testing.T) {
	inOurKinds(t, func(t *testing.T, o mailboxOptions) {
		l := new(lifeline)
		l.mailbox = newMailbox(o)
		f := newFamily(t, quietSystem(), l.mailbox, goexiting(l.receive), nil)
		go l.mailbox.PostUserMessage(post{"a", "goexit", "b", "goexit", "c"})
		synctest.Wait()
		assert.Equal(t, []string{
			"1 started", "1 a", "1 goexit", "1 restarting", "2 started", "2 b", "2 goexit", "2 restarting", "3 started", "3 c",
		}, l.entries)
		f.stop(t)
	})
}

// logFunc is a logger's handler.
type logFunc func()

func (logFunc) Enabled(context.Context, slog.Level) bool             { return true }
func (f logFunc) Handle(_ context.Context, record slog.Record) error { f(); return nil }
func (f logFunc) WithAttrs([]slog.Attr) slog.Handler                 { return f }
func (f logFunc) WithGroup(string) slog.Handler                      { return f }

// TestLoggerBetweenFailureAndRestart: the embedding program's logger cannot
// keep a failure from the parent, nor the poster from going on.
func TestLoggerBetweenFailureAndRestart(t *testing.T) {
	for name, misbehave := range map[string]func(release <-chan struct{}){
		"panics":             func(<-chan struct{}) { panic("the logger fails") },
		"ends its goroutine": func(<-chan struct{}) { runtime.Goexit() },
		"blocks":             func(release <-chan struct{}) { <-release },
	} {
		t.Run(name, func(t *testing.T) {
			inOurKinds(t, func(t *testing.T, o mailboxOptions) {
				release := make(chan struct{})
				var silent sync.Once
				calls := 0
				system := loggingSystem(logFunc(func() {
					started := false
					silent.Do(func() { started = true }) // the system says that it has started
					if !started {
						calls++
						misbehave(release)
					}
				}))
				l := new(lifeline)
				l.mailbox = newMailbox(o)
				f := newFamily(t, system, l.mailbox, l.receive, nil)
				posted := false
				go func() {
					l.mailbox.PostUserMessage(post{"a", "fail", "b"})
					posted = true
				}()
				synctest.Wait()
				assert.Equal(t, []string{"1 started", "1 a", "1 fail", "1 restarting", "2 started", "2 b"}, l.entries)
				assert.True(t, posted)
				assert.Equal(t, 1, calls, "the logger was not in the way")
				close(release)
				f.stop(t)
			})
		})
	}
}

// TestFailureIsToldWithoutItsValue: a panic's value may hold card data; its
// type is logged, or told to who asked for it.
func TestFailureIsToldWithoutItsValue(t *testing.T) {
	const pan = carddata.PAN
	inOurKinds(t, func(t *testing.T, o mailboxOptions) {
		var printed bytes.Buffer
		system := loggingSystem(slog.NewTextHandler(&printed, &slog.HandlerOptions{Level: slog.LevelDebug}))
		var told []any
		for _, hook := range []func(any){nil, func(reason any) { told = append(told, reason) }} {
			o.panicked = hook
			mailbox := newMailbox(o)
			f := newFamily(t, system, mailbox, func(_ int, ctx actor.Context) {
				if ctx.Message() == pan {
					panic("cannot handle " + pan)
				}
			}, nil)
			mailbox.PostUserMessage(pan)
			synctest.Wait()
			assert.NotContains(t, printed.String(), pan)
			assert.Equal(t, 2, f.instances)
			f.stop(t)
		}
		assert.Equal(t, 1, bytes.Count(printed.Bytes(), []byte("reason=string")), "the type, where no hook takes it")
		assert.Equal(t, []any{"cannot handle " + pan}, told)
	})
}

// TestFailTo: an actor that fails of itself is suspended when its Receive has
// returned; its message counts as handled, and what waits is the next
// instance's.
func TestFailTo(t *testing.T) {
	inOurKinds(t, func(t *testing.T, o mailboxOptions) {
		l := new(lifeline)
		o.refuse = l.refuse
		mailbox := newMailbox(o)
		l.mailbox = mailbox
		var asked []escalation
		f := newFamily(t, quietSystem(), mailbox, func(instance int, ctx actor.Context) {
			if ctx.Message() == "end" {
				mailbox.failTo(ctx, "the session has ended")
			}
			l.receive(instance, ctx)
		}, func(_ actor.Supervisor, _ *actor.PID, reason, message any) {
			asked = append(asked, escalation{reason, message})
		})
		mailbox.PostUserMessage(post{"a", "end", "b"})
		synctest.Wait()
		require.Equal(t, []escalation{{"the session has ended", nil}}, asked)
		assert.Equal(t, []string{"1 started", "1 a", "1 end"}, l.entries)
		f.restart(t)
		synctest.Wait()
		assert.Equal(t, []string{"1 restarting", "2 started", "2 b"}, l.since(3))
		assert.Empty(t, l.refused)
		f.stop(t)
	})
}

// TestFailureAtRoot: an actor without a parent, such as a notifier, is
// restarted, as often as it fails.
func TestFailureAtRoot(t *testing.T) {
	inOurKinds(t, func(t *testing.T, o mailboxOptions) {
		const failures = 25 // Proto.Actor's default strategy gives up after 10
		system := quietSystem()
		l := new(lifeline)
		l.mailbox = newMailbox(o)
		instances := 0
		pid := system.Root.Spawn(actor.PropsFromProducer(func() actor.Actor {
			instances++
			return actor.ReceiveFunc(func(ctx actor.Context) { l.receive(instances, ctx) })
		}, actor.WithMailbox(func() actor.Mailbox { return l.mailbox })))
		for range failures {
			l.mailbox.PostUserMessage("fail")
			synctest.Wait()
		}
		assert.Equal(t, failures+1, instances)
		l.mailbox.PostUserMessage("a")
		synctest.Wait()
		assert.Equal(t, "26 a", l.entries[len(l.entries)-1])
		require.NoError(t, system.Root.StopFuture(pid).Wait())
	})
}

// TestFailureEscalates: what fails below a link fails the link, and the logger
// has no part in it.
func TestFailureEscalates(t *testing.T) {
	inOurKinds(t, func(t *testing.T, o mailboxOptions) {
		l := new(lifeline)
		mailbox := newMailbox(o)
		l.mailbox = mailbox
		system := quietSystem()
		var below *Mailbox
		f := newFamily(t, system, mailbox, func(instance int, ctx actor.Context) {
			if _, ok := ctx.Message().(*actor.Started); ok {
				below = newMailbox(mailboxOptions{workers: o.workers, panicked: func(any) {}})
				spawnChild(ctx, "below", actor.ReceiveFunc(func(ctx actor.Context) {
					if ctx.Message() == "fail" {
						panic("below")
					}
				}), below)
			}
			l.receive(instance, ctx)
		}, nil, actor.WithSupervisor(escalate{mailbox}))
		synctest.Wait()
		for range 3 {
			below.PostUserMessage("fail")
			synctest.Wait()
		}
		assert.Equal(t, []string{
			"1 started", "1 restarting", "1 system",
			"2 started", "2 restarting", "2 system",
			"3 started", "3 restarting", "3 system", "4 started",
		}, l.entries)
		f.stop(t)
	})
}

// TestStopWhilePosterIsInline: a stop that comes while a poster runs the actor
// is handled in the poster's goroutine, before the rest of the queue, and the
// poster goes on.
func TestStopWhilePosterIsInline(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		l := new(lifeline)
		gate := make(chan struct{})
		l.mailbox = newMailbox(mailboxOptions{workers: workers, budget: 1000, refuse: l.refuse})
		var stoppedIn string
		f := newFamily(t, quietSystem(), l.mailbox, func(instance int, ctx actor.Context) {
			switch ctx.Message().(type) {
			case string:
				<-gate
			case *actor.Stopped:
				stoppedIn = goroutine()
			}
			l.receive(instance, ctx)
		}, nil)
		synctest.Wait() // it has started: the next poster is the consumer
		var poster string
		posted := make(chan struct{})
		go func() {
			poster = goroutine()
			l.mailbox.PostUserMessage("a")
			close(posted)
		}()
		synctest.Wait()
		l.mailbox.PostUserMessage("b")
		f.inParent(t, func(ctx actor.Context) { ctx.Stop(f.child) })
		close(gate)
		awaitClosed(t, f.gone, "the child's end")
		awaitClosed(t, posted, "the poster")
		assert.Equal(t, []string{"1 started", "1 a", "1 stopping", "1 stopped"}, l.entries)
		assert.Equal(t, []string{"b"}, l.refused)
		assert.Equal(t, poster, stoppedIn)
		f.end(t)
	})
}
