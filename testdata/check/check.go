// Package check prints what a proof has found: one line a goal, computed from that
// run. The programs of bench, the demo and the simulation have it in common.
package check

import (
	"fmt"
	"io"
	"slices"
	"strconv"
)

// Line is one goal, and what became of it.
type Line struct {
	Name   string
	Figure string
	Goal   string
	OK     bool
}

// String returns the line, as CHECK lost: 0 (goal 0) ok.
func (l Line) String() string {
	verdict := "ok"
	if !l.OK {
		verdict = "FAIL"
	}
	return fmt.Sprintf("CHECK %s: %s (goal %s) %s", l.Name, l.Figure, l.Goal, verdict)
}

// None is for what must not happen at all: lost, duplicated, hung, leaked.
func None[N number](name string, got N) Line { return Exactly(name, got, 0) }

// Exactly is for a figure that must be want.
func Exactly[N number](name string, got, want N) Line {
	return Line{name, text(got), text(want), got == want}
}

// AtMost is for a figure that must not be above limit.
func AtMost[N number](name string, got, limit N) Line {
	return Line{name, text(got), "<= " + text(limit), got <= limit}
}

// AtLeast is for a figure that must not be below limit: a fault that never came
// proves nothing.
func AtLeast[N number](name string, got, limit N) Line {
	return Line{name, text(got), ">= " + text(limit), got >= limit}
}

type number interface {
	~int | ~int64 | ~uint64 | ~float64
}

// text is a whole number as it is, and any other with two decimals.
func text[N number](n N) string {
	if f := float64(n); f != float64(int64(f)) {
		return strconv.FormatFloat(f, 'f', 2, 64)
	}
	return strconv.FormatInt(int64(n), 10)
}

// OK reports whether all lines are.
func OK(lines ...Line) bool {
	return !slices.ContainsFunc(lines, func(l Line) bool { return !l.OK })
}

// Print writes the lines, and reports whether all are ok.
func Print(w io.Writer, lines ...Line) (ok bool, err error) {
	for _, l := range lines {
		if _, err := fmt.Fprintln(w, l); err != nil {
			return false, err
		}
	}
	return OK(lines...), nil
}
