package actors

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMailboxGivesMemoryBack: the queue of a burst is not kept, and no slot of
// those that are keeps a message that was handled.
func TestMailboxGivesMemoryBack(t *testing.T) {
	const burst = 3 * shrinkAbove
	for name, o := range map[string]mailboxOptions{"worker": {}, "inline": {budget: 2 * burst}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, workers *Workers) {
				o.workers = workers
				handled, largest := 0, 0
				m, _ := scripted(o, func(m *Mailbox, msg any) {
					if more, ok := msg.(post); ok {
						for _, one := range more {
							m.PostUserMessage(one)
						}
					}
					handled++
					largest = max(largest, cap(m.batch))
				})
				one := post{}
				all := make(post, burst)
				for i := range all {
					all[i] = one
				}
				m.PostUserMessage(all)
				synctest.Wait()
				require.Equal(t, burst+1, handled)
				require.Greater(t, largest, shrinkAbove, "there was no burst")

				m.PostUserMessage(one)
				synctest.Wait()
				for _, queue := range [][]any{m.user, m.batch} {
					assert.LessOrEqual(t, cap(queue), shrinkAbove)
					for _, kept := range queue[:cap(queue)] {
						require.Nil(t, kept)
					}
				}
				assert.Nil(t, m.current)
			})
		})
	}
}

// TestMailboxAllocatesNothing: posting a pointer and handling it costs no
// allocation, once the queues have their size.
func TestMailboxAllocatesNothing(t *testing.T) {
	for name, o := range map[string]mailboxOptions{
		"worker":         {},
		"worker onEmpty": {onEmpty: true},
		"inline":         {budget: 100},
		"inline onEmpty": {budget: 100, onEmpty: true, yield: true},
		"offloaded":      {budget: 1},
	} {
		t.Run(name, func(t *testing.T) {
			var workers Workers
			defer closeWorkers(t, &workers)
			o.workers = &workers
			handled := make(chan struct{}, 1)
			m, s := scripted(o, func(_ *Mailbox, msg any) {
				if _, ok := msg.(*request); ok {
					handled <- struct{}{}
				}
			})
			s.system = func(*Mailbox, any) { handled <- struct{}{} }
			msg := new(request)
			assert.Zero(t, testing.AllocsPerRun(1000, func() {
				m.PostUserMessage(msg)
				<-handled
			}), "user message")
			assert.Zero(t, testing.AllocsPerRun(1000, func() {
				m.PostSystemMessage(msg)
				<-handled
			}), "system message")
		})
	}
}
