package actors

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMailboxWakesUp: a message that comes in the moment in which the mailbox
// falls idle is handled: two posters take turns, each as soon as the other's
// message is being handled.
func TestMailboxWakesUp(t *testing.T) {
	posts := map[string]func(m *Mailbox, msg any){
		"user": (*Mailbox).PostUserMessage, "system": (*Mailbox).PostSystemMessage,
	}
	for name, o := range map[string]mailboxOptions{
		"worker": {}, "inline": {budget: 1000}, "inline onEmpty": {budget: 1000, onEmpty: true}, "offloaded": {budget: 1},
	} {
		for kind, post := range posts {
			t.Run(name+" "+kind, func(t *testing.T) {
				var workers Workers
				defer closeWorkers(t, &workers)
				o := o
				o.workers = &workers
				takeTurns(t, o, post)
			})
		}
	}
}

func takeTurns(t *testing.T, o mailboxOptions, post func(m *Mailbox, msg any)) {
	t.Helper()
	const turns = 10_000
	turn := [2]chan int{make(chan int, 1), make(chan int, 1)}
	handle := func(_ *Mailbox, msg any) {
		i, ok := msg.(int)
		if !ok {
			return
		}
		turn[(i+1)%2] <- i + 1
	}
	m, s := scripted(o, handle)
	s.system = handle
	done := make(chan struct{}, 1)
	for p := range turn {
		go func() {
			for i := range turn[p] {
				if i == turns {
					done <- struct{}{}
					return
				}
				post(m, i)
			}
		}()
	}
	o.workers.Go(func() { // waits at the mailbox's lock make the moment longer
		for len(done) == 0 {
			m.UserMessageCount()
			runtime.Gosched()
		}
	})
	turn[0] <- 0
	awaitClosed(t, done, "the last turn")
	done <- struct{}{}
	close(turn[1-turns%2])
}

// TestMailboxCloseRace: every message that racing posters post around the
// actor's end is handled or refused, once, and each poster's refused ones are
// its last.
func TestMailboxCloseRace(t *testing.T) {
	const rounds = 30
	for _, budget := range []int{0, 7} {
		t.Run(fmt.Sprint("budget ", budget), func(t *testing.T) {
			var workers Workers
			defer closeWorkers(t, &workers)
			var handled, refused int64
			for round := range rounds {
				r := new(closeRace)
				m, s := scripted(mailboxOptions{workers: &workers, budget: budget, refuse: r.refuse}, r.handle)
				closed := make(chan struct{}, 2)
				s.system = func(m *Mailbox, _ any) {
					m.close()
					closed <- struct{}{}
				}
				r.closeAt = int64(round * racePosters * raceEach / rounds)
				var wg sync.WaitGroup
				for p := range racePosters {
					wg.Go(func() {
						for i := range raceEach {
							m.PostUserMessage(&r.of[p][i])
						}
					})
				}
				wg.Wait()
				m.PostSystemMessage("stop") // for the round in which nothing else did
				awaitClosed(t, closed, "the end")
				h, f := r.check(t)
				handled += h
				refused += f
			}
			assert.NotZero(t, handled)
			assert.NotZero(t, refused)
			assert.EqualValues(t, rounds*racePosters*raceEach, handled+refused)
		})
	}
}

// closeRace counts what became of each message of each poster.
type closeRace struct {
	closeAt int64 // as many handled messages trigger the end
	handled int64 // the consumer's
	of      [racePosters][raceEach]fate
}

type fate struct{ handled, refused atomic.Int32 }

const racePosters, raceEach = 4, 100

func (r *closeRace) handle(m *Mailbox, msg any) {
	msg.(*fate).handled.Add(1)
	r.handled++
	if r.handled == r.closeAt {
		m.PostSystemMessage("stop")
	}
}

func (r *closeRace) refuse(msg any) { msg.(*fate).refused.Add(1) }

func (r *closeRace) check(t *testing.T) (handled, refused int64) {
	t.Helper()
	for p := range r.of {
		lost := false
		for i := range r.of[p] {
			h, f := r.of[p][i].handled.Load(), r.of[p][i].refused.Load()
			require.EqualValues(t, 1, h+f, "poster %d, message %d", p, i)
			require.False(t, lost && h == 1, "poster %d: message %d was handled after one was refused", p, i)
			lost = lost || f == 1
			handled += int64(h)
			refused += int64(f)
		}
	}
	return handled, refused
}
