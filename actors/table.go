package actors

import (
	"container/heap"
	"math"

	"github.com/isolink-go/isolink/messages"
)

// queueKind says in which of the table's queues a request is.
type queueKind uint8

const (
	inNone    queueKind = iota
	inCommon            // ordered by deadline: those that have the link's SendTimeout
	inHeap              // the others
	inLate              // ordered by lateUntil: in doubt, reserved for a late reply
	inAdopted           // the map shows a repeat in its place
)

// table is what is in flight and in doubt: key → request. It knows no clock
// and no lock; whoever uses it owns its scope.
//
// A request is in one queue at most. byKey shows the newest request of a key:
// a repeat hides the original that it has adopted.
type table struct {
	byKey  tableIndex
	common requestList
	others requestHeap
	late   requestList
	lates  int // len(late)
}

func newTable() *table { return &table{byKey: newTableIndex()} }

// add takes r, or returns messages.ErrDuplicateKey. A repeat (ISO 8583-1: the
// MTI's last digit 1, 3 or 5) adopts what is there under its key, unless that
// is itself a repeat which still waits.
func (t *table) add(r *request) error {
	if !r.kind.isExchange() {
		t.enqueue(r)
		return nil
	}
	r.hash = t.byKey.hash(r.key)
	if old := t.byKey.find(r.key, r.hash); old != nil {
		if !r.mti.IsRepeat() || (old.isOpen() && old.original != nil) {
			return messages.ErrDuplicateKey
		}
		t.byKey.remove(old)
		t.adopt(r, old)
	}
	t.byKey.put(r)
	t.enqueue(r)
	return nil
}

// adopt hides old behind its repeat r.
func (t *table) adopt(r, old *request) {
	if old.where == inLate {
		t.dequeue(old)
		old.where = inAdopted
		// What is in doubt behind old, old answers for, as long as it would have;
		// one that still waits must not be lost.
		for o := old.original; o != nil && !o.isOpen(); o = o.original {
			old.lateUntil = max(old.lateUntil, o.lateUntil)
			old.original = o.original
			old.behind = uint8(min(int(old.behind)+o.alone(o.word.Load()), math.MaxUint8))
		}
	}
	r.original, r.rejects = old, old.rejects
}

// reject notes a reject of the key of r, the newest, whose word is from, and reports
// whether it settles r and what r repeats: no message that was written under the key
// is without a reject then. Which one a reject is of, it does not say.
func (t *table) reject(r *request, from uint32) bool {
	if !r.hasOvertaken() && int(r.rejects)+1 >= r.written(from) {
		return true
	}
	r.rejects = min(r.rejects+1, math.MaxUint8-1) // of more than can be counted, none is sure
	return false
}

func (t *table) enqueue(r *request) {
	t.countOpen(r, 1)
	if r.common {
		r.where = inCommon
		t.common.insert(r, (*request).byDeadline)
		return
	}
	r.where = inHeap
	heap.Push(&t.others, r)
}

// find returns the newest request of that key, or nil.
func (t *table) find(key messages.Key) *request { return t.byKey.find(key, t.byKey.hash(key)) }

// answered takes out r, which a response has settled, and returns the original
// that the response answers too, when one still waits; it is then to be passed
// to answered in its turn.
func (t *table) answered(r *request) (original *request) {
	t.dequeue(r)
	if r.indexed {
		t.byKey.remove(r)
	}
	for o := r.original; o != nil; o = o.original {
		if o.isOpen() {
			return o
		}
	}
	return nil
}

// notSent takes out r, of which the peer cannot have read a byte.
func (t *table) notSent(r *request) {
	t.dequeue(r)
	t.release(r)
}

// inDoubt moves r, which was claimed and got no response, to the late window.
func (t *table) inDoubt(r *request, until int64) {
	t.dequeue(r)
	if !r.kind.isExchange() {
		return
	}
	r.lateUntil = until
	if r.indexed {
		t.toLate(r)
	} else {
		r.where = inAdopted
	}
}

// leaveLate frees the keys whose late window ended at or before now.
func (t *table) leaveLate(now int64) {
	for r := t.late.first; r != nil && r.lateUntil <= now; r = t.late.first {
		t.dequeue(r)
		t.release(r)
	}
}

