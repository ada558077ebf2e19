package actors

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The tests named TestProtoActor… hold what Proto.Actor does, not what it
// should do: an upgrade that changes it has to be noticed, since code of ours
// relies on it or works around it. Each says which.

// Relied on by: link.end (the old instance gets Restarting, and nothing else,
// to give up its socket in), Record.memory (handed on only when the old
// instance's children are gone), notifier and table (one owner at a time).
func TestProtoActorRestartOrder(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		l := &lifeline{mailbox: actor.Unbounded()()}
		f := newFamily(t, quietSystem(), l.mailbox, func(instance int, ctx actor.Context) {
			if _, ok := ctx.Message().(*actor.Started); ok {
				ctx.Spawn(actor.PropsFromFunc(func(below actor.Context) {
					switch below.Message().(type) {
					case *actor.Stopping, *actor.Stopped:
						l.entries = append(l.entries, fmt.Sprintf("%d child: %T", instance, below.Message()))
					}
				}))
			}
			l.receive(instance, ctx)
		}, nil)
		l.mailbox.PostUserMessage("fail")
		synctest.Wait()
		assert.Equal(t, []string{
			"1 started", "1 fail", "1 restarting",
			"1 child: *actor.Stopping", "1 child: *actor.Stopped", "1 system", // Terminated
			"2 started",
		}, l.entries)
		f.stop(t)
	})
}

// Relied on by: link (what its timers, dials and operator sent while it failed
// is the next incarnation's; a token or the session tells what is stale),
// Mailbox.postAfter.
func TestProtoActorQueueSurvivesRestart(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		l := &lifeline{mailbox: actor.Unbounded()()}
		f := newFamily(t, quietSystem(), l.mailbox, l.receive, nil)
		l.mailbox.PostUserMessage(post{"fail", "a", "b"})
		synctest.Wait()
		assert.Equal(t, []string{"1 started", "1 fail", "1 restarting", "2 started", "2 a", "2 b"}, l.entries)
		f.stop(t)
	})
}

// Relied on by: Mailbox.failTo, which sends the parent a Failure of its own
// making: the parent's strategy is asked as for a panic.
func TestProtoActorFailureByHand(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		var asked []escalation
		l := &lifeline{mailbox: actor.Unbounded()()}
		system := quietSystem()
		f := newFamily(t, system, l.mailbox, l.receive, func(s actor.Supervisor, child *actor.PID, reason, message any) {
			asked = append(asked, escalation{reason, message})
			s.RestartChildren(child)
		})
		parent, ok := system.ProcessRegistry.Get(f.parent)
		require.True(t, ok)
		parent.SendSystemMessage(f.parent, &actor.Failure{
			Who: f.child, Reason: "by hand", RestartStats: actor.NewRestartStatistics(),
		})
		synctest.Wait()
		assert.Equal(t, []escalation{{"by hand", nil}}, asked)
		assert.Equal(t, []string{"1 started", "1 restarting", "2 started"}, l.entries)
		f.stop(t)
	})
}

// Avoided by: Mailbox.escalate and escalate.HandleFailure. What escalates by
// itself goes on to the end of its Receive; the embedding program's logger is
// asked first, in the actor's goroutine, and gets the reason whole.
func TestProtoActorEscalateFailureLogsReason(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		var printed bytes.Buffer
		l := &lifeline{mailbox: actor.Unbounded()()}
		f := newFamily(t, loggingSystem(slog.NewTextHandler(&printed, nil)), l.mailbox, func(instance int, ctx actor.Context) {
			if ctx.Message() == "escalate" {
				before := printed.Len()
				ctx.(actor.Supervisor).EscalateFailure("of itself", ctx.Message())
				assert.Contains(t, printed.String()[before:], `reason="of itself"`)
			}
			l.receive(instance, ctx)
		}, nil)
		l.mailbox.PostUserMessage(post{"escalate", "a"})
		synctest.Wait()
		assert.Equal(t, []string{"1 started", "1 escalate", "1 restarting", "2 started", "2 a"}, l.entries)
		f.stop(t)
	})
}

