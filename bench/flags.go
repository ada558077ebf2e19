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
var defaultCallers = []int{1, 2, 16, 100, 1000, 10_000}

// parse makes a plan of the flags. Every fault is reported at once.
func parse(args []string, stderr io.Writer) (plan, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var (
		brief   = flags.Bool("short", false, "less than two minutes, messages of two fields only")
		lot     = flags.Bool("full", false, "everything, about 40 minutes")
		wanted  = flags.String("parts", "", "parts, with commas (default all)")
		callers = flags.String("callers", "", "numbers of callers, with commas (default 1,2,16,100,1000,10000)")
		names   = flags.String("rows", "", "rows, with commas (default all)")
		kinds   = flags.String("shapes", "", "shapes of messages, with commas (default all; -short: 2-fields)")
		budget  = flags.Duration("time", 0, "how long the run may take; at least one round of each part is made")
		slice   = flags.Duration("slice", 0, "how long a row is measured at a time")
		out     = flags.String("out", "", "folder for files: bench.txt for benchstat, and plots (default none)")
		seed    = flags.Uint64("seed", 0, "seed of the order (default random)")
	)
	if err := flags.Parse(args); err != nil {
		return plan{}, err
	}
	p := plan{seed: *seed, out: *out}
	if p.seed == 0 {
		p.seed = rand.Uint64()
	}
	var errs []error
	long := normal
	switch {
	case *brief && *lot:
		errs = append(errs, errors.New("-short and -full exclude each other"))
	case *brief:
		long = short
	case *lot:
		long = full
	}
	pick := picks{
		parts:  list(*wanted, parts, func(p part) string { return p.name }, "part", &errs),
		rows:   list(*names, allRows(), func(r row) string { return r.name }, "row", &errs),
		shapes: list(*kinds, shapes, func(s *sample.Shape) string { return s.Name }, "shape", &errs),
	}
	if *callers != "" {
		pick.callers = numbers(*callers, &errs)
	}
	if *slice != 0 && *slice < time.Millisecond || *budget < 0 {
		errs = append(errs, errors.New("-slice must be at least 1ms and -time not negative"))
	}
	if flags.NArg() > 0 {
		errs = append(errs, fmt.Errorf("unexpected %q", flags.Arg(0)))
	}
	p.parts = pick.of(parts, long, *budget, *slice)
	if len(p.parts) == 0 {
		errs = append(errs, errors.New("no part has all of that"))
	}
	return p, errors.Join(errs...)
}

// picks are what the flags choose; what is empty chooses all.
type picks struct {
	parts, rows, shapes []string
	callers             []int
}

// of are the parts that have something of what was chosen. A budget is shared in
// proportion to their own.
func (k picks) of(all []part, long length, budget, slice time.Duration) []part {
	var chosen []part
	var total time.Duration
	for _, p := range all {
		p.timing = p.times[long]
		p.rows = kept(p.rows, k.rows, func(r row) string { return r.name })
		shapes := p.shapes
		p.shapes = kept(shapes, k.shapes, func(s *sample.Shape) string { return s.Name })
		if long == short {
			if len(k.shapes) == 0 {
				p.shapes = shapes[:1]
			}
			if p.brief != nil {
				p.at = p.brief
			}
		}
		if k.callers != nil && p.unit == "callers" {
			p.at = k.callers
		}
		if len(k.parts) > 0 && !slices.Contains(k.parts, p.name) || len(p.rows) == 0 || len(p.shapes) == 0 || p.budget == 0 {
			continue
		}
		if slice != 0 {
			p.slice = slice
		}
		total += p.budget
		chosen = append(chosen, p)
	}
	for i := range chosen {
		if budget != 0 {
			chosen[i].budget = time.Duration(float64(budget) * float64(chosen[i].budget) / float64(total))
		}
	}
	return chosen
}

// allRows are the rows of all parts, each name once or more.
func allRows() []row {
	var all []row
	for _, p := range parts {
		all = append(all, p.rows...)
	}
	return all
}

// list splits a flag. What is not among all is a fault.
func list[T any](flag string, all []T, name func(T) string, kind string, errs *[]error) []string {
	if flag == "" {
		return nil
	}
	wanted := strings.Split(flag, ",")
	for _, want := range wanted {
		if !slices.ContainsFunc(all, func(one T) bool { return name(one) == want }) {
			*errs = append(*errs, fmt.Errorf("no %s %q", kind, want))
		}
	}
	return wanted
}

// kept are those that are wanted, in the order of all.
func kept[T any](all []T, wanted []string, name func(T) string) []T {
	if len(wanted) == 0 {
		return all
	}
	var kept []T
	for _, one := range all {
		if slices.Contains(wanted, name(one)) {
			kept = append(kept, one)
		}
	}
	return kept
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
