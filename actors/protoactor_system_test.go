package actors

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/scheduler"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Relied on by: the manager's guardian, which has neither mailbox nor
// goroutine: it is asked in the goroutine of the actor that failed, and its
// restart can come from any other.
func TestProtoActorGuardianIsAskedSynchronously(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		system := quietSystem()
		l := &lifeline{mailbox: newMailbox(mailboxOptions{workers: workers})}
		var failedIn, askedIn string
		var supervisor actor.Supervisor
		guardian := strategyFunc(func(s actor.Supervisor, _ *actor.PID) {
			supervisor, askedIn = s, goroutine()
		})
		instances := 0
		pid := system.Root.Copy().WithGuardian(&guardian).Spawn(actor.PropsFromProducer(func() actor.Actor {
			instances++
			return actor.ReceiveFunc(func(ctx actor.Context) {
				if ctx.Message() == "fail" {
					failedIn = goroutine()
				}
				l.receive(instances, ctx)
			})
		}, actor.WithMailbox(func() actor.Mailbox { return l.mailbox })))
		l.mailbox.PostUserMessage("fail")
		synctest.Wait()
		require.NotNil(t, supervisor)
		assert.Equal(t, failedIn, askedIn)
		assert.Equal(t, 1, instances)
		time.AfterFunc(time.Second, func() { supervisor.RestartChildren(pid) })
		<-time.After(2 * time.Second)
		synctest.Wait()
		assert.Equal(t, []string{"1 started", "1 fail", "1 restarting", "2 started"}, l.entries)
		require.NoError(t, system.Root.StopFuture(pid).Wait())
	})
}

// Avoided by: the manager's guardian, which never escalates: a guardian that
// does, panics in the goroutine of who failed.
func TestProtoActorGuardianCannotEscalate(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		system := quietSystem()
		guardian := strategyFunc(func(s actor.Supervisor, child *actor.PID) {
			assert.Panics(t, func() { s.EscalateFailure("reason", nil) })
			assert.Panics(t, func() { s.Children() })
			s.StopChildren(child)
		})
		pid := system.Root.Copy().WithGuardian(&guardian).Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			if ctx.Message() == "fail" {
				panic("fails")
			}
		}))
		system.Root.Send(pid, "fail")
		synctest.Wait()
		_, found := system.ProcessRegistry.Get(pid)
		assert.False(t, found, "it was stopped")
	})
}

// Avoided by: Manager.Close, which stops its own actors first, and shuts a
// system down once.
func TestProtoActorShutdownStopsNothing(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		system := quietSystem()
		l := &lifeline{mailbox: actor.Unbounded()()}
		f := newFamily(t, system, l.mailbox, l.receive, nil)
		system.Shutdown()
		assert.True(t, system.IsStopped())
		l.mailbox.PostUserMessage("a")
		synctest.Wait()
		assert.Equal(t, []string{"1 started", "1 a"}, l.entries)
		assert.Panics(t, system.Shutdown)
		f.stop(t)
	})
}

// Relied on by: alarm and link.arm: SendOnce keeps to a bubble's clock. A
// cancelled one that has fired already is delivered all the same, which their
// numbers and tokens are for.
func TestProtoActorSendOnce(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		begin := time.Now()
		gate := make(chan struct{})
		var got []string
		var at []time.Duration
		f := newFamily(t, quietSystem(), nil, func(_ int, ctx actor.Context) {
			if msg, ok := ctx.Message().(string); ok {
				got, at = append(got, msg), append(at, time.Since(begin))
				if msg == "block" {
					<-gate
				}
			}
		}, nil)
		timer := scheduler.NewTimerScheduler(f.system.Root)
		timer.SendOnce(time.Hour, f.child, "in an hour")
		cancelled := timer.SendOnce(30*time.Minute, f.child, "cancelled")
		cancelled()
		<-time.After(2 * time.Hour)
		synctest.Wait()
		assert.Equal(t, []string{"in an hour"}, got)
		assert.Equal(t, []time.Duration{time.Hour}, at)

		f.mailbox.PostUserMessage("block")
		synctest.Wait()
		late := timer.SendOnce(time.Second, f.child, "cancelled too late")
		<-time.After(2 * time.Second)
		late()
		close(gate)
		synctest.Wait()
		assert.Equal(t, []string{"block", "cancelled too late"}, got[1:])
		f.stop(t)
	})
}

