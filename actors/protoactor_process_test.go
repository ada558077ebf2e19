package actors

import (
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// inbox is a Process of our own, as the door is.
type inbox struct {
	user, system []any
	senders      []*actor.PID
	ranIn        []string
}

func (i *inbox) SendUserMessage(_ *actor.PID, message any) {
	_, msg, sender := actor.UnwrapEnvelope(message)
	i.user, i.senders, i.ranIn = append(i.user, msg), append(i.senders, sender), append(i.ranIn, goroutine())
}

func (i *inbox) SendSystemMessage(_ *actor.PID, message any) { i.system = append(i.system, message) }

func (i *inbox) Stop(*actor.PID) {}

// Relied on by: Door, which answers in the sender's goroutine and finds the
// sender in the envelope.
func TestProtoActorProcessOfOurOwn(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		system := quietSystem()
		in := new(inbox)
		pid, ok := system.ProcessRegistry.Add(in, "inbox")
		require.True(t, ok)
		_, ok = system.ProcessRegistry.Add(in, "inbox")
		assert.False(t, ok, "the name is taken")

		var ranIn string
		from := system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			if _, ok := ctx.Message().(*actor.Started); ok {
				ranIn = goroutine()
				ctx.Send(pid, "told")
				ctx.Request(pid, "asked")
				ctx.Watch(pid)
			}
		}))
		synctest.Wait()
		assert.Equal(t, []any{"told", "asked"}, in.user)
		assert.Equal(t, []string{ranIn, ranIn}, in.ranIn)
		assert.Nil(t, in.senders[0])
		assert.True(t, from.Equal(in.senders[1]))
		assert.Equal(t, []any{&actor.Watch{Watcher: from}}, in.system)
		require.NoError(t, system.Root.StopFuture(from).Wait())
	})
}

// Relied on by: Door, which goes on answering (that the link is closed) who
// has sent to it before: a PID keeps a process that is no actor's for ever. Who
// comes later gets a dead letter.
func TestProtoActorKeepsProcess(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		system := quietSystem()
		dead := deadLetters(system)
		in := new(inbox)
		pid, _ := system.ProcessRegistry.Add(in, "inbox")
		system.Root.Send(pid, "a")
		system.ProcessRegistry.Remove(pid)
		system.Root.Send(pid, "b")
		assert.Equal(t, []any{"a", "b"}, in.user)
		system.Root.Send(system.NewLocalPID("inbox"), "c")
		assert.Equal(t, []any{"c"}, *dead)
		endDeadLetters()
	})
}

// Relied on by: entry.pid and session.link, which hold PIDs: an actor's process
// is marked dead when it is stopped, so that a PID finds the next actor of that
// name, or the dead letters.
func TestProtoActorDeadProcess(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		system := quietSystem()
		dead := deadLetters(system)
		var got []string
		spawn := func(who string) *actor.PID {
			pid, err := system.Root.SpawnNamed(actor.PropsFromFunc(func(ctx actor.Context) {
				if msg, ok := ctx.Message().(string); ok {
					got = append(got, who+" "+msg)
				}
			}), "name")
			require.NoError(t, err)
			return pid
		}
		pid := spawn("first")
		system.Root.Send(pid, "a")
		synctest.Wait()
		require.NoError(t, system.Root.StopFuture(pid).Wait())
		system.Root.Send(pid, "b")
		assert.Equal(t, []any{"b"}, *dead)
		second := spawn("second")
		system.Root.Send(pid, "c")
		synctest.Wait()
		assert.Equal(t, []string{"second c"}, got[1:])
		require.NoError(t, system.Root.StopFuture(second).Wait())
		assert.Equal(t, "first a", got[0])
		endDeadLetters()
	})
}

// Avoided by: Mailbox, which does not unfold them: Proto.Actor's mailbox
// delivers the parts of a MessageBatch, and then the batch again.
func TestProtoActorMessageBatch(t *testing.T) {
	for _, kind := range mailboxKinds {
		t.Run(kind.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, workers *Workers) {
				var got []any
				f := newFamily(t, quietSystem(), kind.make(workers, nil), func(_ int, ctx actor.Context) {
					switch msg := ctx.Message().(type) {
					case string, parcel:
						got = append(got, msg)
					}
				}, nil)
				f.mailbox.PostUserMessage(parcel{"a", "b"})
				synctest.Wait()
				if kind.ours {
					assert.Equal(t, []any{parcel{"a", "b"}}, got)
				} else {
					assert.Equal(t, []any{"a", "b", parcel{"a", "b"}}, got)
				}
				f.stop(t)
			})
		})
	}
}

// parcel is a MessageBatch.
type parcel []any

func (p parcel) GetMessages() []any { return p }

// Avoided by: Mailbox.fail: Proto.Actor's mailbox takes runtime.Goexit for the
// end of its turn that never comes, and handles nothing any more.
func TestProtoActorGoexitEndsMailbox(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		asked := 0
		l := &lifeline{mailbox: actor.Unbounded()()}
		f := newFamily(t, quietSystem(), l.mailbox, func(instance int, ctx actor.Context) {
			l.receive(instance, ctx)
			if ctx.Message() == "goexit" {
				runtime.Goexit()
			}
		}, func(actor.Supervisor, *actor.PID, any, any) { asked++ })
		l.mailbox.PostUserMessage("goexit")
		synctest.Wait()
		l.mailbox.PostUserMessage("a")
		f.inParent(t, func(ctx actor.Context) { ctx.Stop(f.child) })
		synctest.Wait()
		assert.Equal(t, []string{"1 started", "1 goexit"}, l.entries)
		assert.Zero(t, asked)
		assert.ErrorIs(t, f.system.Root.StopFuture(f.parent).Wait(), actor.ErrTimeout)
	})
}
