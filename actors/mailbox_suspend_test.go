package actors

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
)

// lifeline is the diary of a child: each entry begins with its instance.
type lifeline struct {
	mailbox actor.Mailbox
	entries []string
	refused []string
	// startFails is the instance that fails in Started.
	startFails int
}

func (l *lifeline) receive(instance int, ctx actor.Context) {
	write := func(what string) { l.entries = append(l.entries, fmt.Sprintf("%d %s", instance, what)) }
	switch msg := ctx.Message().(type) {
	case *actor.Started:
		write("started")
		if instance == l.startFails {
			panic("no start")
		}
	case *actor.Restarting:
		write("restarting")
	case *actor.Stopping:
		write("stopping")
	case *actor.Stopped:
		write("stopped")
		if m, ok := l.mailbox.(*Mailbox); ok {
			m.close()
		}
	case *actor.Terminated:
		write("system")
	case post:
		for _, one := range msg {
			l.mailbox.PostUserMessage(one)
		}
	case string:
		write(msg)
		if msg == "fail" {
			panic(msg)
		}
	}
}

func (l *lifeline) refuse(msg any) { l.refused = append(l.refused, msg.(string)) }

// since returns the entries from the n-th on.
func (l *lifeline) since(n int) []string { return l.entries[n:] }

// undecided is a strategy that leaves the child suspended.
func undecided(actor.Supervisor, *actor.PID, any, any) {}

// suspended makes a child that failed at the third of five messages, and whose
// parent has not decided yet.
func suspended(t *testing.T, kind mailboxKind, system *actor.ActorSystem, workers *Workers) (*family, *lifeline) {
	t.Helper()
	l := new(lifeline)
	l.mailbox = kind.make(workers, l.refuse)
	f := newFamily(t, system, l.mailbox, l.receive, undecided)
	l.mailbox.PostUserMessage(post{"a", "b", "fail", "c", "d"})
	synctest.Wait()
	assert.Equal(t, []string{"1 started", "1 a", "1 b", "1 fail"}, l.entries)
	l.mailbox.PostUserMessage("e")
	l.mailbox.PostSystemMessage(systemNote(0, 0))
	synctest.Wait()
	assert.Equal(t, []string{"1 system"}, l.since(4), "only system messages are handled while it is suspended")
	if kind.ours {
		assert.Equal(t, []string{"fail"}, l.refused)
	}
	return f, l
}

// TestConformanceSuspension: what was not read when the child failed waits for
// the parent's decision, and is handled by the old instance or by a new one.
func TestConformanceSuspension(t *testing.T) {
	t.Run("resumed", func(t *testing.T) {
		forEachKindInBubble(t, func(t *testing.T, kind mailboxKind, system *actor.ActorSystem, workers *Workers) {
			f, l := suspended(t, kind, system, workers)
			f.resume(t)
			synctest.Wait()
			assert.Equal(t, []string{"1 c", "1 d", "1 e"}, l.since(5))
			f.stop(t)
		})
	})
	t.Run("restarted", func(t *testing.T) {
		forEachKindInBubble(t, func(t *testing.T, kind mailboxKind, system *actor.ActorSystem, workers *Workers) {
			f, l := suspended(t, kind, system, workers)
			f.restart(t)
			synctest.Wait()
			assert.Equal(t, []string{"1 restarting", "2 started", "2 c", "2 d", "2 e"}, l.since(5))
			f.stop(t)
		})
	})
}

// TestConformanceStopWhileSuspended: a child that is stopped before its parent
// decided handles nothing more. Ours gives the rest back.
func TestConformanceStopWhileSuspended(t *testing.T) {
	forEachKindInBubble(t, func(t *testing.T, kind mailboxKind, system *actor.ActorSystem, workers *Workers) {
		f, l := suspended(t, kind, system, workers)
		f.stop(t)
		l.mailbox.PostUserMessage("f")
		synctest.Wait()
		assert.Equal(t, []string{"1 stopping", "1 stopped"}, l.since(5))
		if kind.ours {
			assert.Equal(t, []string{"fail", "c", "d", "e", "f"}, l.refused)
		}
	})
}

// TestConformanceStartFails: an instance that failed in Started gets no user
// message, though the resumption that its restart sent was already queued.
func TestConformanceStartFails(t *testing.T) {
	forEachKindInBubble(t, func(t *testing.T, kind mailboxKind, system *actor.ActorSystem, workers *Workers) {
		f, l := suspended(t, kind, system, workers)
		l.startFails = 2
		f.restart(t)
		synctest.Wait()
		assert.Equal(t, []string{"1 restarting", "2 started"}, l.since(5))
		f.restart(t)
		synctest.Wait()
		assert.Equal(t, []string{"2 restarting", "3 started", "3 c", "3 d", "3 e"}, l.since(7))
		f.stop(t)
	})
}