// Avoided by: notifier, which publishes on a worker of its own: what subscribes
// to the event stream runs in the publisher's goroutine, and holds it up.
func TestProtoActorEventStreamIsSynchronous(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		system := quietSystem()
		var ranIn string
		subscription := system.EventStream.Subscribe(func(event any) {
			if event == "event" {
				ranIn = goroutine()
			}
		})
		system.EventStream.Publish("event")
		assert.Equal(t, goroutine(), ranIn)
		system.EventStream.Unsubscribe(subscription)
		ranIn = ""
		system.EventStream.Publish("event")
		assert.Empty(t, ranIn)
	})
}

// instrument is a spawn middleware that writes down what it spawns, and hands
// itself on: Proto.Actor asks the properties of the parent for a child's
// middleware, and the root context only for its own.
func instrument(names *[]string) actor.SpawnMiddleware {
	return func(next actor.SpawnFunc) actor.SpawnFunc {
		return func(system *actor.ActorSystem, id string, props *actor.Props, parent actor.SpawnerContext) (*actor.PID, error) {
			*names = append(*names, id)
			return next(system, id, props.Clone(actor.WithSpawnMiddleware(instrument(names))), parent)
		}
	}
}

// Relied on by: tests that look into the tree of a manager without its help.
func TestProtoActorSpawnMiddlewareSeesTree(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		var names []string
		system := quietSystem()
		system.Root.WithSpawnMiddleware(instrument(&names))
		leaf := actor.PropsFromFunc(func(actor.Context) {}, WorkerMailbox(workers))
		branch := actor.PropsFromFunc(func(ctx actor.Context) {
			if _, ok := ctx.Message().(*actor.Started); ok {
				_, err := ctx.SpawnNamed(leaf, "leaf")
				assert.NoError(t, err)
			}
		}, WorkerMailbox(workers))
		root, err := system.Root.SpawnNamed(actor.PropsFromFunc(func(ctx actor.Context) {
			if _, ok := ctx.Message().(*actor.Started); ok {
				_, err := ctx.SpawnNamed(branch, "branch")
				assert.NoError(t, err)
			}
		}), "root")
		require.NoError(t, err)
		synctest.Wait()
		assert.Equal(t, []string{"root", "root/branch", "root/branch/leaf"}, names)
		require.NoError(t, system.Root.StopFuture(root).Wait())
	})
}

// Avoided by: tests of supervision, which instrument the properties: a root
// context's spawn middleware spawns with that very root, so that a guardian
// given to a copy of it, as the manager's is, is never asked.
func TestProtoActorSpawnMiddlewareLosesGuardian(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		system := quietSystem()
		asked := 0
		guardian := strategyFunc(func(s actor.Supervisor, child *actor.PID) {
			asked++
			s.StopChildren(child)
		})
		props := actor.PropsFromFunc(func(ctx actor.Context) {
			if ctx.Message() == "fail" {
				panic("fails")
			}
		})
		fail := func() *actor.PID {
			pid := system.Root.Copy().WithGuardian(&guardian).Spawn(props)
			system.Root.Send(pid, "fail")
			synctest.Wait()
			return pid
		}
		fail()
		assert.Equal(t, 1, asked)
		system.Root.WithSpawnMiddleware(instrument(new([]string)))
		pid := fail()
		assert.Equal(t, 1, asked)
		require.NoError(t, system.Root.StopFuture(pid).Wait(), "the default strategy restarted it")
	})
}
