package actors

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// deadLetters collects what a system has no receiver for.
func deadLetters(system *actor.ActorSystem) *[]any {
	all := new([]any)
	system.EventStream.Subscribe(func(event any) {
		if d, ok := event.(*actor.DeadLetterEvent); ok {
			*all = append(*all, d.Message)
		}
	})
	return all
}

// endDeadLetters lets the second pass that Proto.Actor throttles the log of
// dead letters by: its timer must not outlive the bubble.
func endDeadLetters() { <-time.After(2 * time.Second) }

// Avoided by: Mailbox.close, which gives back what is queued: what waits for a
// child that is stopped is neither handled nor a dead letter. What comes later
// is one.
func TestProtoActorStopLosesQueue(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		system := quietSystem()
		dead := deadLetters(system)
		l := &lifeline{mailbox: actor.Unbounded()()}
		f := newFamily(t, system, l.mailbox, func(instance int, ctx actor.Context) {
			if ctx.Message() == "stop" {
				ctx.Stop(ctx.Self())
			}
			l.receive(instance, ctx)
		}, nil)
		l.mailbox.PostUserMessage(post{"a", "stop", "b", "c"})
		awaitClosed(t, f.gone, "the child's end")
		assert.Equal(t, []string{"1 started", "1 a", "1 stop", "1 stopping", "1 stopped"}, l.entries)
		assert.Empty(t, *dead)
		system.Root.Send(f.child, "d")
		assert.Equal(t, []any{"d"}, *dead)
		f.end(t)
		endDeadLetters()
	})
}

// Avoided by: the manager, which marks a link before it stops it, and restarts
// none that is marked: a restart that meets a stop revives the child, which is
// then in no registry.
func TestProtoActorRestartAfterStopRevives(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		system := quietSystem()
		gate := make(chan struct{})
		l := &lifeline{mailbox: actor.Unbounded()()}
		f := newFamily(t, system, l.mailbox, func(instance int, ctx actor.Context) {
			if _, ok := ctx.Message().(*actor.Stopping); ok {
				<-gate
			}
			l.receive(instance, ctx)
		}, nil)
		f.inParent(t, func(ctx actor.Context) {
			ctx.Stop(f.child)
			ctx.(actor.Supervisor).RestartChildren(f.child)
		})
		close(gate)
		synctest.Wait()
		require.Equal(t, []string{"1 started", "1 stopping", "1 stopped", "1 restarting", "2 started"}, l.entries)
		_, found := system.ProcessRegistry.Get(f.child)
		assert.False(t, found)
		l.mailbox.PostUserMessage("a")
		synctest.Wait()
		assert.Equal(t, "2 a", l.entries[5], "it lives")
		f.end(t)
		endDeadLetters() // what the revived one sends itself
	})
}

// Avoided by: link, whose incarnation is over from Stopping on, and whose
// machine knows no event in its last phases: messages still arrive while the
// children stop.
func TestProtoActorMessagesAfterStopping(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		gate := make(chan struct{})
		l := &lifeline{mailbox: actor.Unbounded()()}
		f := newFamily(t, quietSystem(), l.mailbox, func(instance int, ctx actor.Context) {
			if _, ok := ctx.Message().(*actor.Started); ok {
				ctx.Spawn(actor.PropsFromFunc(func(below actor.Context) {
					if _, ok := below.Message().(*actor.Stopping); ok {
						<-gate
					}
				}))
			}
			l.receive(instance, ctx)
		}, nil)
		f.inParent(t, func(ctx actor.Context) { ctx.Stop(f.child) })
		synctest.Wait()
		l.mailbox.PostUserMessage("a")
		synctest.Wait()
		close(gate)
		awaitClosed(t, f.gone, "the child's end")
		assert.Equal(t, []string{"1 started", "1 stopping", "1 a", "1 system", "1 stopped"}, l.entries)
		f.end(t)
	})
}

// Avoided by: link.end, which recovers: a panic in Stopping is a failure, which
// ends in a restart, and the stop is lost.
func TestProtoActorStoppingFails(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		l := &lifeline{mailbox: actor.Unbounded()()}
		f := newFamily(t, quietSystem(), l.mailbox, func(instance int, ctx actor.Context) {
			l.receive(instance, ctx)
			if _, ok := ctx.Message().(*actor.Stopping); ok && instance == 1 {
				panic("no stop")
			}
		}, nil)
		f.inParent(t, func(ctx actor.Context) { ctx.Stop(f.child) })
		synctest.Wait()
		assert.Equal(t, []string{"1 started", "1 stopping", "1 restarting", "2 started"}, l.entries)
		f.stop(t)
	})
}

