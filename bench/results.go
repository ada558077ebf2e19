package main

// cell is one figure of a part's tables: a row, a shape and the column.
type cell struct {
	row, shape string
	at         int
}

// results are the slices of every cell of a part that was measured, one a round.
type results map[cell][]sliced

// metric is what of a slice is looked at.
type metric struct {
	name     string
	decimals int // of a printed figure
	figure   func(sliced) float64
}

var (
	// microseconds is the time between two exchanges of all callers together.
	microseconds = metric{"time", 2, func(s sliced) float64 {
		return float64(s.elapsed.Nanoseconds()) / 1e3 / float64(s.exchanges)
	}}

	// cpuMicroseconds is the time that all cores together spent on an exchange,
	// the host's part and the kernel's included. It hardly changes with what
	// else the machine does.
	cpuMicroseconds = metric{"CPU time", 2, func(s sliced) float64 {
		return float64(s.cpu.Nanoseconds()) / 1e3 / float64(s.exchanges)
	}}

	// allocations has one decimal, since the runtime makes a few of its own, a
	// hundredth or so per exchange.
	allocations = metric{"allocations", 1, func(s sliced) float64 {
		return float64(s.mallocs) / float64(s.exchanges)
	}}

	bytesAllocated = metric{"bytes", 0, func(s sliced) float64 {
		return float64(s.bytes) / float64(s.exchanges)
	}}
)

// p99 is the latency, in µs, that one exchange of a hundred exceeds.
var p99 = metric{"p99", 2, func(s sliced) float64 { return float64(s.latency.ValueAtQuantile(99)) }}

// Of idle links, which exchange nothing, a slice counts the links.
var (
	bytesPerLink      = metric{"bytes", 2, bytesAllocated.figure} // as a ratio; alone it is printed without decimals
	goroutinesPerLink = metric{"goroutines", 1, func(s sliced) float64 {
		return float64(s.goroutines) / float64(s.exchanges)
	}}
)

// of is the metric of every slice.
func (m metric) of(all []sliced) []float64 {
	var series []float64
	for _, s := range all {
		series = append(series, m.figure(s))
	}
	return series
}

// series is the metric of a cell, round by round; nil when it was not measured.
func (r results) series(c cell, m metric) []float64 { return m.of(r[c]) }

// combine applies f to two series, round by round: figures of the same round were
// measured within seconds of each other, so that what slows the whole machine
// falls out of their ratio. It returns nil when one of the two is missing.
func combine(a, b []float64, f func(a, b float64) float64) []float64 {
	if len(a) != len(b) {
		return nil
	}
	var combined []float64
	for i := range a {
		combined = append(combined, f(a[i], b[i]))
	}
	return combined
}

func ratio(a, b float64) float64 { return a / b }

func difference(a, b float64) float64 { return a - b }