// Avoided by: Record.Begun and the manager's strategy, which gives an
// incarnation that fails at its start a delay: a strategy that restarts at once
// restarts without end.
func TestProtoActorStartFailsWithoutEnd(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		const failures = 1000
		begin, starts := time.Now(), 0
		f := newFamily(t, quietSystem(), nil, func(instance int, ctx actor.Context) {
			if _, ok := ctx.Message().(*actor.Started); ok {
				starts++
				if instance <= failures {
					panic("no start")
				}
			}
		}, nil)
		synctest.Wait()
		assert.Equal(t, failures+1, starts)
		assert.Zero(t, time.Since(begin))
		f.stop(t)
	})
}

// Avoided by: link.end, which recovers: a panic in Restarting is one more
// failure of the same instance, and no new one is made.
func TestProtoActorRestartingFails(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		const failures = 5
		restartings, asked := 0, 0
		l := &lifeline{mailbox: actor.Unbounded()()}
		f := newFamily(t, quietSystem(), l.mailbox, func(instance int, ctx actor.Context) {
			if _, ok := ctx.Message().(*actor.Restarting); ok {
				restartings++
				if restartings <= failures {
					panic("no restart")
				}
			}
			l.receive(instance, ctx)
		}, func(s actor.Supervisor, child *actor.PID, _, _ any) {
			asked++
			s.RestartChildren(child)
		})
		l.mailbox.PostUserMessage("fail")
		synctest.Wait()
		assert.Equal(t, failures+1, restartings)
		assert.Equal(t, failures+1, asked)
		assert.Equal(t, []string{"1 started", "1 fail", "1 restarting", "2 started"}, l.entries)
		f.stop(t)
	})
}

// Avoided by: a strategy of our own at every level, and Mailbox.failTo for
// actors at the root: Proto.Actor's default stops a child for good at the
// eleventh failure within ten seconds, and says so to nobody but its watchers.
func TestProtoActorDefaultStrategyGivesUp(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		l := &lifeline{mailbox: actor.Unbounded()()}
		system := quietSystem()
		instances := 0
		pid := system.Root.Spawn(actor.PropsFromProducer(func() actor.Actor {
			instances++
			return actor.ReceiveFunc(func(ctx actor.Context) { l.receive(instances, ctx) })
		}, actor.WithMailbox(func() actor.Mailbox { return l.mailbox })))
		for range 11 {
			l.mailbox.PostUserMessage("fail")
			synctest.Wait()
		}
		assert.Equal(t, 11, instances)
		assert.Equal(t, []string{"11 fail", "11 stopping", "11 stopped"}, l.entries[len(l.entries)-3:])
		_, found := system.ProcessRegistry.Get(pid)
		assert.False(t, found)
	})
}

// Relied on by: the manager's actor, which is its own strategy: Proto.Actor
// asks the actor before its properties.
func TestProtoActorOwnStrategyFirst(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		system := quietSystem()
		own := &ownStrategy{asked: make(map[string]int)}
		pid := system.Root.Spawn(actor.PropsFromProducer(func() actor.Actor { return own },
			actor.WithSupervisor(strategyFunc(func(actor.Supervisor, *actor.PID) { own.asked["properties"]++ }))))
		synctest.Wait()
		system.Root.Send(own.child, "fail")
		synctest.Wait()
		assert.Equal(t, map[string]int{"own": 1}, own.asked)
		require.NoError(t, system.Root.StopFuture(pid).Wait())
	})
}

type ownStrategy struct {
	asked map[string]int
	child *actor.PID
}

func (o *ownStrategy) Receive(ctx actor.Context) {
	if _, ok := ctx.Message().(*actor.Started); ok {
		o.child = ctx.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			if ctx.Message() == "fail" {
				panic("fails")
			}
		}))
	}
}

func (o *ownStrategy) HandleFailure(_ *actor.ActorSystem, s actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, _, _ any) {
	o.asked["own"]++
	s.StopChildren(child)
}

// strategyFunc is a strategy that looks at the child alone.
type strategyFunc func(s actor.Supervisor, child *actor.PID)

func (f strategyFunc) HandleFailure(_ *actor.ActorSystem, s actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, _, _ any) {
	f(s, child)
}
