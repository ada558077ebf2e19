package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/isolink-go/isolink/bench/internal/sample"
)

// defaultCallers are the columns of the tables.
var defaultCallers = []int{1, 2, 16, 100, 1000}

// The two lengths of a run, and of its slices.
const (
	fullTime, fullSlice   = 8 * time.Minute, 200 * time.Millisecond
	shortTime, shortSlice = 70 * time.Second, 120 * time.Millisecond
)

// parse makes a plan of the flags. Every fault is reported at once.
func parse(args []string, stderr io.Writer) (plan, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var (
		short   = flags.Bool("short", false, "about 70 seconds, messages of two fields only")
		callers = flags.String("callers", "", "numbers of callers, with commas (default 1,2,16,100,1000)")
		names   = flags.String("rows", "", "rows, with commas (default all)")
		kinds   = flags.String("shapes", "", "shapes of messages, with commas (default all; -short: 2-fields)")
		budget  = flags.Duration("time", 0, "how long the run may take; at least one round is made (default 8m, -short: 70s)")
		slice   = flags.Duration("slice", 0, "how long a row is measured at a time (default 200ms, -short: 120ms)")
		seed    = flags.Uint64("seed", 0, "seed of the order (default random)")
	)
	if err := flags.Parse(args); err != nil {
		return plan{}, err
	}
	p := plan{rows: rows, shapes: shapes, callers: defaultCallers, slice: fullSlice, budget: fullTime, seed: *seed}
	if *short {
		p.shapes, p.slice, p.budget = shapes[:1], shortSlice, shortTime
	}
	if p.seed == 0 {
		p.seed = rand.Uint64()
	}
	var errs []error
	if *names != "" {
		p.rows = choose(rows, *names, func(r row) string { return r.name }, "row", &errs)
	}
	if *kinds != "" {
		p.shapes = choose(shapes, *kinds, func(s *sample.Shape) string { return s.Name }, "shape", &errs)
	}
	if *callers != "" {
		p.callers = numbers(*callers, &errs)
	}
	p.slice, p.budget = orDefault(*slice, p.slice), orDefault(*budget, p.budget)
	if p.slice < time.Millisecond || p.budget < 0 {
		errs = append(errs, errors.New("-slice must be at least 1ms and -time not negative"))
	}
	if flags.NArg() > 0 {
		errs = append(errs, fmt.Errorf("unexpected %q", flags.Arg(0)))
	}
	return p, errors.Join(errs...)
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// choose picks those that are named, in the order of all.
func choose[T any](all []T, list string, name func(T) string, kind string, errs *[]error) []T {
	wanted := strings.Split(list, ",")
	var chosen []T
	for _, one := range all {
		if slices.Contains(wanted, name(one)) {
			chosen = append(chosen, one)
		}
	}
	for _, want := range wanted {
		if !slices.ContainsFunc(all, func(one T) bool { return name(one) == want }) {
			*errs = append(*errs, fmt.Errorf("no %s %q", kind, want))
		}
	}
	return chosen
}

// numbers reads numbers of callers, sorted, each once.
func numbers(list string, errs *[]error) []int {
	var all []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > sample.MaxCallers {
			*errs = append(*errs, fmt.Errorf("%q is no number of callers from 1 to %d", text, sample.MaxCallers))
			continue
		}
		all = append(all, n)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
