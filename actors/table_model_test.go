package actors

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isolink-go/isolink/messages"
)

// tableModel is the table as its contract has it, and nothing else: one list of
// all that it holds, in the order of arrival, searched from end to end.
type tableModel struct{ all []*modelEntry }

type modelEntry struct {
	r         *request
	open      bool  // not settled; otherwise in doubt
	adopted   bool  // it is a repeat that found an original
	lateUntil int64 // where it is not open
}

// of are the entries of a key, the oldest first. Posts have none.
func (m *tableModel) of(key messages.Key) []*modelEntry {
	var found []*modelEntry
	for _, e := range m.all {
		if e.r.kind != kindPost && e.r.key == key {
			found = append(found, e)
		}
	}
	return found
}

// find is the newest entry of a key, or nil.
func (m *tableModel) find(key messages.Key) *modelEntry {
	entries := m.of(key)
	if len(entries) == 0 {
		return nil
	}
	return entries[len(entries)-1]
}

func (m *tableModel) entry(r *request) *modelEntry {
	i := slices.IndexFunc(m.all, func(e *modelEntry) bool { return e.r == r })
	if i < 0 {
		return nil
	}
	return m.all[i]
}

func (m *tableModel) remove(gone *modelEntry) {
	m.all = slices.DeleteFunc(m.all, func(e *modelEntry) bool { return e == gone })
}

// add reports whether r is taken. A repeat hides what is in doubt under its
// key; of several in doubt one is left to come back, for as long as any of them
// would have stayed.
func (m *tableModel) add(r *request) bool {
	e := &modelEntry{r: r, open: true}
	if r.kind != kindPost {
		if top := m.find(r.key); top != nil {
			if !r.mti.IsRepeat() || (top.open && top.adopted) {
				return false
			}
			e.adopted = true
			for _, old := range m.of(r.key) {
				if !top.open && !old.open && old != top {
					top.lateUntil = max(top.lateUntil, old.lateUntil)
					m.remove(old)
				}
			}
		}
	}
	m.all = append(m.all, e)
	return true
}

// answered takes out the newest of a key, and all below it; it returns, the
// newest first, those that still wait.
func (m *tableModel) answered(key messages.Key) []*request {
	var waiting []*request
	entries := m.of(key)
	slices.Reverse(entries)
	for i, e := range entries {
		if i > 0 && e.open {
			waiting = append(waiting, e.r)
		}
		m.remove(e)
	}
	return waiting
}

func (m *tableModel) notSent(r *request) { m.remove(m.entry(r)) }

func (m *tableModel) inDoubt(r *request, until int64) {
	e := m.entry(r)
	if r.kind == kindPost {
		m.remove(e)
		return
	}
	e.open, e.lateUntil = false, until
}

// leaveLate: what a repeat hides stays as long as it does.
func (m *tableModel) leaveLate(now int64) {
	for again := true; again; {
		again = false
		for _, e := range slices.Clone(m.all) {
			if !e.open && m.find(e.r.key) == e && e.lateUntil <= now {
				m.remove(e)
				again = true
			}
		}
	}
}

// counts are those of the table: requests in doubt that nothing hides, and
// requests that wait, echoes apart.
func (m *tableModel) lates() (n int) {
	for _, e := range m.all {
		if !e.open && m.find(e.r.key) == e {
			n++
		}
	}
	return n
}

// open counts what a drain of the link waits for.
func (m *tableModel) open(link *Record) (n int) {
	for _, r := range m.waiting(link) {
		if r.kind != kindNetwork {
			n++
		}
	}
	return n
}

func (m *tableModel) nextEvent() (at int64, ok bool) {
	for _, e := range m.all {
		when := e.r.deadline
		if !e.open {
			if m.find(e.r.key) != e {
				continue
			}
			when = e.lateUntil
		}
		if !ok || when < at {
			at, ok = when, true
		}
	}
	return at, ok
}

func (m *tableModel) expired(now int64) []*request {
	var due []*request
	for _, e := range m.all {
		if e.open && e.r.deadline <= now {
			due = append(due, e.r)
		}
	}
	return due
}

