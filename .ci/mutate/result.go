package main

import (
	"fmt"
	"io"
	"time"
)

// verdict is what became of one mutation.
type verdict int

const (
	// killed: a test turned red, as it should.
	killed verdict = iota
	// survived: the tests stayed green; the promise is not tested.
	survived
	// broken: the mutation could not be tried, so nothing is known.
	broken
)

func (v verdict) String() string {
	switch v {
	case killed:
		return "killed"
	case survived:
		return "SURVIVED"
	case broken:
		return "BROKEN"
	}
	return fmt.Sprintf("verdict(%d)", int(v))
}

// result is one mutation tried.
type result struct {
	mutation mutation
	verdict  verdict
	detail   string // why; empty when killed at once
	took     time.Duration
}

func (r result) String() string {
	line := fmt.Sprintf("%-8s %6.1f s  %s: %s", r.verdict, r.took.Seconds(), r.mutation.id, r.mutation.name)
	if r.verdict != killed {
		return line + "\n         " + r.mutation.reason + "\n         " + r.detail
	}
	if r.detail != "" {
		line += ", " + r.detail
	}
	return line
}

// tally counts the results, and keeps those that are not as they should be.
type tally struct {
	tried, survived, broken int
	faults                  []result
}

func (t *tally) add(r result) {
	t.tried++
	switch r.verdict {
	case killed:
	case survived:
		t.survived++
	case broken:
		t.broken++
	}
	if r.verdict != killed {
		t.faults = append(t.faults, r)
	}
}

// report prints what was not killed, once more and together, and the closing line. It
// returns an error unless all were killed.
func (t *tally) report(out io.Writer) error {
	if t.survived == 0 && t.broken == 0 {
		_, err := fmt.Fprintf(out, "CHECK mutations: 0 survivors of %d (goal 0) ok\n", t.tried)
		return err
	}
	for _, r := range t.faults {
		fmt.Fprintln(out, r)
	}
	fmt.Fprintf(out, "CHECK mutations: %d survivors of %d, %d could not be tried (goal 0) FAIL\n",
		t.survived, t.tried, t.broken)
	return fmt.Errorf("%d survived, %d could not be tried", t.survived, t.broken)
}