// Avoided by: correlator.stop, which recovers: after a panic in Stopped nobody
// gets Terminated, and a parent that waits for it waits for ever.
func TestProtoActorStoppedFails(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		system := quietSystem()
		f := newFamily(t, system, nil, func(_ int, ctx actor.Context) {
			if _, ok := ctx.Message().(*actor.Stopped); ok {
				panic("no end")
			}
		}, undecided)
		f.inParent(t, func(ctx actor.Context) { ctx.Stop(f.child) })
		synctest.Wait()
		_, found := system.ProcessRegistry.Get(f.child)
		assert.False(t, found)
		select {
		case <-f.gone:
			assert.Fail(t, "the parent got Terminated")
		default:
		}
		// The parent counts it among its children, and cannot stop either.
		assert.ErrorIs(t, system.Root.StopFuture(f.parent).Wait(), actor.ErrTimeout)
	})
}

// Relied on by: the manager's actor, which spawns a link again under its name
// when it got Terminated: the name is taken until then.
func TestProtoActorNameIsFreeAfterTerminated(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		gate := make(chan struct{})
		system := quietSystem()
		props := actor.PropsFromFunc(func(ctx actor.Context) {
			if _, ok := ctx.Message().(*actor.Stopping); ok {
				<-gate
			}
		})
		var tries []error
		over := false
		parent := system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			switch ctx.Message().(type) {
			case *actor.Stopping:
				over = true
			case *actor.Started, string, *actor.Terminated:
				if over {
					return
				}
				pid, err := ctx.SpawnNamed(props, "name")
				tries = append(tries, err)
				if ctx.Message() == "stop" {
					ctx.Stop(pid)
				}
			}
		}))
		system.Root.Send(parent, "stop")
		synctest.Wait()
		system.Root.Send(parent, "while it stops")
		synctest.Wait()
		close(gate)
		synctest.Wait()
		require.Len(t, tries, 4)
		for i, want := range []error{nil, actor.ErrNameExists, actor.ErrNameExists, nil} {
			assert.ErrorIs(t, tries[i], want, "try %d", i)
		}
		require.NoError(t, system.Root.StopFuture(parent).Wait())
	})
}

// Relied on by: Manager.close, which poisons the notifiers: what was queued
// before is told to the end.
func TestProtoActorPoisonHandlesQueueFirst(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		system := quietSystem()
		l := &lifeline{mailbox: newMailbox(mailboxOptions{workers: workers})}
		gate := make(chan struct{})
		pid := system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			if ctx.Message() == "a" {
				<-gate
			}
			l.receive(1, ctx)
		}, actor.WithMailbox(func() actor.Mailbox { return l.mailbox })))
		for _, msg := range []string{"a", "b", "c"} {
			system.Root.Send(pid, msg)
		}
		system.Root.Poison(pid)
		close(gate)
		synctest.Wait()
		assert.Equal(t, []string{"1 started", "1 a", "1 b", "1 c", "1 stopping", "1 stopped"}, l.entries)
	})
}

// Avoided by: manager and link, which watch none of their children: a parent
// that does gets Terminated twice.
func TestProtoActorWatchedChildTerminatesTwice(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		system := quietSystem()
		times := 0
		var child *actor.PID
		parent := system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			switch ctx.Message().(type) {
			case *actor.Started:
				child = ctx.Spawn(actor.PropsFromFunc(func(actor.Context) {}))
				ctx.Watch(child)
			case *actor.Terminated:
				times++
			}
		}))
		synctest.Wait()
		require.NoError(t, system.Root.StopFuture(child).Wait())
		synctest.Wait()
		assert.Equal(t, 2, times)
		require.NoError(t, system.Root.StopFuture(parent).Wait())
	})
}

// Avoided by: Manager.stop, which waits for its actor's Stopped: the futures of
// a stop give up after ten seconds.
func TestProtoActorStopFutureGivesUp(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		system := quietSystem()
		gate := make(chan struct{})
		pid := system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			if ctx.Message() == "block" {
				<-gate
			}
		}))
		system.Root.Send(pid, "block")
		synctest.Wait()
		start := time.Now()
		assert.ErrorIs(t, system.Root.StopFuture(pid).Wait(), actor.ErrTimeout)
		assert.Equal(t, 10*time.Second, time.Since(start))
		close(gate)
		endDeadLetters() // its Terminated finds no future any more
	})
}

// Relied on by: Door.SendSystemMessage, which does the same for a link: who
// watches what is gone gets Terminated at once.
func TestProtoActorWatchOfGone(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		system := quietSystem()
		gone := system.NewLocalPID("was never there")
		var got []string
		pid := system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			switch msg := ctx.Message().(type) {
			case *actor.Started:
				ctx.Watch(gone)
			case *actor.Terminated:
				got = append(got, fmt.Sprint(msg.Who.Id, " ", msg.Why))
			}
		}))
		synctest.Wait()
		assert.Equal(t, []string{"was never there NotFound"}, got)
		require.NoError(t, system.Root.StopFuture(pid).Wait())
		endDeadLetters()
	})
}
