package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
)

// goal is what a row is meant to reach. Its figure is (of − less) ÷ over,
// computed round by round; the median counts.
type goal struct {
	name   string
	of     string
	less   string // the row to subtract; none when empty
	over   string // the row to divide by; none when empty
	metric metric
	at     []int // the columns; one check each
	is     comparison
	bound  float64
	overAt int // the column of over; 0: that of the figure
}

type comparison string

const (
	atLeast comparison = ">="
	atMost  comparison = "<="
)

// linkGoals are for messages of two fields: the shorter the message, the more of the
// time is the link's.
var linkGoals = []goal{
	{"moov / isolink-message", rowMoov, "", rowMessage, microseconds, []int{1, 16}, atLeast, 1.6, 0},
	{"moov / isolink-message", rowMoov, "", rowMessage, microseconds, []int{2}, atLeast, 2.0, 0},
	{"moov / isolink-message", rowMoov, "", rowMessage, microseconds, []int{100, 1000}, atLeast, 2.5, 0},
	{"isolink-frame / floor-contract", rowFrame, "", rowContract, microseconds, defaultCallers, atMost, 1.0, 0},
	{"isolink-frame / floor-bare", rowFrame, "", rowBare, microseconds, defaultCallers, atMost, 1.3, 0},
	{"(isolink-message - codec) / floor-contract", rowMessage, rowCodec, rowContract, microseconds, []int{100, 1000}, atMost, 1.2, 0},
	{"isolink-actor / floor-contract", rowActor, "", rowContract, microseconds, []int{1000}, atMost, 0.5, 0},
	{"allocations of isolink-frame", rowFrame, "", "", allocations, defaultCallers, atMost, 3, 0},
	{"allocations of isolink-message - codec", rowMessage, rowCodec, "", allocations, defaultCallers, atMost, 4, 0},
}

var relayGoals = []goal{
	{"relay, unpacking / View and Patch", rowRelayUnpack, "", rowRelayView, microseconds, []int{1}, atLeast, 10, 0},
}

var bothGoals = []goal{
	{"moov / isolink, both ends", rowMoov, "", rowIsolink, microseconds, []int{1000, 10_000, 100_000}, atLeast, 3, 0},
}

var openGoals = []goal{
	{"p99 of moov / isolink-frame, open loop", rowMoov, "", rowFrame, p99, []int{20_000}, atLeast, 3, 0},
	{"p99 of isolink-frame / floor-contract, open loop", rowFrame, "", rowContract, p99, []int{20_000}, atMost, 1.3, 0},
}

var manyGoals = []goal{
	{"isolink-frame / floor-contract, many links", rowFrame, "", rowContract, microseconds, []int{1000}, atMost, 1.1, 0},
}

// A manager has some goroutines beside those of its links.
var idleGoals = []goal{
	{"isolink / moov, bytes per idle link", rowIsolink, "", rowMoov, bytesPerLink, []int{1000, 10_000}, atMost, 0.5, 0},
	{"goroutines per idle link of isolink", rowIsolink, "", "", goroutinesPerLink, []int{1000, 10_000}, atMost, 1.1, 0},
}

var longGoals = []goal{
	{name: "isolink-frame, after 1,000,000 exchanges / at the start", of: rowOld, over: rowNew, metric: microseconds, at: []int{1000}, is: atMost, bound: 1.1},
	{name: "isolink-frame / with 1,000 callers", of: rowOld, over: rowOld, overAt: 1000, metric: microseconds, at: []int{10_000}, is: atMost, bound: 1.1},
}

var telemetryGoals = []goal{
	{"isolink-frame with OpenTelemetry / without", rowFrameTold, "", rowFrame, microseconds, telemetryCallers, atMost, 1.1, 0},
	{"isolink-frame with OpenTelemetry, each span a root / without", rowFrameRoots, "", rowFrame, microseconds, telemetryCallers, atMost, 1.1, 0},
	{"isolink-message with OpenTelemetry / without", rowMessageTold, "", rowMessage, microseconds, telemetryCallers, atMost, 1.1, 0},
}

// figure is the goal's at this column. ok is false when a row that it needs was not
// measured.
func (g goal) figure(p part, r results, at int) (figure float64, ok bool) {
	series := func(row string, at int) []float64 { return r.series(cell{row, p.judged.Name, at}, g.metric) }
	figures := series(g.of, at)
	if g.less != "" {
		figures = combine(figures, series(g.less, at), difference)
	}
	if g.over != "" {
		figures = combine(figures, series(g.over, cmp.Or(g.overAt, at)), ratio)
	}
	if len(figures) == 0 {
		return 0, false
	}
	return estimateOf(figures).median, true
}

// met judges the figure as it is printed.
func (g goal) met(figure float64) bool {
	scale := math.Pow10(g.metric.decimals)
	figure = math.Round(figure*scale) / scale
	if g.is == atLeast {
		return figure >= g.bound
	}
	return figure <= g.bound
}

// printChecks writes a line for every goal and column of the part that was measured.
func printChecks(w io.Writer, p part, r results) {
	for _, g := range p.goals {
		for _, at := range g.at {
			if !slices.Contains(p.at, at) {
				continue
			}
			figure, ok := g.figure(p, r, at)
			if !ok {
				continue
			}
			verdict := "FAIL"
			if g.met(figure) {
				verdict = "ok"
			}
			d := g.metric.decimals
			fmt.Fprintf(w, "CHECK %s, %s=%d: %.*f (goal %s %.*f) %s\n", g.name, p.unit, at, d, figure, g.is, d, g.bound, verdict)
		}
	}
}