// waiting are the requests of these links that have not settled.
func (m *tableModel) waiting(links ...*Record) []*request {
	var open []*request
	for _, e := range m.all {
		if e.open && slices.Contains(links, e.r.record) {
			open = append(open, e.r)
		}
	}
	return open
}

// compare says in what a table differs from the model; links and keys are all that
// there may be.
func (m *tableModel) compare(t *table, links []*Record, keys []messages.Key) string {
	var faults []string
	differ := func(what string, want, got any) {
		if want != got {
			faults = append(faults, fmt.Sprintf("%s: want %v, got %v", what, want, got))
		}
	}
	for _, key := range keys {
		var want *request
		if e := m.find(key); e != nil {
			want = e.r
		}
		if got := t.find(key); got != want {
			faults = append(faults, fmt.Sprintf("find %s: want %p, got %p", key, want, got))
		}
	}
	differ("lates", m.lates(), t.lates)
	for _, link := range links {
		differ("open", m.open(link), link.open)
		waiting, got := m.waiting(link), t.openOf(link)
		differ("how many openOf", len(waiting), len(got))
		for _, r := range got {
			differ("openOf waits", true, slices.Contains(waiting, r))
		}
	}
	wantAt, wantOK := m.nextEvent()
	at, ok := t.nextEvent()
	differ("nextEvent", wantAt, at)
	differ("nextEvent's ok", wantOK, ok)
	for _, e := range m.all {
		differ("isOpen", e.open, e.r.isOpen())
		hidden := e.r.kind != kindPost && !e.open && m.find(e.r.key) != e
		differ("adopted", hidden, e.r.where == inAdopted)
		if !e.open {
			differ("lateUntil", e.lateUntil, e.r.lateUntil)
		}
		for _, now := range []int64{e.r.deadline - 1, e.r.deadline, e.r.deadline + 1} {
			due, one := m.expired(now), t.expired(now)
			differ("any expired", len(due) > 0, one != nil)
			differ("expired is due", true, one == nil || slices.Contains(due, one))
		}
	}
	return strings.Join(append(faults, t.structure(len(m.all))...), "\n")
}

// structure says what is wrong with the table's own order; live is the number of
// requests that it should hold.
func (t *table) structure(live int) (faults []string) {
	must := func(ok bool, fault string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Sprintf(fault, args...))
		}
	}
	held := make(map[*request]bool)
	hold := func(r *request, where queueKind) {
		must(!held[r], "%p is in two queues", r)
		must(r.where == where, "%p is in queue %d, and says %d", r, where, r.where)
		held[r] = true
	}
	walk := func(l requestList, where queueKind, at func(*request) int64) (n int) {
		var before *request
		for r := l.first; r != nil; before, r = r, r.next {
			hold(r, where)
			must(r.prev == before, "%p is linked wrongly", r)
			must(before == nil || at(before) <= at(r), "queue %d is out of order", where)
			n++
		}
		must(l.last == before, "the end of queue %d is lost", where)
		return n
	}
	walk(t.common, inCommon, (*request).byDeadline)
	must(walk(t.late, inLate, (*request).byLateUntil) == t.lates, "lates is not the length of late")
	for i, r := range t.others {
		hold(r, inHeap)
		must(int(r.place) == i, "%p has lost its place in the heap", r)
		must(i == 0 || t.others[(i-1)/2].deadline <= r.deadline, "the heap is out of order")
	}
	indexed := t.byKey.all()
	must(len(indexed) == t.byKey.n, "the index has %d requests, and says %d", len(indexed), t.byKey.n)
	for _, r := range indexed {
		must(held[r], "a key shows a request that is in no queue")
		must(r.indexed && t.find(r.key) == r && r.kind != kindPost, "a key shows another's request")
		for o := r.original; o != nil; o = o.original {
			if o.where == inAdopted {
				must(!held[o], "%p is adopted twice", o)
				held[o] = true
			}
		}
	}
	for r := range held {
		must(r.indexed == slices.Contains(indexed, r), "%p is wrong about its place in the index", r)
	}
	must(len(held) == live, "%d requests are held, not %d", len(held), live)
	return faults
}
