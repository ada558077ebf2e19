package actors

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/testdata/carddata"
)

// claimParty is one of those who move a claim word, in steps of one
// compare-and-swap each: between two steps, anything can come.
type claimParty []func(*claimTrial)

// claimTrial is one request in the hands of several parties.
type claimTrial struct {
	request *request
	claimed bool
	settled []string // by whom
	seen    uint32   // what the correlator has loaded
	unsent  bool     // settled as not sent
}

func (tr *claimTrial) settles(who string, won bool, from uint32) {
	if won {
		tr.settled = append(tr.settled, who)
		tr.unsent = from == wordQueued
	}
}

// claimParties are all that there are: the writer, whose claim is followed by a
// write that ends in one of several ways; the response; whoever gives up
// (deadline, cancel, the end of a session, the mailbox that refuses).
func claimParties() map[string]claimParty {
	writer := func(end func(*claimTrial)) claimParty {
		return claimParty{
			func(tr *claimTrial) { tr.claimed = tr.request.claim(7, 11) },
			func(tr *claimTrial) {
				if tr.claimed {
					end(tr)
				}
			},
		}
	}
	givesUp := func(who string) claimParty {
		return claimParty{
			func(tr *claimTrial) { tr.settles(who, tr.request.take(wordQueued), wordQueued) },
			func(tr *claimTrial) {
				if len(tr.settled) == 0 || tr.settled[len(tr.settled)-1] != who {
					tr.settles(who, tr.request.take(wordClaimed), wordClaimed)
				}
			},
		}
	}
	return map[string]claimParty{
		"writes":   writer(func(*claimTrial) {}),
		"posts":    writer(func(tr *claimTrial) { tr.settles("posts", tr.request.take(wordClaimed), wordClaimed) }),
		"stops":    writer(func(tr *claimTrial) { tr.settles("stops", tr.request.unwritten(), wordQueued) }),
		"deadline": givesUp("deadline"),
		"cancel":   givesUp("cancel"),
		"refusal": {
			func(tr *claimTrial) { tr.settles("refusal", tr.request.take(wordQueued), wordQueued) },
		},
		"response": responds(),
	}
}

// unwritten is the move of Record.failUnwritten.
func (r *request) unwritten() bool { return r.word.CompareAndSwap(wordClaimed, wordDropped) }

// responds answers from whatever word it finds, as often as that moves.
func responds() claimParty {
	step := func(tr *claimTrial) {
		if tr.seen == wordQueued || tr.seen == wordClaimed {
			if tr.request.take(tr.seen) {
				tr.settled = append(tr.settled, "response")
				tr.seen = wordSettled
				return
			}
		}
		tr.seen = tr.request.word.Load()
	}
	return claimParty{func(tr *claimTrial) { tr.seen = tr.request.word.Load() }, step, step, step}
}

// interleave calls visit with every order in which the parties' steps can come.
func interleave(parties []claimParty, visit func(order []int)) {
	left := make([]int, len(parties))
	total := 0
	for i, p := range parties {
		left[i] = len(p)
		total += len(p)
	}
	order := make([]int, 0, total)
	var next func()
	next = func() {
		if len(order) == total {
			visit(order)
			return
		}
		for i := range parties {
			if left[i] > 0 {
				left[i]--
				order = append(order, i)
				next()
				order = order[:len(order)-1]
				left[i]++
			}
		}
	}
	next()
}

// TestClaimWordInterleavings tries every order of the steps of the parties that
// can meet at a request. Somebody always gives it up in the end, so that it
// settles: once, and as not sent only if it was not written.
func TestClaimWordInterleavings(t *testing.T) {
	all := claimParties()
	orders, unsent, by := 0, 0, make(map[string]int)
	for _, names := range [][]string{
		{"writes", "deadline"},
		{"writes", "deadline", "cancel"},
		{"writes", "deadline", "response"},
		{"writes", "deadline", "cancel", "refusal"},
		{"posts", "deadline", "cancel", "refusal"},
		{"stops", "deadline", "cancel", "response"},
	} {
		parties := make([]claimParty, len(names))
		for i, name := range names {
			parties[i] = all[name]
		}
		interleave(parties, func(order []int) {
			orders++
			tr := &claimTrial{request: &request{}, seen: wordSettled}
			at := make([]int, len(parties))
			for _, p := range order {
				parties[p][at[p]](tr)
				at[p]++
			}
			fail := func(what string) { require.Failf(t, what, "%v in order %v: %+v", names, order, tr) }
			if len(tr.settled) != 1 {
				fail("settled by none, or by several")
			}
			by[tr.settled[0]]++
			word := tr.request.word.Load()
			switch {
			case tr.unsent && tr.claimed && tr.settled[0] != "stops":
				fail("not sent, and written")
			case tr.claimed && (tr.request.session != 7 || tr.request.claimedAt != 11):
				fail("claimed without saying where and when")
			case (word == wordDropped) != (!tr.claimed || tr.settled[0] == "stops"):
				fail("the word does not say whether the peer can have read it")
			case word != wordDropped && word != wordSettled:
				fail("the word does not say that it has settled")
			case tr.request.claim(8, 12), tr.request.take(wordQueued), tr.request.take(wordClaimed):
				fail("a settled request moves again")
			}
			if tr.unsent {
				unsent++
			}
		})
	}
	t.Logf("%d orders: %v", orders, by)
	assert.Greater(t, orders, 10_000)
	assert.Greater(t, unsent, 1_000)
	assert.Less(t, unsent, orders-1_000)
	for name := range all {
		if name != "writes" {
			assert.Positive(t, by[name], "%s never settles", name)
		}
	}
}

