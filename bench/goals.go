package main

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/isolink-go/isolink/bench/internal/sample"
)

// goal is what a row is meant to reach. Its figure is (of − less) ÷ over,
// computed round by round; the median counts.
type goal struct {
	name    string
	of      string
	less    string // the row to subtract; none when empty
	over    string // the row to divide by; none when empty
	metric  metric
	callers []int // one check each
	is      comparison
	bound   float64
}

type comparison string

const (
	atLeast comparison = ">="
	atMost  comparison = "<="
)

// goals are for messages of two fields: the shorter the message, the more of the
// time is the link's.
var goals = []goal{
	{"moov / isolink-message", rowMoov, "", rowMessage, microseconds, []int{1, 16}, atLeast, 1.6},
	{"moov / isolink-message", rowMoov, "", rowMessage, microseconds, []int{2}, atLeast, 2.0},
	{"moov / isolink-message", rowMoov, "", rowMessage, microseconds, []int{100, 1000}, atLeast, 2.5},
	{"isolink-frame / floor-contract", rowFrame, "", rowContract, microseconds, defaultCallers, atMost, 1.0},
	{"isolink-frame / floor-bare", rowFrame, "", rowBare, microseconds, defaultCallers, atMost, 1.3},
	{"(isolink-message - codec) / floor-contract", rowMessage, rowCodec, rowContract, microseconds, []int{100, 1000}, atMost, 1.2},
	{"allocations of isolink-frame", rowFrame, "", "", allocations, defaultCallers, atMost, 3},
	{"allocations of isolink-message - codec", rowMessage, rowCodec, "", allocations, defaultCallers, atMost, 4},
}

// figure is the goal's at this number of callers. ok is false when a row that it
// needs was not measured.
func (g goal) figure(r results, callers int) (figure float64, ok bool) {
	series := func(row string) []float64 {
		return r.series(cell{row, sample.Two.Name, callers}, g.metric)
	}
	figures := series(g.of)
	if g.less != "" {
		figures = combine(figures, series(g.less), difference)
	}
	if g.over != "" {
		figures = combine(figures, series(g.over), ratio)
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

// printChecks writes a line for every goal and number of callers that was
// measured.
func printChecks(w io.Writer, r results, callers []int) {
	for _, g := range goals {
		for _, n := range g.callers {
			if !slices.Contains(callers, n) {
				continue
			}
			figure, ok := g.figure(r, n)
			if !ok {
				continue
			}
			verdict := "FAIL"
			if g.met(figure) {
				verdict = "ok"
			}
			d := g.metric.decimals
			fmt.Fprintf(w, "CHECK %s, callers=%d: %.*f (goal %s %.*f) %s\n", g.name, n, d, figure, g.is, d, g.bound, verdict)
		}
	}
}
