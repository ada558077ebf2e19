package actors

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patience bounds waits that end at once unless something is broken.
const patience = 30 * time.Second

// escalation is a failure as the mailbox reported it.
type escalation struct{ reason, message any }

// scriptedInvoker stands for an actor's context. As Proto.Actor's does, it
// suspends the mailbox when a failure is escalated. Its fields are the
// consumer's: tests read them when the mailbox is idle.
type scriptedInvoker struct {
	mailbox   *Mailbox
	user      func(m *Mailbox, msg any)
	system    func(m *Mailbox, msg any) // nil: does nothing
	escalated []escalation
}

func (s *scriptedInvoker) InvokeUserMessage(msg any) { s.user(s.mailbox, msg) }

func (s *scriptedInvoker) InvokeSystemMessage(msg any) {
	if s.system != nil {
		s.system(s.mailbox, msg)
	}
}

func (s *scriptedInvoker) EscalateFailure(reason, message any) {
	s.escalated = append(s.escalated, escalation{reason, message})
	s.mailbox.PostSystemMessage(&actor.SuspendMailbox{})
}

// scripted makes a mailbox whose actor is the function user.
func scripted(o mailboxOptions, user func(m *Mailbox, msg any)) (*Mailbox, *scriptedInvoker) {
	s := &scriptedInvoker{mailbox: newMailbox(o), user: user}
	s.mailbox.RegisterHandlers(s, nil)
	s.mailbox.Start()
	return s.mailbox, s
}

// closeWorkers ends a pool: nothing of it may be left.
func closeWorkers(t *testing.T, w *Workers) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, w.Close(ctx))
}

// awaitClosed waits for a channel to be closed, or to give a value.
func awaitClosed[T any](t *testing.T, ch <-chan T, what string) {
	t.Helper()
	select {
	case <-ch:
	case <-time.After(patience):
		require.FailNow(t, "waited in vain", what)
	}
}

// goroutine names the goroutine that calls it: "goroutine 42".
func goroutine() string {
	buffer := make([]byte, 64)
	name, _, _ := bytes.Cut(buffer[:runtime.Stack(buffer, false)], []byte(" ["))
	return string(name)
}

// post is a user message that makes its actor post more to itself: the only
// way to fill a queue that is not raced for.
type post []any

// bubble runs a test in fake time, with a pool of workers.
func bubble(t *testing.T, test func(t *testing.T, workers *Workers)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var workers Workers
		defer closeWorkers(t, &workers)
		test(t, &workers)
	})
}

// diary is what an actor handled, in order. It unfolds posts.
type diary []string

func (d *diary) receive(m *Mailbox, msg any) {
	switch msg := msg.(type) {
	case post:
		*d = append(*d, "post")
		for _, one := range msg {
			m.PostUserMessage(one)
		}
	case queueEmpty:
		*d = append(*d, "empty")
	default:
		*d = append(*d, fmt.Sprint(msg))
	}
	if msg == "fail" {
		panic("failed")
	}
}

// TestMailboxBudget: the poster's goroutine handles that many messages, its own
// or others', and a worker goes on.
func TestMailboxBudget(t *testing.T) {
	const budget, total = 5, 40
	check := func(t *testing.T, poster string, ran []string) {
		t.Helper()
		require.Len(t, ran, total)
		for i, g := range ran {
			if i < budget {
				assert.Equal(t, poster, g, "message %d", i)
			} else {
				assert.NotEqual(t, poster, g, "message %d", i)
			}
		}
	}
	t.Run("its own", func(t *testing.T) {
		bubble(t, func(t *testing.T, workers *Workers) {
			var ran []string
			m, _ := scripted(mailboxOptions{workers: workers, budget: budget}, func(m *Mailbox, msg any) {
				if msg == 0 {
					for i := 1; i < total; i++ {
						m.PostUserMessage(i)
					}
				}
				assert.Equal(t, len(ran), msg)
				ran = append(ran, goroutine())
			})
			m.PostUserMessage(0)
			synctest.Wait()
			check(t, goroutine(), ran)
		})
	})
	t.Run("others'", func(t *testing.T) {
		bubble(t, func(t *testing.T, workers *Workers) {
			var ran []string
			gate := make(chan struct{})
			m, _ := scripted(mailboxOptions{workers: workers, budget: budget}, func(_ *Mailbox, msg any) {
				if msg == 0 {
					<-gate
				}
				assert.Equal(t, len(ran), msg)
				ran = append(ran, goroutine())
			})
			var poster string
			go func() {
				poster = goroutine()
				m.PostUserMessage(0)
			}()
			synctest.Wait()
			for i := 1; i < total; i++ {
				m.PostUserMessage(i)
			}
			close(gate)
			synctest.Wait()
			check(t, poster, ran)
		})
	})
}

