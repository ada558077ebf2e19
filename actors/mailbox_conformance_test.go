package actors

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mailboxKind is a mailbox that the suite runs against: Proto.Actor's own, or
// ours in one of its modes.
type mailboxKind struct {
	name string
	ours bool
	make func(workers *Workers, refuse func(any)) actor.Mailbox
}

var mailboxKinds = []mailboxKind{
	{"default", false, func(*Workers, func(any)) actor.Mailbox { return actor.Unbounded()() }},
	ourKind("worker", mailboxOptions{}),
	ourKind("inline", mailboxOptions{budget: 16}),
	ourKind("inline, unlimited", mailboxOptions{budget: 1 << 30}),
	ourKind("inline yield onEmpty", mailboxOptions{budget: 16, yield: true, onEmpty: true}),
	ourKind("joining, worker", mailboxOptions{joins: isNote}),
	ourKind("joining, inline", mailboxOptions{joins: isNote, budget: 16, onEmpty: true}),
}

func ourKind(name string, o mailboxOptions) mailboxKind {
	return mailboxKind{name, true, func(workers *Workers, refuse func(any)) actor.Mailbox {
		o := o
		o.workers, o.refuse = workers, refuse
		return newMailbox(o)
	}}
}

// note is a user message; poster and number say whose it is and in which place.
type note struct {
	poster, number int
	fails          bool
}

func isNote(msg any) bool {
	_, ok := msg.(*note)
	return ok
}

// systemNote is a system message that Proto.Actor passes on to Receive.
func systemNote(poster, number int) *actor.Terminated {
	return &actor.Terminated{Who: actor.NewPID(fmt.Sprint(poster), fmt.Sprint(number))}
}

// ledger holds what a child handled, and what its mailbox gave back.
type ledger struct {
	mu       sync.Mutex
	handled  []note
	refused  []note
	system   map[string][]string // by poster, in order
	enough   chan struct{}       // closed when so many user and system messages were handled
	awaited  int
	reasons  []any // of the failures that the parent was asked about
	messages []any
}

func newLedger(awaited int) *ledger {
	return &ledger{system: make(map[string][]string), enough: make(chan struct{}), awaited: awaited}
}

// receive is the child's: notes are written down before they fail.
func (l *ledger) receive(_ int, ctx actor.Context) {
	switch msg := ctx.Message().(type) {
	case *note:
		l.write(func() { l.handled = append(l.handled, *msg) })
		if msg.fails {
			panic(fmt.Sprintf("%d fails", msg.number))
		}
	case *actor.Terminated:
		l.write(func() { l.system[msg.Who.Address] = append(l.system[msg.Who.Address], msg.Who.Id) })
	}
}

func (l *ledger) write(entry func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	entry()
	l.awaited--
	if l.awaited == 0 {
		close(l.enough)
	}
}

func (l *ledger) refuse(msg any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused = append(l.refused, *msg.(*note))
}

// decide is a strategy that restarts, and writes down what it was asked.
func (l *ledger) decide(s actor.Supervisor, child *actor.PID, reason, message any) {
	l.mu.Lock()
	l.reasons, l.messages = append(l.reasons, reason), append(l.messages, message)
	l.mu.Unlock()
	s.RestartChildren(child)
}

// byPoster sorts the numbers of notes by poster, and keeps their order.
func byPoster(notes []note) map[int][]int {
	numbers := make(map[int][]int)
	for _, n := range notes {
		numbers[n.poster] = append(numbers[n.poster], n.number)
	}
	return numbers
}

func upTo(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}

// forEachKind runs a test with each mailbox in a system of its own.
func forEachKind(t *testing.T, test func(t *testing.T, kind mailboxKind, system *actor.ActorSystem, workers *Workers)) {
	t.Helper()
	for _, kind := range mailboxKinds {
		t.Run(kind.name, func(t *testing.T) {
			var workers Workers
			defer closeWorkers(t, &workers)
			test(t, kind, quietSystem(), &workers)
		})
	}
}

// forEachKindInBubble is forEachKind in fake time.
func forEachKindInBubble(t *testing.T, test func(t *testing.T, kind mailboxKind, system *actor.ActorSystem, workers *Workers)) {
	t.Helper()
	for _, kind := range mailboxKinds {
		t.Run(kind.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, workers *Workers) { test(t, kind, quietSystem(), workers) })
		})
	}
}

