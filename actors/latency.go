package actors

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// Latency is how long the exchanges of a link took that were answered, from when
// the writer took the request until the read that brought the response. Percentiles
// are right to 6 %, and never too low.
type Latency struct {
	Count              uint64 // of the exchanges
	P50, P90, P99, Max time.Duration
	// Buckets counts the exchanges by their time, in order; those without any are left
	// out.
	Buckets []LatencyBucket
}

// LatencyBucket counts exchanges that took up to UpTo, and longer than the bucket
// before. UpTo is the greatest time there is for what is longer than 128 s.
type LatencyBucket struct {
	UpTo  time.Duration
	Count uint64
}

// DurationBounds are the bounds of the histograms that are made for others, in seconds:
// from what a host beside us takes to the deadline of most networks.
func DurationBounds() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
}

// Buckets of a histogram: eight for each doubling, of what is counted in units of
// 1.024 µs.
const (
	latencyUnit    = 10 // bits
	latencySteps   = 3  // bits
	latencyBuckets = 25 << latencySteps
)

// latencyBucket is where a time is counted.
func latencyBucket(d time.Duration) int {
	n := uint64(max(d, 0)) >> latencyUnit
	if n < 1<<latencySteps {
		return int(n)
	}
	shift := bits.Len64(n) - latencySteps - 1
	return min((shift+1)<<latencySteps|int(n>>shift&(1<<latencySteps-1)), latencyBuckets-1)
}

// latencyUpTo is the longest time that is counted there; the last one has no end.
func latencyUpTo(bucket int) time.Duration {
	if bucket == latencyBuckets-1 {
		return math.MaxInt64
	}
	if bucket < 1<<latencySteps {
		return time.Duration(bucket+1)<<latencyUnit - 1
	}
	shift := bucket>>latencySteps - 1
	first := 1<<latencySteps | bucket&(1<<latencySteps-1)
	return time.Duration(first+1)<<(shift+latencyUnit) - 1
}

// The last minute is kept in pieces: it is the one that goes on, and the three
// before.
const (
	latencyPiece  = 20 * time.Second
	latencyPieces = 4
)

// latency is what the exchanges of a link took. Who owns the link's scope writes,
// anyone reads; a reading beside a writing may miss, or split, what is just being
// written.
type latency struct {
	all     [latencyBuckets]atomic.Uint64
	longest atomic.Int64
	pieces  [latencyPieces]latencyOfPiece
}

type latencyOfPiece struct {
	number  atomic.Int64 // of the piece of the clock, from 1; 0: none yet
	counts  [latencyBuckets]atomic.Uint32
	longest atomic.Int64
}

// add counts an exchange that took d and was answered at a clock time, and returns its
// bucket.
func (l *latency) add(d time.Duration, at int64) (bucket int) {
	bucket = latencyBucket(d)
	l.all[bucket].Add(1)
	raise(&l.longest, d)
	number := at/int64(latencyPiece) + 1
	piece := &l.pieces[number%latencyPieces]
	if piece.number.Load() != number {
		piece.begin(number)
	}
	piece.counts[bucket].Add(1)
	raise(&piece.longest, d)
	return bucket
}

func raise(longest *atomic.Int64, d time.Duration) {
	if int64(d) > longest.Load() {
		longest.Store(int64(d))
	}
}

func (p *latencyOfPiece) begin(number int64) {
	p.number.Store(0)
	for i := range p.counts {
		p.counts[i].Store(0)
	}
	p.longest.Store(0)
	p.number.Store(number)
}

// sinceStart is of all exchanges; that of nil has none.
func (l *latency) sinceStart() Latency {
	var s Latency
	if l == nil {
		return s
	}
	for i := range l.all {
		s.put(i, l.all[i].Load())
	}
	s.finish(l.longest.Load())
	return s
}

// lastMinute is of those in the minute before a clock time, and up to 20 s more.
func (l *latency) lastMinute(now int64) Latency {
	var s Latency
	if l == nil {
		return s
	}
	number := now/int64(latencyPiece) + 1
	var some []*latencyOfPiece
	var longest int64
	for i := range l.pieces {
		p := &l.pieces[i]
		if n := p.number.Load(); n > max(0, number-latencyPieces) && n <= number {
			some = append(some, p)
			longest = max(longest, p.longest.Load())
		}
	}
	for i := range latencyBuckets {
		var n uint64
		for _, p := range some {
			n += uint64(p.counts[i].Load())
		}
		s.put(i, n)
	}
	s.finish(longest)
	return s
}

func (s *Latency) put(bucket int, count uint64) {
	if count > 0 {
		s.Count += count
		s.Buckets = append(s.Buckets, LatencyBucket{latencyUpTo(bucket), count})
	}
}

func (s *Latency) finish(longest int64) {
	s.Max = time.Duration(longest)
	s.P50, s.P90, s.P99 = s.percentile(50), s.percentile(90), s.percentile(99)
}

// percentile is the time that so many of a hundred took no longer than.
func (s *Latency) percentile(p uint64) time.Duration {
	rank := (s.Count*p + 99) / 100
	var passed uint64
	for _, b := range s.Buckets {
		if passed += b.Count; passed >= rank {
			return min(b.UpTo, s.Max)
		}
	}
	return 0
}

// took counts an exchange of the link that was answered at a clock time. Who owns the
// link's scope calls it.
func (r *Record) took(nanoseconds, at int64) {
	l := r.latency.Load()
	if l == nil {
		l = new(latency)
		r.latency.Store(l)
	}
	bucket := l.add(time.Duration(nanoseconds), at)
	if t := r.telemetry; t != nil && t.durations != nil {
		t.durations.add(bucket)
	}
}
