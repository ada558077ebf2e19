package actors

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// tableOp is one thing that can be done to a table of few requests.
type tableOp struct {
	name string
	can  func(tr *tableTrial, requests []*request) bool
	do   func(t require.TestingT, tr *tableTrial, requests []*request)
}

// requestKind is what a request of the closure is, in the order of its digits.
type requestKind struct {
	name string
	kind kind
	mti  messages.MTI
	key  int
}

var requestKinds = []requestKind{
	{"send", kindSend, mtiRequest, 0},
	{"repeat", kindSend, mtiRepeat, 0},
	{"echo", kindNetwork, mtiRequest, 0},
	{"other key", kindSend, mtiRequest, 1},
	{"post", kindPost, mtiRequest, 0},
}

// newRequests makes requests of these kinds; their deadlines and queues differ.
func newRequests(kinds []requestKind, links []*Record, keys []messages.Key) []*request {
	var all []*request
	for i, k := range kinds {
		r := &request{record: links[i%len(links)], kind: k.kind, mti: k.mti, deadline: int64(40 - 10*i), common: i%2 == 0}
		if k.kind != kindPost {
			r.key = keys[k.key]
		}
		all = append(all, r)
	}
	return all
}

// tableOps are all that can be done: add each request once, settle each in each
// way, in doubt until 100 or 200, answer each key, and let the time be 150 or 250.
func tableOps(requests int) []tableOp {
	var ops []tableOp
	waits := func(i int) func(*tableTrial, []*request) bool {
		return func(tr *tableTrial, rs []*request) bool { return rs[i].isOpen() }
	}
	for i := range requests {
		added := addedName(i)
		ops = append(ops,
			tableOp{
				fmt.Sprint("add ", i),
				func(tr *tableTrial, _ []*request) bool { return tr.seen[added] == 0 },
				func(t require.TestingT, tr *tableTrial, rs []*request) {
					tr.seen[added]++
					tr.add(t, rs[i])
				},
			},
			tableOp{fmt.Sprint("not sent ", i), waits(i), func(_ require.TestingT, tr *tableTrial, rs []*request) {
				tr.notSent(rs[i])
			}})
		for _, until := range []int64{100, 200} {
			ops = append(ops, tableOp{
				fmt.Sprintf("in doubt %d until %d", i, until), waits(i),
				func(_ require.TestingT, tr *tableTrial, rs []*request) { tr.inDoubt(rs[i], until) },
			})
		}
	}
	for key := range 2 {
		ops = append(ops, tableOp{
			fmt.Sprint("answer ", key),
			func(tr *tableTrial, _ []*request) bool { return tr.table.find(tr.keys[key]) != nil },
			func(t require.TestingT, tr *tableTrial, _ []*request) { tr.answer(t, tr.keys[key]) },
		})
	}
	for _, now := range []int64{150, 250} {
		ops = append(ops, tableOp{
			fmt.Sprint("at ", now),
			func(tr *tableTrial, _ []*request) bool { return tr.table.lates > 0 },
			func(_ require.TestingT, tr *tableTrial, _ []*request) { tr.leaveLate(now) },
		})
	}
	return ops
}

func addedName(i int) string { return "added " + strconv.Itoa(i) }

// state tells tables apart: which requests were added, where they are, and what
// they have adopted.
func (tr *tableTrial) state(requests []*request) string {
	var s []byte
	for i, r := range requests {
		s = append(s, byte(tr.seen[addedName(i)]), byte(r.where), byte(r.lateUntil))
		for o := r.original; o != nil; o = o.original {
			s = append(s, 'a'+byte(slices.Index(requests, o)))
		}
		s = append(s, ' ')
	}
	return string(s)
}

// TestTableClosure does to tables of up to three requests and two keys, and of
// an original and three repeats, all that can be done, in every order.
func TestTableClosure(t *testing.T) {
	var combinations [][]requestKind
	for a, first := range requestKinds {
		for b, second := range requestKinds[a:] {
			for _, third := range requestKinds[a+b:] {
				combinations = append(combinations, []requestKind{first, second, third})
			}
		}
	}
	repeat := requestKinds[1]
	combinations = append(combinations, []requestKind{requestKinds[0], repeat, repeat, repeat})
	require.Len(t, combinations, 36)

	states, steps := 0, 0
	for _, kinds := range combinations {
		n, m := closeTable(t, kinds)
		states += n
		steps += m
	}
	t.Logf("%d states, %d steps", states, steps)
	assert.Greater(t, states, 3_000)
	assert.Greater(t, steps, 10_000)
}

func closeTable(t *testing.T, kinds []requestKind) (states, steps int) {
	ops := tableOps(len(kinds))
	// There is no copying a table: each step is done anew from the beginning.
	replay := func(path []int) (*tableTrial, []*request) {
		tr := newTableTrial(2)
		requests := newRequests(kinds, tr.links, tr.keys)
		for _, op := range path {
			ops[op].do(t, tr, requests)
		}
		return tr, requests
	}
	seen := make(map[string]bool)
	for queue := [][]int{nil}; len(queue) > 0; {
		path := queue[0]
		queue = queue[1:]
		tr, requests := replay(path)
		state := tr.state(requests)
		if seen[state] {
			continue
		}
		seen[state] = true
		if fault := tr.model.compare(tr.table, tr.links, tr.keys); fault != "" {
			require.Failf(t, fault, "%v after %s", kinds, pathNames(ops, path))
		}
		for i, op := range ops {
			if op.can(tr, requests) {
				steps++
				queue = append(queue, append(slices.Clone(path), i))
			}
		}
	}
	return len(seen), steps
}

func pathNames(ops []tableOp, path []int) string {
	names := make([]string, len(path))
	for i, op := range path {
		names[i] = ops[op].name
	}
	return strings.Join(names, "; ")
}
