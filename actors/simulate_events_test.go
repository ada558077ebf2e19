package actors

import (
	"container/heap"
	"encoding/binary"
	"hash"
	"hash/fnv"
	"time"
)

// occurrence is something that happens in a simulation, at its time.
type occurrence struct {
	at     int64  // clock time
	number uint64 // of those at one time the first that was planned comes first
	what   string // for the trace
	id     uint64 // of the request, link or connection that it is about
	do     func()
}

// occurrences is a container/heap by time.
type occurrences []*occurrence

func (o occurrences) Len() int { return len(o) }
func (o occurrences) Less(i, j int) bool {
	return o[i].at < o[j].at || (o[i].at == o[j].at && o[i].number < o[j].number)
}
func (o occurrences) Swap(i, j int) { o[i], o[j] = o[j], o[i] }

// Push is for container/heap only.
func (o *occurrences) Push(x any) { *o = append(*o, x.(*occurrence)) }

// Pop is for container/heap only.
func (o *occurrences) Pop() any {
	old := *o
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*o = old[:len(old)-1]
	return last
}

// timeline is what is going to happen, and the trace of what has happened. The time
// is that of a testing/synctest bubble: it stands still while something happens.
type timeline struct {
	start   time.Time
	clock   int64 // now
	planned occurrences
	count   uint64 // of occurrences ever planned
	steps   uint64
	digest  hash.Hash64
	recent  [40]traced // the last ones, for who looks for a fault
	told    uint64
}

// traced is a line of the trace.
type traced struct {
	at   int64
	what string
	id   uint64
}

func newTimeline() timeline { return timeline{start: time.Now(), digest: fnv.New64a()} }

func (l *timeline) now() int64 { return l.clock }

// in plans something for so long from now.
func (l *timeline) in(d time.Duration, what string, id uint64, do func()) {
	l.count++
	heap.Push(&l.planned, &occurrence{at: l.now() + int64(max(d, 0)), number: l.count, what: what, id: id, do: do})
}

// next lets the time pass until the next occurrence, and lets it happen.
func (l *timeline) next() {
	o := heap.Pop(&l.planned).(*occurrence)
	if wait := o.at - l.now(); wait > 0 {
		time.Sleep(time.Duration(wait))
		l.clock = o.at
	}
	l.steps++
	l.note(o.what, o.id)
	o.do()
}

// note adds a line to the trace.
func (l *timeline) note(what string, id uint64) {
	at := l.now()
	var line [16]byte
	binary.LittleEndian.PutUint64(line[:], uint64(at))
	binary.LittleEndian.PutUint64(line[8:], id)
	_, _ = l.digest.Write(line[:])
	_, _ = l.digest.Write([]byte(what))
	l.recent[l.told%uint64(len(l.recent))] = traced{at, what, id}
	l.told++
}

// last are the last lines of the trace, the oldest first.
func (l *timeline) last() []traced {
	var lines []traced
	for i := max(l.told, uint64(len(l.recent))) - uint64(len(l.recent)); i < l.told; i++ {
		lines = append(lines, l.recent[i%uint64(len(l.recent))])
	}
	return lines
}
