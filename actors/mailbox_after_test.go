package actors

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// relay is a message that makes its actor post a part after its turn, and then
// end as how says.
type relay struct {
	part string
	how  string // "", "panic" or "goexit"
}

// relayed makes two mailboxes: what the first one's actor gets as a relay it
// passes to the second. sent is the first one's diary, arrived the second's.
func relayed(first, second mailboxOptions) (from, to *Mailbox, sent, arrived *diary) {
	sent, arrived = new(diary), new(diary)
	to, _ = scripted(second, func(m *Mailbox, msg any) {
		arrived.receive(m, msg)
		if msg == "goexit" {
			runtime.Goexit()
		}
	})
	from, _ = scripted(first, func(m *Mailbox, msg any) {
		switch msg := msg.(type) {
		case post:
			for _, one := range msg {
				m.PostUserMessage(one)
			}
		case relay:
			sent.receive(m, msg.part)
			m.postAfter(to, msg.part)
			switch msg.how {
			case "panic":
				panic(msg.how)
			case "goexit":
				runtime.Goexit()
			}
		}
	})
	return from, to, sent, arrived
}

// inBudgets runs a test with each pair of budgets, the first and the second
// mailbox's.
func inBudgets(t *testing.T, test func(t *testing.T, first, second mailboxOptions)) {
	t.Helper()
	for _, first := range []int{0, 2, 1000} {
		for _, second := range []int{0, 1, 1000} {
			t.Run(fmt.Sprintf("budgets %d and %d", first, second), func(t *testing.T) {
				bubble(t, func(t *testing.T, workers *Workers) {
					test(t, mailboxOptions{workers: workers, budget: first}, mailboxOptions{workers: workers, budget: second})
				})
			})
		}
	}
}

// TestPostAfter: the target starts when the poster's turn has ended, and gets
// all in order.
func TestPostAfter(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		options := mailboxOptions{workers: workers, budget: 1000}
		var d diary
		to, _ := scripted(options, d.receive)
		from, _ := scripted(options, func(m *Mailbox, msg any) {
			d.receive(m, msg)
			if part, ok := msg.(string); ok {
				m.postAfter(to, part+", relayed")
			}
		})
		from.PostUserMessage(post{"a", "b", "c"})
		assert.Equal(t, diary{"post", "a", "b", "c", "a, relayed", "b, relayed", "c, relayed"}, d)
	})
}

// TestPostAfterBudget: nothing is lost when the poster's turn ends because its
// budget is used up, and the target has not to wait for the rest.
func TestPostAfterBudget(t *testing.T) {
	inBudgets(t, func(t *testing.T, first, second mailboxOptions) {
		gate := make(chan struct{})
		var sent, arrived diary
		to, _ := scripted(second, arrived.receive)
		from, _ := scripted(first, func(m *Mailbox, msg any) {
			sent.receive(m, msg)
			if _, ok := msg.(post); ok {
				return
			}
			if msg == "c" && first.budget == 2 {
				<-gate // on a worker by now
			}
			m.postAfter(to, msg)
		})
		from.PostUserMessage(post{"a", "b", "c", "d"})
		synctest.Wait()
		if first.budget == 2 {
			// b may be there too: it joins a where that is still being handled.
			require.NotEmpty(t, arrived, "the turn that ended held the post and a")
			assert.Equal(t, "a", arrived[0])
		}
		close(gate)
		synctest.Wait()
		assert.Equal(t, diary{"a", "b", "c", "d"}, arrived)
	})
}

// TestPostAfterFailure: what an actor posted before it failed arrives, though
// the actor is suspended.
func TestPostAfterFailure(t *testing.T) {
	for _, how := range []string{"panic", "goexit"} {
		t.Run(how, func(t *testing.T) {
			inBudgets(t, func(t *testing.T, first, second mailboxOptions) {
				from, _, sent, arrived := relayed(first, second)
				go from.PostUserMessage(post{relay{part: "a"}, relay{part: "b", how: how}, relay{part: "c"}})
				synctest.Wait()
				assert.Equal(t, diary{"a", "b"}, *arrived)
				from.PostSystemMessage(&actor.ResumeMailbox{})
				synctest.Wait()
				assert.Equal(t, diary{"a", "b", "c"}, *sent)
				assert.Equal(t, diary{"a", "b", "c"}, *arrived)
			})
		})
	}
}

