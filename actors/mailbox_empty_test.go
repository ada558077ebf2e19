package actors

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// emptyModes are the ways in which a queueEmpty may come.
var emptyModes = map[string]mailboxOptions{
	"worker":       {onEmpty: true},
	"inline":       {onEmpty: true, budget: 1000},
	"inline yield": {onEmpty: true, budget: 1000, yield: true},
	"offloaded":    {onEmpty: true, budget: 2},
}

// inEmptyModes runs a test in each mode.
func inEmptyModes(t *testing.T, test func(t *testing.T, o mailboxOptions)) {
	t.Helper()
	for name, o := range emptyModes {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, workers *Workers) {
				o.workers = workers
				test(t, o)
			})
		})
	}
}

// TestQueueEmpty: it comes once behind all that waited, and not otherwise.
func TestQueueEmpty(t *testing.T) {
	inEmptyModes(t, func(t *testing.T, o mailboxOptions) {
		var d diary
		m, _ := scripted(o, d.receive)
		m.PostUserMessage(post{"a", post{"b"}, "c"})
		synctest.Wait()
		assert.Equal(t, diary{"post", "a", "post", "c", "b", "empty"}, d)

		m.PostUserMessage("d")
		synctest.Wait()
		assert.Equal(t, diary{"d", "empty"}, d[6:])

		m.PostSystemMessage("watch") // is no user message
		synctest.Wait()
		assert.Len(t, d, 8)
	})
}

// TestQueueEmptyNotAskedFor: an actor that did not ask for it never gets it.
func TestQueueEmptyNotAskedFor(t *testing.T) {
	inEmptyModes(t, func(t *testing.T, o mailboxOptions) {
		o.onEmpty = false
		var d diary
		m, _ := scripted(o, d.receive)
		m.PostUserMessage(post{"a", "b"})
		synctest.Wait()
		assert.Equal(t, diary{"post", "a", "b"}, d)
	})
}

// TestQueueEmptyAgain: it comes again when the actor asks for it, behind what
// was posted meanwhile.
func TestQueueEmptyAgain(t *testing.T) {
	inEmptyModes(t, func(t *testing.T, o mailboxOptions) {
		var d diary
		more := []any{nil, "b", nil} // what each queueEmpty posts
		m, _ := scripted(o, func(m *Mailbox, msg any) {
			d.receive(m, msg)
			if _, ok := msg.(queueEmpty); !ok || len(more) == 0 {
				return
			}
			if more[0] != nil {
				m.PostUserMessage(more[0])
			}
			more = more[1:]
			m.again()
		})
		m.PostUserMessage("a")
		synctest.Wait()
		assert.Equal(t, diary{"a", "empty", "empty", "b", "empty", "empty"}, d)
	})
}

// TestQueueEmptyWhileSuspended: after a failure it waits for the restart, with
// the rest of the queue.
func TestQueueEmptyWhileSuspended(t *testing.T) {
	inEmptyModes(t, func(t *testing.T, o mailboxOptions) {
		var d diary
		m, s := scripted(o, d.receive)
		m.PostUserMessage(post{"a", "fail", "b"})
		synctest.Wait()
		assert.Equal(t, diary{"post", "a", "fail"}, d)
		assert.Equal(t, []escalation{{"failed", "fail"}}, s.escalated)

		m.PostUserMessage("c")
		synctest.Wait()
		assert.Len(t, d, 3)

		m.PostSystemMessage(&actor.ResumeMailbox{})
		synctest.Wait()
		assert.Equal(t, diary{"b", "c", "empty"}, d[3:])
	})
}

// TestQueueEmptyFails: a panic in it is escalated, as that of no message, and
// costs none.
func TestQueueEmptyFails(t *testing.T) {
	inEmptyModes(t, func(t *testing.T, o mailboxOptions) {
		reason := errors.New("the flush failed")
		fail := true
		var d diary
		o.refuse = func(msg any) { d = append(d, "refused") }
		m, s := scripted(o, func(m *Mailbox, msg any) {
			d.receive(m, msg)
			if _, ok := msg.(queueEmpty); ok && fail {
				fail = false
				panic(reason)
			}
		})
		m.PostUserMessage(post{"a"})
		synctest.Wait()
		require.Equal(t, []escalation{{reason, nil}}, s.escalated)
		m.PostUserMessage("b")
		synctest.Wait()
		assert.Equal(t, diary{"post", "a", "empty"}, d, "it is suspended")

		m.PostSystemMessage(&actor.ResumeMailbox{})
		synctest.Wait()
		assert.Equal(t, diary{"b", "empty"}, d[3:])
	})
}

// TestQueueEmptyAfterClose: an actor that has stopped gets none.
func TestQueueEmptyAfterClose(t *testing.T) {
	inEmptyModes(t, func(t *testing.T, o mailboxOptions) {
		var d diary
		o.refuse = func(msg any) { d = append(d, "refused "+msg.(string)) }
		m, s := scripted(o, func(m *Mailbox, msg any) {
			d.receive(m, msg)
			if msg == "a" {
				m.PostSystemMessage("stop")
			}
		})
		s.system = func(m *Mailbox, _ any) { m.close() }
		m.PostUserMessage(post{"a", "b"})
		synctest.Wait()
		assert.Equal(t, diary{"post", "a", "refused b"}, d)
	})
}
