package actors

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"github.com/asynkron/protoactor-go/actor"
)

// TestMailboxJoins: one invocation takes what is in hand, up to a message that it may
// not join, the end of the budget, or a system message.
func TestMailboxJoins(t *testing.T) {
	for name, c := range map[string]struct {
		budget int
		posts  []any
		during any // the number at which a system message comes
		want   [][]any
	}{
		"all in hand":      {100, []any{1, 2, 3}, nil, [][]any{{"go"}, {1, 2, 3}}},
		"not that one":     {100, []any{1, "x", 2, 3}, nil, [][]any{{"go"}, {1}, {"x"}, {2, 3}}},
		"a system message": {100, []any{1, 2, 3}, 2, [][]any{{"go"}, {1, 2}, {"system"}, {3}}},
		"the budget":       {3, []any{1, 2, 3, 4}, nil, [][]any{{"go"}, {1, 2}, {3, 4}}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, workers *Workers) {
				var got [][]any
				isNumber := func(msg any) bool { _, ok := msg.(int); return ok }
				m, s := scripted(mailboxOptions{workers: workers, budget: c.budget, joins: isNumber}, func(m *Mailbox, msg any) {
					if msg == "go" { // what it posts to itself is one batch
						for _, post := range c.posts {
							m.PostUserMessage(post)
						}
					}
					run := []any{msg}
					for isNumber(msg) {
						if msg == c.during {
							m.PostSystemMessage(&actor.Watch{})
						}
						if msg = m.more(); msg != nil {
							run = append(run, msg)
						}
					}
					got = append(got, run)
				})
				s.system = func(*Mailbox, any) { got = append(got, []any{"system"}) }
				m.PostUserMessage("go")
				synctest.Wait()
				assert.Equal(t, c.want, got)
			})
		})
	}
}