// TestPostAfterTargetEnds: a target that ends the goroutine it runs in takes
// nothing of the poster's mailbox with it, be the poster's turn a good or a
// failed one.
func TestPostAfterTargetEnds(t *testing.T) {
	for _, how := range []string{"", "panic"} {
		t.Run(how, func(t *testing.T) {
			inBudgets(t, func(t *testing.T, first, second mailboxOptions) {
				from, to, sent, arrived := relayed(first, second)
				go from.PostUserMessage(relay{part: "goexit", how: how})
				synctest.Wait()
				to.PostSystemMessage(&actor.ResumeMailbox{})
				from.PostSystemMessage(&actor.ResumeMailbox{})
				synctest.Wait()
				from.PostUserMessage(relay{part: "a"})
				synctest.Wait()
				assert.Equal(t, diary{"goexit", "a"}, *sent)
				assert.Equal(t, diary{"goexit", "a"}, *arrived)
			})
		})
	}
}

// TestPostAfterTwo: of two targets the second starts, whatever the first does
// to the goroutine.
func TestPostAfterTwo(t *testing.T) {
	inBudgets(t, func(t *testing.T, first, second mailboxOptions) {
		var arrived diary
		one, _ := scripted(second, func(*Mailbox, any) { runtime.Goexit() })
		two, _ := scripted(second, arrived.receive)
		from, _ := scripted(first, func(m *Mailbox, msg any) {
			m.postAfter(one, msg)
			m.postAfter(two, msg)
		})
		go from.PostUserMessage("a")
		synctest.Wait()
		assert.Equal(t, diary{"a"}, arrived)
	})
}

// TestPostAfterElsewhere: a target that is closed refuses, one that is
// suspended keeps, one that runs already goes on.
func TestPostAfterElsewhere(t *testing.T) {
	inBudgets(t, func(t *testing.T, first, second mailboxOptions) {
		var arrived diary
		second.refuse = func(msg any) { arrived = append(arrived, "refused "+msg.(string)) }
		gate := make(chan struct{})
		to, s := scripted(second, func(m *Mailbox, msg any) {
			if msg == "wait" {
				<-gate
			}
			arrived.receive(m, msg)
		})
		s.system = func(m *Mailbox, _ any) { m.close() }
		from, _ := scripted(first, func(m *Mailbox, msg any) { m.postAfter(to, msg) })

		go to.PostUserMessage("wait")
		synctest.Wait()
		from.PostUserMessage("a")
		synctest.Wait()
		assert.Empty(t, arrived)
		close(gate)
		synctest.Wait()
		assert.Equal(t, diary{"wait", "a"}, arrived)

		to.PostSystemMessage(&actor.SuspendMailbox{})
		synctest.Wait()
		from.PostUserMessage("b")
		synctest.Wait()
		assert.Len(t, arrived, 2)
		to.PostSystemMessage(&actor.ResumeMailbox{})
		synctest.Wait()
		assert.Equal(t, diary{"b"}, arrived[2:])

		to.PostSystemMessage("stop")
		synctest.Wait()
		from.PostUserMessage("c")
		synctest.Wait()
		assert.Equal(t, diary{"refused c"}, arrived[3:])
	})
}

// TestPostAfterMany: what many posters send through one actor to another
// arrives once, in order, and in one goroutine at a time.
func TestPostAfterMany(t *testing.T) {
	const posters, each = 4, 500
	for _, first := range []int{0, 3, 1000} {
		for _, second := range []int{0, 3, 1000} {
			t.Run(fmt.Sprintf("budgets %d and %d", first, second), func(t *testing.T) {
				var workers Workers
				defer closeWorkers(t, &workers)
				arrived := make(map[int][]int)
				var inside atomic.Int32
				left, done := posters*each, make(chan struct{})
				to, _ := scripted(mailboxOptions{workers: &workers, budget: second}, func(_ *Mailbox, msg any) {
					assert.EqualValues(t, 1, inside.Add(1), "goroutines in the actor")
					n := msg.(*note)
					arrived[n.poster] = append(arrived[n.poster], n.number)
					if left--; left == 0 {
						close(done)
					}
					inside.Add(-1)
				})
				from, _ := scripted(mailboxOptions{workers: &workers, budget: first}, func(m *Mailbox, msg any) { m.postAfter(to, msg) })
				var wg sync.WaitGroup
				for p := range posters {
					wg.Go(func() {
						for i := range each {
							from.PostUserMessage(&note{poster: p, number: i})
						}
					})
				}
				wg.Wait()
				awaitClosed(t, done, "all messages")
				for p := range posters {
					assert.Equal(t, upTo(each), arrived[p], "poster %d", p)
				}
			})
		}
	}
}
