package actors

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/isolink-go/isolink/messages"
)

var (
	mtiRequest = messages.MTI{'0', '2', '0', '0'}
	mtiRepeat  = messages.MTI{'0', '2', '0', '1'}
)

// stanKeys are keys of financial requests: the repeats of these tests have them
// too, and so have the echoes, so that all can meet.
var stanKeys = func() (keys [50]messages.Key) {
	for stan := range keys {
		key, err := messages.NewKey(mtiRequest, fmt.Sprintf("%06d", stan))
		if err != nil {
			panic(err)
		}
		keys[stan] = key
	}
	return keys
}()

// tableTrial does the same to a table and to its model, and compares.
type tableTrial struct {
	table *table
	links []*Record // that share the table
	model tableModel
	keys  []messages.Key
	now   int64
	seen  map[string]int // what happened, how often
}

func newTableTrial(keys int) *tableTrial {
	return &tableTrial{table: newTable(), links: []*Record{tableLink(), tableLink()}, keys: stanKeys[:keys], seen: make(map[string]int)}
}

func (tr *tableTrial) add(t require.TestingT, r *request) {
	before := tr.model.find(r.key)
	err := tr.table.add(r)
	taken := tr.model.add(r)
	switch {
	case !taken:
		require.ErrorIs(t, err, messages.ErrDuplicateKey)
		require.Equal(t, inNone, r.where, "a request that was refused is in a queue")
		tr.seen["duplicate"]++
	case r.kind != kindPost && before != nil:
		require.NoError(t, err)
		require.Same(t, before.r, r.original)
		tr.seen["adopted"]++
	default:
		require.NoError(t, err)
		require.Nil(t, r.original)
	}
}

// answer does what the correlator does with a response.
func (tr *tableTrial) answer(t require.TestingT, key messages.Key) {
	r := tr.table.find(key)
	want := tr.model.answered(key)
	if r == nil {
		require.Empty(t, want)
		return
	}
	if !r.isOpen() {
		tr.seen["late reply"]++
	}
	var got []*request
	for o := tr.table.answered(r); o != nil; o = tr.table.answered(o) {
		require.Less(t, len(got), 10, "originals without end")
		got = append(got, o)
	}
	require.True(t, slices.Equal(want, got), "originals that the response answers too: want %p, got %p", want, got)
	require.Nil(t, tr.table.find(key), "a key answers twice")
	tr.seen["answered"]++
	tr.seen["originals answered"] += len(got)
}

func (tr *tableTrial) notSent(r *request) {
	tr.table.notSent(r)
	tr.model.notSent(r)
	tr.seen["not sent"]++
}

func (tr *tableTrial) inDoubt(r *request, until int64) {
	if top := tr.model.find(r.key); r.kind != kindPost && top.r != r {
		tr.seen["in doubt behind a repeat"]++
	}
	tr.table.inDoubt(r, until)
	tr.model.inDoubt(r, until)
	tr.seen["in doubt"]++
}

func (tr *tableTrial) leaveLate(now int64) {
	before := len(tr.model.all)
	tr.table.leaveLate(now)
	tr.model.leaveLate(now)
	tr.seen["left the late window"] += before - len(tr.model.all)
}

func (tr *tableTrial) check(t require.TestingT) {
	require.Empty(t, tr.model.compare(tr.table, tr.links, tr.keys))
}

// settle takes r out as the end of its session or its deadline does.
func (tr *tableTrial) settle(rt *rapid.T, r *request) {
	if rapid.Bool().Draw(rt, "claimed") {
		tr.inDoubt(r, tr.now+rapid.Int64Range(1, 40).Draw(rt, "window"))
	} else {
		tr.notSent(r)
	}
}

// TestTableAgainstModel does random things to tables with few keys, where
// repeats pile up, and with many.
func TestTableAgainstModel(t *testing.T) {
	for _, keys := range []int{1, 3, 50} {
		seen := make(map[string]int)
		t.Run(fmt.Sprint(keys, " keys"), rapid.MakeCheck(func(rt *rapid.T) {
			tr := newTableTrial(keys)
			tr.seen = seen
			for range 5 { // one Repeat is some 30 actions
				rt.Repeat(tr.actions())
			}
		}))
		t.Log(seen)
		for _, what := range []string{
			"duplicate", "adopted", "answered", "late reply", "not sent", "in doubt", "left the late window",
		} {
			assert.Positive(t, seen[what], "%s never happened", what)
		}
	}
}

func (tr *tableTrial) actions() map[string]func(*rapid.T) {
	open := func(rt *rapid.T) *request {
		waiting := tr.model.waiting(tr.links...)
		if len(waiting) == 0 {
			rt.Skip("nothing waits")
		}
		return rapid.SampledFrom(waiting).Draw(rt, "request")
	}
	add := func(rt *rapid.T) { tr.add(rt, tr.drawRequest(rt)) }
	return map[string]func(*rapid.T){
		"add": add, "add more": add,
		"answer":   func(rt *rapid.T) { tr.answer(rt, rapid.SampledFrom(tr.keys).Draw(rt, "key")) },
		"not sent": func(rt *rapid.T) { tr.notSent(open(rt)) },
		"in doubt": func(rt *rapid.T) {
			tr.inDoubt(open(rt), tr.now+rapid.Int64Range(1, 40).Draw(rt, "window"))
		},
		"written post": func(rt *rapid.T) {
			if r := open(rt); r.kind == kindPost {
				tr.table.dequeue(r)
				tr.model.remove(tr.model.entry(r))
			}
		},
		"time passes": func(rt *rapid.T) {
			tr.now += rapid.Int64Range(1, 20).Draw(rt, "step")
			for r := tr.table.expired(tr.now); r != nil; r = tr.table.expired(tr.now) {
				require.Contains(rt, tr.model.expired(tr.now), r)
				tr.settle(rt, r)
			}
			require.Empty(rt, tr.model.expired(tr.now))
			tr.leaveLate(tr.now)
		},
		"a session ends": func(rt *rapid.T) {
			if rapid.IntRange(0, 9).Draw(rt, "really") > 0 {
				rt.Skip("let the table fill")
			}
			link := rapid.SampledFrom(tr.links).Draw(rt, "link")
			for _, r := range tr.table.openOf(link) {
				tr.settle(rt, r)
			}
			require.Empty(rt, tr.model.waiting(link))
			require.Zero(rt, link.open)
		},
		"": func(rt *rapid.T) { tr.check(rt) },
	}
}

func (tr *tableTrial) drawRequest(rt *rapid.T) *request {
	r := &request{
		record:   rapid.SampledFrom(tr.links).Draw(rt, "link"),
		kind:     rapid.SampledFrom([]kind{kindSend, kindSend, kindSend, kindPost, kindNetwork}).Draw(rt, "kind"),
		mti:      rapid.SampledFrom([]messages.MTI{mtiRequest, mtiRepeat, mtiRepeat}).Draw(rt, "MTI"),
		common:   rapid.Bool().Draw(rt, "common"),
		deadline: tr.now + rapid.Int64Range(1, 40).Draw(rt, "timeout"),
	}
	if r.kind != kindPost { // nobody reads a post's key
		r.key = rapid.SampledFrom(tr.keys).Draw(rt, "key")
	}
	return r
}