func TestTakeAny(t *testing.T) {
	q := &request{}
	from, ok := q.takeAny()
	assert.Equal(t, wordQueued, from)
	assert.True(t, ok)
	assert.Equal(t, wordDropped, q.word.Load())
	_, ok = q.takeAny()
	assert.False(t, ok)
	assert.False(t, q.claim(1, 1))
	assert.Zero(t, q.session, "not even marked as claimed")

	q = &request{}
	require.True(t, q.claim(1, 2))
	assert.False(t, q.claim(1, 2), "claimed once")
	from, ok = q.takeAny()
	assert.Equal(t, wordClaimed, from)
	assert.True(t, ok)
	assert.Equal(t, wordSettled, q.word.Load())
	_, ok = q.takeAny()
	assert.False(t, ok)
}

// TestOneSettles lets a writer, a response, a deadline, a cancelling caller and
// a refusing mailbox at the same request, in goroutines of their own: one result,
// one signal, one count.
func TestOneSettles(t *testing.T) {
	const rounds = 2_000
	config := LinkConfig{}.withDefaults()
	r := &Record{name: "claims", config: &config, scope: ownScope()}
	settled := make(map[string]int)
	for round := range rounds {
		q := &request{record: r, kind: kindSend, done: make(chan struct{}, 8)}
		winner := raceFor(q, round%4 == 0)
		settled[winner]++
		require.Len(t, q.done, 1, "signals")
		<-q.done
		if winner == "answered" {
			require.NoError(t, q.err)
			require.Equal(t, "yes", string(q.reply))
			continue
		}
		require.Nil(t, q.reply)
		var e *messages.SendError
		require.ErrorAs(t, q.err, &e)
		require.Equal(t, winner == "in doubt", errors.Is(e, messages.ErrInDoubt))
		require.Equal(t, winner == "not sent", errors.Is(e, messages.ErrNotSent))
		require.Equal(t, winner == "in doubt", e.Session == 3, "the session that took it")
	}
	c := r.counters.snapshot()
	assert.EqualValues(t, settled["answered"], c.Answered)
	assert.EqualValues(t, settled["in doubt"], c.InDoubt)
	assert.EqualValues(t, settled["not sent"], c.NotSent)
	assert.EqualValues(t, rounds, c.Answered+c.InDoubt+c.NotSent)
}

// raceFor lets all parties at q, and says by its word and its result how it
// settled. The write that claims it may stop before its first byte.
func raceFor(q *request, stops bool) string {
	cause := messages.ErrLinkDown
	var start, ended sync.WaitGroup
	start.Add(1)
	for _, party := range []func(){
		func() {
			if q.claim(3, 1) && stops {
				q.failUnwritten(cause)
			}
		},
		func() {
			if from := q.word.Load(); from == wordClaimed && q.take(from) {
				q.answered(nil, []byte("yes"))
			}
		},
		func() { q.failAny(messages.ErrTimeout) },
		func() { q.failAny(cause) },
		func() { q.fail(wordQueued, cause) },
	} {
		ended.Go(func() {
			start.Wait()
			party()
		})
	}
	start.Done()
	ended.Wait()
	switch {
	case q.word.Load() == wordDropped:
		return "not sent"
	case q.err == nil:
		return "answered"
	}
	return "in doubt"
}

// TestClaimAgainstDeadline lets a writer and a deadline meet at one request
// after another, as close as two processors can: what is claimed is never not
// sent, in the midst of a claim neither.
func TestClaimAgainstDeadline(t *testing.T) {
	requests := make([]request, 20_000)
	claimed, from := make([]bool, len(requests)), make([]uint32, len(requests))
	var arrived, spun atomic.Int64
	// Who comes second goes on at once, the other some nanoseconds later: with
	// delays of all lengths, each is first in every possible way.
	together := func(delays int, do func(i int)) {
		for i := range requests {
			arrived.Add(1)
			for spins := 0; arrived.Load() < int64(2*i+2); spins++ {
				if spins > 100 {
					runtime.Gosched()
				}
			}
			for range i % delays {
				spun.Load()
			}
			do(i)
		}
	}
	var both sync.WaitGroup
	both.Go(func() { together(97, func(i int) { claimed[i] = requests[i].claim(1, 2) }) })
	both.Go(func() { together(101, func(i int) { from[i], _ = requests[i].takeAny() }) })
	both.Wait()
	for i := range requests {
		require.Equal(t, claimed[i], from[i] == wordClaimed, "request %d", i)
		require.Equal(t, claimed[i], requests[i].word.Load() == wordSettled, "request %d", i)
	}
}

// TestRequestPrintsNoMessage: the actor system may print any message.
func TestRequestPrintsNoMessage(t *testing.T) {
	const pan = carddata.PAN
	q := &request{
		mti: mtiRequest, key: stanKeys[1], frame: []byte(pan), reply: []byte(pan), more: &more{command: &command{tag: pan}, header: []byte(pan)},
		original: &request{frame: []byte(pan)},
	}
	in := &batch{frames: []inFrame{{mti: mtiRequest, key: stanKeys[1], body: []byte(pan)}}}
	peer := Peer{First: []byte(pan), FirstHeader: []byte(pan)}
	all := append(cardMessages(t), silentMessages()...)
	for _, msg := range append(all, q, in, forget{q}, wrotePosts{[]*request{q}}, []any{q, in}, &peer, peer) {
		assert.Empty(t, carddata.Find(carddata.Printed(msg)), "%T", msg)
	}
	assert.Contains(t, fmt.Sprint(q), "0200/0210:000001", "it says which request it is")
	assert.Equal(t, "isolink peer (invalid AddrPort, first message of 16 bytes)", fmt.Sprint(peer))
}