// TestPostElsewhere: the poster handles nothing, in whatever order the messages come.
func TestPostElsewhere(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		var ran []string
		m, _ := scripted(mailboxOptions{workers: workers, budget: 1000}, func(_ *Mailbox, msg any) {
			assert.Equal(t, len(ran), msg)
			ran = append(ran, goroutine())
		})
		m.PostElsewhere(0)
		m.PostElsewhere(1)
		synctest.Wait()
		m.PostUserMessage(2)
		synctest.Wait()
		assert.NotContains(t, ran[:2], goroutine())
		assert.Equal(t, goroutine(), ran[2])
	})
}

// TestMailboxMayBlock: an actor that asks for a worker gets its next message
// there, whatever the budget; the next poster is the consumer again.
func TestMailboxMayBlock(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		var may []bool
		var ran []string
		m, _ := scripted(mailboxOptions{workers: workers, budget: 1000}, func(m *Mailbox, msg any) {
			if more, ok := msg.(post); ok {
				for _, one := range more {
					m.PostUserMessage(one)
				}
				return
			}
			may = append(may, m.mayBlock())
			ran = append(ran, goroutine())
		})
		m.PostUserMessage(post{1, 2, 3})
		synctest.Wait()
		m.PostUserMessage(4)
		synctest.Wait()
		assert.Equal(t, []bool{false, true, true, false}, may)
		here := goroutine()
		assert.Equal(t, here, ran[0])
		assert.NotEqual(t, here, ran[1])
		assert.Equal(t, ran[1], ran[2])
		assert.Equal(t, here, ran[3])
	})
}

// TestMailboxMayBlockAgain: what the writer does with a write that would block:
// it asks for a worker and for another queueEmpty, and gets that there.
func TestMailboxMayBlockAgain(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		var empties []bool
		m, _ := scripted(mailboxOptions{workers: workers, budget: 1000, onEmpty: true}, func(m *Mailbox, msg any) {
			if _, ok := msg.(queueEmpty); ok {
				empties = append(empties, m.mayBlock())
				if !m.onWorker {
					m.again()
				}
			}
		})
		m.PostUserMessage("write")
		synctest.Wait()
		assert.Equal(t, []bool{false, true}, empties)
	})
}

// TestMailboxSystemFirst: what waits in the system queue goes before every
// user message, also before the rest of a batch that was already taken.
func TestMailboxSystemFirst(t *testing.T) {
	for _, budget := range []int{0, 1, 3, 1000} {
		bubble(t, func(t *testing.T, workers *Workers) {
			var d diary
			m, s := scripted(mailboxOptions{workers: workers, budget: budget}, func(m *Mailbox, msg any) {
				d.receive(m, msg)
				if msg == "b" || msg == "d" {
					m.PostSystemMessage("behind " + msg.(string))
				}
			})
			s.system = func(m *Mailbox, msg any) {
				d = append(d, msg.(string))
				if msg == "behind b" {
					m.PostSystemMessage("behind that")
				}
			}
			m.PostUserMessage(post{"a", "b", "c", "d"})
			synctest.Wait()
			assert.Equal(t, diary{"post", "a", "b", "behind b", "behind that", "c", "d", "behind d"}, d, "budget %d", budget)
		})
	}
}

// TestMailboxBeforeSpawn: what is posted before Proto.Actor has registered the
// actor waits for it.
func TestMailboxBeforeSpawn(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		var d diary
		m := newMailbox(mailboxOptions{workers: workers, budget: 10})
		s := &scriptedInvoker{mailbox: m, user: d.receive}
		s.system = func(_ *Mailbox, msg any) { d = append(d, msg.(string)) }
		m.PostUserMessage("early")
		m.PostSystemMessage("early too")
		synctest.Wait()
		assert.Empty(t, d)
		assert.Equal(t, 1, m.UserMessageCount())
		m.RegisterHandlers(s, nil)
		m.PostSystemMessage("started")
		synctest.Wait()
		assert.Equal(t, diary{"early too", "started", "early"}, d)
		assert.Zero(t, m.UserMessageCount())
	})
}
