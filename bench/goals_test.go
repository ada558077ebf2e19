package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/sample"
)

// measured makes results in which every cell has these times in µs, one a round, and
// this number of allocations per exchange.
func measured(rows map[string][]int, callers []int, allocations uint64) results {
	r := make(results)
	for row, times := range rows {
		for _, n := range callers {
			c := cell{row, sample.Two.Name, n}
			for _, us := range times {
				r[c] = append(r[c], sliced{
					exchanges: 1000, elapsed: time.Duration(us) * time.Millisecond,
					mallocs: allocations*1000 + 11,
				})
			}
		}
	}
	return r
}

var judged = part{judged: sample.Two}

func TestFigures(t *testing.T) {
	r := measured(map[string][]int{"a": {10, 20, 60}, "b": {5, 5, 10}, "c": {2, 10, 4}}, []int{16}, 3)
	for c, all := range measured(map[string][]int{"b": {10, 10, 10}}, []int{2}, 4) {
		r[c] = all
	}
	for name, test := range map[string]struct {
		goal goal
		want float64
	}{
		"median":           {goal{of: "a", metric: microseconds}, 20},
		"ratio by round":   {goal{of: "a", over: "b", metric: microseconds}, 4},
		"minus and ratio":  {goal{of: "a", less: "b", over: "c", metric: microseconds}, 2.5},
		"another column":   {goal{of: "a", over: "b", overAt: 2, metric: microseconds}, 2},
		"allocations":      {goal{of: "a", metric: allocations}, 3.011},
		"less allocations": {goal{of: "a", less: "b", metric: allocations}, 0},
	} {
		figure, ok := test.goal.figure(judged, r, 16)
		require.True(t, ok, name)
		assert.InDelta(t, test.want, figure, 1e-9, name)
	}
	for name, g := range map[string]goal{
		"numerator":   {of: "z", metric: microseconds},
		"minus":       {of: "a", less: "z", metric: microseconds},
		"denominator": {of: "a", over: "z", metric: microseconds},
	} {
		_, ok := g.figure(judged, r, 16)
		assert.False(t, ok, "%s is missing", name)
	}
	_, ok := goal{of: "a", metric: microseconds}.figure(judged, r, 2)
	assert.False(t, ok, "this number of callers is missing")
}

func TestGoalsAreJudgedAsPrinted(t *testing.T) {
	for _, test := range []struct {
		is       comparison
		metric   metric
		figure   float64
		expected bool
	}{
		{atLeast, microseconds, 1.00, true},
		{atLeast, microseconds, 0.996, true},
		{atLeast, microseconds, 0.994, false},
		{atLeast, microseconds, 2, true},
		{atMost, microseconds, 1.004, true},
		{atMost, microseconds, 1.006, false},
		{atMost, microseconds, 0, true},
		{atMost, allocations, 1.04, true},
		{atMost, allocations, 1.06, false},
	} {
		g := goal{is: test.is, metric: test.metric, bound: 1}
		assert.Equal(t, test.expected, g.met(test.figure), "%v %s 1", test.figure, test.is)
	}
}

func linkPart(callers []int) part {
	p := parts[0]
	p.at = callers
	return p
}

func TestChecks(t *testing.T) {
	callers := defaultCallers
	r := measured(map[string][]int{
		rowMoov: {40}, rowMessage: {20}, rowCodec: {5}, rowContract: {10}, rowBare: {8}, rowFrame: {11}, rowActor: {6},
	}, callers, 3)
	var out bytes.Buffer
	printChecks(&out, linkPart(callers), r)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	assert.Len(t, lines, 32)
	for _, want := range []string{
		"CHECK moov / isolink-message, callers=1: 2.00 (goal >= 1.60) ok",
		"CHECK moov / isolink-message, callers=2: 2.00 (goal >= 2.00) ok",
		"CHECK moov / isolink-message, callers=16: 2.00 (goal >= 1.60) ok",
		"CHECK moov / isolink-message, callers=100: 2.00 (goal >= 2.50) FAIL",
		"CHECK isolink-frame / floor-contract, callers=1: 1.10 (goal <= 1.00) FAIL",
		"CHECK isolink-frame / floor-bare, callers=1: 1.38 (goal <= 1.30) FAIL",
		"CHECK (isolink-message - codec) / floor-contract, callers=1000: 1.50 (goal <= 1.20) FAIL",
		"CHECK isolink-actor / floor-contract, callers=1000: 0.60 (goal <= 0.50) FAIL",
		"CHECK allocations of isolink-frame, callers=16: 3.0 (goal <= 3.0) ok",
		"CHECK allocations of isolink-message - codec, callers=100: 0.0 (goal <= 4.0) ok",
	} {
		assert.Contains(t, lines, want)
	}
	for _, line := range lines {
		assert.Regexp(t, `^CHECK [^:]+: -?\d+\.\d+ \(goal (>=|<=) \d+\.\d+\) (ok|FAIL)$`, line)
	}
	assert.Len(t, slices.Compact(slices.Sorted(slices.Values(lines))), len(lines), "no check is made twice")
}

func TestChecksOfWhatWasNotMeasuredAreNotMade(t *testing.T) {
	r := measured(map[string][]int{rowMoov: {40}, rowMessage: {20}, rowFrame: {1}}, []int{2}, 3)
	var out bytes.Buffer
	printChecks(&out, linkPart([]int{2}), r)
	assert.Equal(t, "CHECK moov / isolink-message, callers=2: 2.00 (goal >= 2.00) ok\n"+
		"CHECK allocations of isolink-frame, callers=2: 3.0 (goal <= 3.0) ok\n", out.String())
}
