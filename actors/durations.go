package actors

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Durations counts how long exchanges took, and hands the counts on to a histogram of
// OpenTelemetry's. To record each exchange there as it is answered would cost it a tenth
// of its time or more, and run foreign code where links settle.
type Durations struct {
	to metric.Float64Histogram

	mu sync.Mutex
	of map[attribute.KeyValue]*durations
}

// NewDurations makes Durations for a histogram of seconds.
func NewDurations(to metric.Float64Histogram) *Durations {
	return &Durations{to: to, of: make(map[attribute.KeyValue]*durations)}
}

// durations are those of a link, or of an acceptor's sessions, that are not handed on.
type durations struct {
	with   []metric.RecordOption
	some   atomic.Bool // there are any
	counts [latencyBuckets]atomic.Uint64
}

// with returns the durations of what has that attribute. They stay, as the histogram's
// own do.
func (d *Durations) with(what attribute.KeyValue) *durations {
	d.mu.Lock()
	defer d.mu.Unlock()
	of := d.of[what]
	if of == nil {
		of = &durations{with: []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(what))}}
		d.of[what] = of
	}
	return of
}

func (d *durations) add(bucket int) {
	d.counts[bucket].Add(1)
	if !d.some.Load() {
		d.some.Store(true)
	}
}

// HandOn records what was counted since it was last called, each exchange by the middle
// of its bucket: right to 6 %, as Latency is.
func (d *Durations) HandOn() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, of := range d.of {
		if !of.some.Swap(false) {
			continue
		}
		for bucket := range of.counts {
			seconds := latencyMiddle(bucket).Seconds()
			for range of.counts[bucket].Swap(0) {
				d.to.Record(context.Background(), seconds, of.with...)
			}
		}
	}
}

// latencyMiddle is the time in the middle of a bucket; the least, of the last one, which
// has no end.
func latencyMiddle(bucket int) time.Duration {
	var least time.Duration
	if bucket > 0 {
		least = latencyUpTo(bucket-1) + 1
	}
	if bucket == latencyBuckets-1 {
		return least
	}
	return least + (latencyUpTo(bucket)-least)/2
}