// release gives up the key of r. The original that r had adopted takes its
// place again: it may still be answered. The rejects that may have been of r are not
// counted for it.
func (t *table) release(r *request) {
	if !r.indexed {
		return
	}
	t.byKey.remove(r)
	o := r.original
	r.original = nil
	if o != nil {
		o.rejects = uint8(max(0, int(r.rejects)-r.alone(r.word.Load())))
	}
	switch {
	case o == nil:
	case o.isOpen():
		t.byKey.put(o)
	case o.where == inAdopted:
		t.byKey.put(o)
		t.toLate(o)
	}
}

func (t *table) toLate(r *request) {
	r.where = inLate
	t.lates++
	t.late.insert(r, (*request).byLateUntil)
}

// dequeue takes r out of its queue.
func (t *table) dequeue(r *request) {
	switch r.where {
	case inCommon:
		t.common.remove(r)
		t.countOpen(r, -1)
	case inHeap:
		heap.Remove(&t.others, int(r.place))
		t.countOpen(r, -1)
	case inLate:
		t.late.remove(r)
		t.lates--
	case inNone, inAdopted:
	}
	r.where = inNone
}

func (t *table) countOpen(r *request, n int) {
	if r.kind != kindNetwork {
		r.record.countOpen(n)
	}
}

// expired returns a request that has not settled and whose deadline is not
// after now, or nil. The caller settles it, and takes it out.
func (t *table) expired(now int64) *request {
	if r := t.common.first; r != nil && r.deadline <= now {
		return r
	}
	if len(t.others) > 0 && t.others[0].deadline <= now {
		return t.others[0]
	}
	return nil
}

// openOf returns the requests of a link that have not settled.
func (t *table) openOf(of *Record) []*request {
	var all []*request
	for r := t.common.first; r != nil; r = r.next {
		if r.record == of {
			all = append(all, r)
		}
	}
	for _, r := range t.others {
		if r.record == of {
			all = append(all, r)
		}
	}
	return all
}

// nextEvent is when expired or leaveLate have something to do; ok is false
// when nothing waits.
func (t *table) nextEvent() (at int64, ok bool) {
	consider := func(when int64) {
		if !ok || when < at {
			at, ok = when, true
		}
	}
	if t.common.first != nil {
		consider(t.common.first.deadline)
	}
	if len(t.others) > 0 {
		consider(t.others[0].deadline)
	}
	if t.late.first != nil {
		consider(t.late.first.lateUntil)
	}
	return at, ok
}

// isOpen reports whether r waits in the table for its settling.
func (r *request) isOpen() bool { return r.where == inCommon || r.where == inHeap }

func (r *request) byDeadline() int64  { return r.deadline }
func (r *request) byLateUntil() int64 { return r.lateUntil }

// requestList is a list in the order of a time. What comes is nearly in order
// already, so that insert seldom looks further back than one.
type requestList struct{ first, last *request }

func (l *requestList) insert(r *request, at func(*request) int64) {
	before := l.last
	for before != nil && at(before) > at(r) {
		before = before.prev
	}
	r.prev = before
	if before == nil {
		r.next = l.first
		l.first = r
	} else {
		r.next = before.next
		before.next = r
	}
	if r.next == nil {
		l.last = r
	} else {
		r.next.prev = r
	}
}

func (l *requestList) remove(r *request) {
	if r.prev == nil {
		l.first = r.next
	} else {
		r.prev.next = r.next
	}
	if r.next == nil {
		l.last = r.prev
	} else {
		r.next.prev = r.prev
	}
	r.prev, r.next = nil, nil
}

// requestHeap is a container/heap by deadline.
type requestHeap []*request

func (h requestHeap) Len() int           { return len(h) }
func (h requestHeap) Less(i, j int) bool { return h[i].deadline < h[j].deadline }
func (h requestHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = int32(i), int32(j)
}

// Push is for container/heap only.
func (h *requestHeap) Push(x any) {
	r := x.(*request)
	r.place = int32(len(*h))
	*h = append(*h, r)
}

// Pop is for container/heap only.
func (h *requestHeap) Pop() any {
	old := *h
	r := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return r
}
