package actors

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// deed is what an actor does with a letter, after it has posted its more.
type deed int

const (
	doNothing  deed = iota
	doAgain         // asks for another queueEmpty
	doMayBlock      // asks for a worker
	doClose         // has stopped
	doPanic
	doGoexit
)

// letter is one message of a random script.
type letter struct {
	id     int
	system bool
	deed   deed
	more   []any // letters, suspensions and resumptions, posted while it is handled
}

// office is what an actor acts on: a mailbox, or the model of one.
type office interface {
	write(entry string)
	post(msg any)
	again()
	mayBlock()
	close()
}

// handle is the actor. It returns how it ends: doPanic, doGoexit, or else.
func handle(o office, msg any, onEmpty deed) deed {
	l, ok := msg.(*letter)
	if !ok {
		l = &letter{deed: onEmpty}
		o.write("empty")
	} else {
		o.write(fmt.Sprint("handled ", l.id))
	}
	for _, one := range l.more {
		o.post(one)
	}
	switch l.deed {
	case doAgain:
		o.again()
	case doMayBlock:
		o.mayBlock()
	case doClose:
		o.close()
	case doNothing, doPanic, doGoexit:
	}
	return l.deed
}

// modelMailbox says what a mailbox does, in as few words as possible: no
// batches, no lock, no budget, one goroutine.
type modelMailbox struct {
	onEmpty                  bool
	empties                  []deed // of the queueEmptys to come
	system, user             []any
	suspended, closed, dirty bool
	log                      []string
}

func (m *modelMailbox) write(entry string) { m.log = append(m.log, entry) }
func (m *modelMailbox) again()             { m.dirty = true }
func (m *modelMailbox) mayBlock()          {}

func (m *modelMailbox) close() {
	m.closed, m.dirty = true, false
	for _, msg := range m.user {
		m.refuse(msg)
	}
	m.user = nil
}

func (m *modelMailbox) refuse(msg any) { m.write(fmt.Sprint("refused ", msg.(*letter).id)) }

func (m *modelMailbox) post(msg any) {
	switch l, ok := msg.(*letter); {
	case !ok, l.system:
		m.system = append(m.system, msg)
	case m.closed:
		m.refuse(msg)
	default:
		m.user = append(m.user, msg)
	}
}

func (m *modelMailbox) run() {
	for {
		var msg any
		switch {
		case len(m.system) > 0:
			msg, m.system = m.system[0], m.system[1:]
			m.runSystem(msg)
		case m.suspended:
			return
		case len(m.user) > 0:
			msg, m.user = m.user[0], m.user[1:]
			m.dirty = m.onEmpty
			if ends(handle(m, msg, doNothing)) {
				m.refuse(msg)
				m.fail(msg)
			}
		case m.dirty:
			m.dirty = false
			if ends(handle(m, queueEmpty{}, next(&m.empties))) {
				m.fail(nil)
			}
		default:
			return
		}
	}
}

func (m *modelMailbox) runSystem(msg any) {
	switch msg.(type) {
	case *actor.SuspendMailbox:
		m.suspended = true
	case *actor.ResumeMailbox:
		m.suspended = false
	default:
		if ends(handle(m, msg, doNothing)) {
			m.fail(nil)
		}
	}
}

func (m *modelMailbox) fail(msg any) {
	m.write(escalated(msg))
	m.post(&actor.SuspendMailbox{})
}

func ends(d deed) bool { return d == doPanic || d == doGoexit }

func escalated(msg any) string {
	if l, ok := msg.(*letter); ok {
		return fmt.Sprint("escalated ", l.id)
	}
	return "escalated"
}

// next takes the first of what is left, or the zero value.
func next[T any](all *[]T) (first T) {
	if len(*all) > 0 {
		first, *all = (*all)[0], (*all)[1:]
	}
	return first
}

// realMailbox is a Mailbox whose actor writes a log, and keeps account of which
// goroutine handled how many user messages.
type realMailbox struct {
	*Mailbox
	empties []deed
	log     []string
	ranIn   map[string]int
	blockIn []string // where mayBlock said yes
}

func (r *realMailbox) write(entry string) { r.log = append(r.log, entry) }

func (r *realMailbox) post(msg any) {
	if l, ok := msg.(*letter); !ok || l.system {
		r.PostSystemMessage(msg)
	} else {
		r.PostUserMessage(msg)
	}
}

func (r *realMailbox) mayBlock() {
	if r.Mailbox.mayBlock() {
		r.blockIn = append(r.blockIn, goroutine())
	}
}

