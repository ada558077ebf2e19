package main

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// takePaced begins as many exchanges a second as the column says.
func takePaced(s *stage, r row, g group, d time.Duration) (sliced, error) {
	l, err := s.load(r, g.shape, 1)
	if err != nil {
		return sliced{}, err
	}
	return l.paced(g.at, d)
}

// longestLatency is the largest that a histogram holds, in µs.
const longestLatency = 120_000_000

// paced begins rate exchanges a second, evenly, whether earlier ones were answered or
// not, and waits for all. The latency of an exchange counts from when it was to begin,
// so that one that begins late since others hold it up is as late as it was (what is
// called coordinated omission is none here). An exchange that is due takes a caller
// that waits, or a new one; when all are in use it waits for one.
func (l *load) paced(rate int, d time.Duration) (sliced, error) {
	n := max(1, int(d.Seconds()*float64(rate)))
	interval := time.Second / time.Duration(rate)
	p := pace{load: l, due: make(chan int), interval: interval, latencies: make([]time.Duration, n)}
	stuck := time.NewTimer(d + 2*stuckAfter)
	defer stuck.Stop()
	m := startMeter()
	p.start = m.start
	// Behind the start: a tick that came before its exchange is due would cost another.
	tick, err := newTicker(interval)
	if err != nil {
		return sliced{}, err
	}
	defer tick.stop()
	for i := 0; i < n; {
		if time.Since(p.start) < p.at(i) {
			if err := tick.wait(); err != nil {
				p.race.fail(err)
				break
			}
			continue
		}
		if !p.begin(i, stuck) {
			close(p.due)
			return sliced{}, errStuck
		}
		i++
	}
	close(p.due)
	if !wait(&p.race.done, stuck) {
		return sliced{}, errStuck
	}
	measured := m.stop(uint64(n))
	if err := p.race.failure.Load(); err != nil {
		return sliced{}, *err
	}
	measured.latency = hdrhistogram.New(1, longestLatency, 3)
	for _, latency := range p.latencies {
		if err := measured.latency.RecordValue(max(1, latency.Microseconds())); err != nil {
			return sliced{}, err
		}
	}
	return measured, nil
}

// pace is what the callers of one run share.
type pace struct {
	load      *load
	race      race
	due       chan int // numbers of exchanges
	callers   int      // that were started
	start     time.Time
	interval  time.Duration
	latencies []time.Duration
}

// at is when an exchange is to begin, from the start.
func (p *pace) at(i int) time.Duration { return time.Duration(i+1) * p.interval }

// begin hands an exchange to a caller. It is false when none came back in time.
func (p *pace) begin(i int, stuck *time.Timer) bool {
	select {
	case p.due <- i:
		return true
	default:
	}
	if p.callers < len(p.load.callers) {
		caller := p.callers
		p.callers++
		p.race.done.Go(func() { p.exchange(caller, i) })
		return true
	}
	select {
	case p.due <- i:
		return true
	case <-stuck.C:
		return false
	}
}

// exchange makes the exchange i, and those that are due later.
func (p *pace) exchange(caller, i int) {
	for more := true; more; i, more = <-p.due {
		p.race.one(p.load.path, caller, &p.load.callers[caller])
		p.latencies[i] = time.Since(p.start) - p.at(i)
	}
}