// TestConformanceRestarts: many posters, hundreds of failures with a restart
// each, system messages in between: every message is handled once, and in its
// poster's order; the failing one is lost to the actor, and given back where
// somebody wants it.
func TestConformanceRestarts(t *testing.T) {
	forEachKind(t, func(t *testing.T, kind mailboxKind, system *actor.ActorSystem, workers *Workers) {
		const posters, each, failEvery, systemEvery = 8, 300, 11, 5
		l := newLedger(posters * (each + each/systemEvery))
		f := newFamily(t, system, kind.make(workers, l.refuse), l.receive, l.decide)
		var wg sync.WaitGroup
		for p := range posters {
			wg.Go(func() {
				for i := range each {
					f.mailbox.PostUserMessage(&note{p, i, (i+p)%failEvery == 0})
					if i%systemEvery == 0 {
						f.mailbox.PostSystemMessage(systemNote(p, i))
					}
				}
			})
		}
		wg.Wait()
		awaitClosed(t, l.enough, "all messages")
		f.stop(t)

		require.Len(t, l.handled, posters*each)
		handled, fails := byPoster(l.handled), []note(nil)
		for p := range posters {
			require.Equal(t, upTo(each), handled[p], "poster %d", p)
			require.Len(t, l.system[fmt.Sprint(p)], each/systemEvery)
			for i, number := range l.system[fmt.Sprint(p)] {
				require.Equal(t, fmt.Sprint(i*systemEvery), number, "poster %d", p)
			}
		}
		for _, n := range l.handled {
			if n.fails {
				fails = append(fails, n)
			}
		}
		require.Greater(t, len(fails), 200)
		assert.Equal(t, len(fails)+1, f.instances)
		require.Len(t, l.reasons, len(fails))
		for i, n := range fails {
			assert.Equal(t, fmt.Sprintf("%d fails", n.number), l.reasons[i])
		}
		if kind.ours {
			assert.Equal(t, fails, l.refused)
		}
	})
}

// TestConformanceStops: children that fail, are restarted, and are stopped in
// the midst of what many posters send them, by themselves or by their parent:
// what comes before the stop is handled once and in order, nothing after. Ours
// gives back the rest.
func TestConformanceStops(t *testing.T) {
	forEachKind(t, func(t *testing.T, kind mailboxKind, system *actor.ActorSystem, workers *Workers) {
		const rounds, posters, each = 25, 4, 40
		for round := range rounds {
			r := &stopRound{
				ledger: newLedger(1 + round*posters*each/rounds),
				itself: round%2 == 0,
			}
			r.mailbox = kind.make(workers, r.refuse)
			f := newFamily(t, system, r.mailbox, r.receive, r.decide)
			var wg sync.WaitGroup
			for p := range posters {
				wg.Go(func() { r.post(p, each) })
			}
			awaitClosed(t, r.enough, "so many messages")
			if r.itself {
				awaitClosed(t, f.gone, "the child's end")
				f.end(t)
			} else {
				f.stop(t)
			}
			wg.Wait()

			r.checkStopped(t, kind, posters, each)
			require.Equal(t, len(r.reasons)+1, f.instances)
			if r.itself {
				require.Equal(t, r.stoppedAt, len(r.handled))
			}
		}
	})
}

// stopRound is a child that stops itself once it has handled enough, or that
// its parent stops then.
type stopRound struct {
	*ledger
	mailbox   actor.Mailbox
	itself    bool
	stoppedAt int // how many were handled when it stopped itself
}

func (r *stopRound) post(poster, each int) {
	for i := range each {
		r.mailbox.PostUserMessage(&note{poster, i, (i+poster)%9 == 0})
	}
}

func (r *stopRound) receive(instance int, ctx actor.Context) {
	switch msg := ctx.Message().(type) {
	case *actor.Stopped:
		if m, ok := r.mailbox.(*Mailbox); ok {
			m.close() // as every actor of ours does
		}
	case *note:
		// One that fails cannot stop: the restart would revive the child.
		if r.itself && r.awaited <= 1 && !msg.fails && r.stoppedAt == 0 {
			r.stoppedAt = len(r.handled) + 1
			ctx.Stop(ctx.Self())
		}
		r.ledger.receive(instance, ctx)
	}
}

// checkStopped checks what became of the notes of a child that was stopped.
func (l *ledger) checkStopped(t *testing.T, kind mailboxKind, posters, each int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	given := make(map[note]int)
	for _, n := range l.refused {
		given[n]++
	}
	handled := byPoster(l.handled)
	for p := range posters {
		for i, number := range handled[p] {
			require.Equal(t, i, number, "poster %d", p)
		}
	}
	if !kind.ours {
		return
	}
	for _, n := range l.handled {
		want := 0
		if n.fails {
			want = 1
		}
		require.Equal(t, want, given[n], "given back, of handled %v", n)
		delete(given, n)
	}
	require.Len(t, given, posters*each-len(l.handled), "given back, of those not handled")
	for n, times := range given {
		require.Equal(t, 1, times, "given back: %v", n)
	}
}

// TestConformanceSystemFirst: system messages go before the user messages that
// were posted before them.
func TestConformanceSystemFirst(t *testing.T) {
	forEachKindInBubble(t, func(t *testing.T, kind mailboxKind, system *actor.ActorSystem, workers *Workers) {
		var order []string
		mailbox := kind.make(workers, nil)
		f := newFamily(t, system, mailbox, func(_ int, ctx actor.Context) {
			switch msg := ctx.Message().(type) {
			case *actor.Terminated:
				order = append(order, "system "+msg.Who.Id)
			case string:
				order = append(order, msg)
				if msg == "first" {
					for _, later := range []string{"second", "third"} {
						mailbox.PostUserMessage(later)
					}
				}
				mailbox.PostSystemMessage(systemNote(0, len(order)))
			}
		}, nil)
		mailbox.PostUserMessage("first")
		synctest.Wait()
		assert.Equal(t, []string{"first", "system 1", "second", "system 3", "third", "system 5"}, order)
		f.stop(t)
	})
}