func (r *realMailbox) refuse(msg any) { r.write(fmt.Sprint("refused ", msg.(*letter).id)) }

func (r *realMailbox) InvokeSystemMessage(msg any) { r.enact(handle(r, msg, doNothing)) }

func (r *realMailbox) InvokeUserMessage(msg any) {
	if _, ok := msg.(queueEmpty); ok {
		r.enact(handle(r, msg, next(&r.empties)))
		return
	}
	r.ranIn[goroutine()]++
	r.enact(handle(r, msg, doNothing))
}

func (r *realMailbox) enact(d deed) {
	switch d {
	case doPanic:
		panic("as the script says")
	case doGoexit:
		runtime.Goexit()
	case doNothing, doAgain, doMayBlock, doClose:
	}
}

func (r *realMailbox) EscalateFailure(_, msg any) {
	r.write(escalated(msg))
	r.PostSystemMessage(&actor.SuspendMailbox{})
}

// drawMessage draws a letter, a suspension or a resumption. Ids count up.
func drawMessage(t *rapid.T, ids *int, depth int) any {
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		return &actor.SuspendMailbox{}
	case 1, 2:
		return &actor.ResumeMailbox{}
	}
	*ids++
	l := &letter{id: *ids, system: rapid.IntRange(0, 3).Draw(t, "system") == 0}
	deeds := []deed{doNothing, doNothing, doNothing, doNothing, doAgain, doMayBlock, doPanic, doGoexit}
	if l.system {
		deeds = append(deeds, doClose)
	}
	l.deed = rapid.SampledFrom(deeds).Draw(t, "deed")
	if depth > 0 {
		for range rapid.IntRange(0, 5).Draw(t, "more") {
			l.more = append(l.more, drawMessage(t, ids, depth-1))
		}
	}
	return l
}

// TestMailboxModel: whatever is posted, and whatever the actor does, a mailbox
// does what the model does, in the same order, and a poster handles no more
// than its budget.
func TestMailboxModel(t *testing.T) {
	var seen modelCoverage
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			o := mailboxOptions{
				workers: new(Workers),
				budget:  rapid.IntRange(0, 4).Draw(t, "budget"),
				onEmpty: rapid.Bool().Draw(t, "onEmpty"),
				yield:   rapid.Bool().Draw(t, "yield"),
			}
			// Also when a draw gives up: a worker left behind is the bubble's deadlock.
			defer func() { require.NoError(t, o.workers.Close(context.Background())) }()
			empties := rapid.SliceOfN(rapid.SampledFrom([]deed{doNothing, doAgain, doMayBlock, doPanic, doGoexit}), 0, 8).Draw(t, "empties")
			model := &modelMailbox{onEmpty: o.onEmpty, empties: empties}
			r := &realMailbox{empties: empties, ranIn: make(map[string]int)}
			o.refuse = r.refuse
			r.Mailbox = newMailbox(o)
			r.RegisterHandlers(r, nil)
			ids := 0
			for range rapid.IntRange(1, 12).Draw(t, "posts") {
				msg := drawMessage(t, &ids, 2)
				model.post(msg)
				model.run()
				var poster string
				go func() {
					poster = goroutine()
					r.post(msg)
				}()
				synctest.Wait()
				require.Equal(t, model.log, r.log)
				require.LessOrEqual(t, r.ranIn[poster], o.budget)
				require.NotContains(t, r.blockIn, poster)
			}
			seen.add(model, len(r.blockIn))
		})
	})
	seen.check(t)
}

// modelCoverage counts what the random scripts brought about.
type modelCoverage struct {
	entries           map[string]int // by first word
	blocked           int
	suspended, closed int
}

func (c *modelCoverage) add(m *modelMailbox, blocked int) {
	if c.entries == nil {
		c.entries = make(map[string]int)
	}
	for _, entry := range m.log {
		var word string
		_, _ = fmt.Sscan(entry, &word)
		c.entries[word]++
	}
	c.blocked += blocked
	if m.suspended {
		c.suspended++
	}
	if m.closed {
		c.closed++
	}
}

// check fails a run in which nothing happened.
func (c *modelCoverage) check(t *testing.T) {
	t.Helper()
	for _, word := range []string{"handled", "empty", "refused", "escalated"} {
		assert.Greater(t, c.entries[word], 10, word)
	}
	assert.NotZero(t, c.blocked, "on a worker by its own wish")
	assert.NotZero(t, c.suspended, "suspended at the end")
	assert.NotZero(t, c.closed, "closed at the end")
}
