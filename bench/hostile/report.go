package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"
	"time"

	"github.com/isolink-go/isolink/testdata/check"
)

// report prints the table, and the lines that decide nothing.
func report(out io.Writer, f findings) error {
	fmt.Fprintf(out, "alone, the others made %d exchanges a second; they go on with half of that\n\n", f.most)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "scenario\tlimit\twithin\tcame\tended\tlongest\ttold\theap MiB\tothers\tnew\tlost\tp99\talone\t")
	for _, s := range f.all {
		within := "-"
		if s.within > 0 {
			within = s.within.String()
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%v\t%d\t%.1f\t%d\t%d\t%d\t%v\t%v\t\n",
			s.name, s.limit, within, s.came, s.ended, s.longest.Round(time.Millisecond), s.heard, inMiB(s.grown),
			s.others.done, s.before.newcomers+s.others.newcomers, s.lost(), s.others.p99.Round(time.Microsecond), s.before.p99.Round(time.Microsecond))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	for _, s := range f.all {
		fmt.Fprintf(out, "%s: %s; told as %s\n", s.name, s.rate, s.error)
	}
	fmt.Fprintln(out)
	for _, s := range f.all {
		if s.fault != nil {
			fmt.Fprintf(out, "%s: %v\n", s.name, s.fault)
		}
	}
	fmt.Fprintln(out, "speed, which decides nothing:")
	_, err := check.Print(out, f.speed()...)
	fmt.Fprintln(out)
	return err
}

// lines are what decides.
func (f findings) lines() []check.Line {
	var all []check.Line
	done, newcomers := math.MaxInt, 0
	for _, s := range f.all {
		all = append(all, s.lines()...)
		done = min(done, s.before.done+s.others.done)
		newcomers += s.before.newcomers + s.others.newcomers
	}
	return append(
		all,
		check.AtLeast("exchanges of the others, in each scenario", done, fewest),
		check.AtLeast("new clients that were served", newcomers, len(f.all)),
		check.None("goroutines left", f.leaked),
	)
}

// lost counts the exchanges of the others that were not answered as they must be.
func (s finding) lost() int {
	return s.before.lost + s.before.misdelivered + s.others.lost + s.others.misdelivered
}

func (s finding) lines() []check.Line {
	name := func(what string) string { return s.name + ", " + what }
	lines := []check.Line{check.AtLeast(name("came"), s.came, s.least)}
	if s.within > 0 {
		lines = append(lines, check.AtLeast(name("ended by "+s.limit), s.ended, s.ends))
	}
	return append(
		lines,
		check.AtLeast(name("told"), s.heard, 1),
		check.AtMost(name("growth of the heap in MiB"), inMiB(s.grown), inMiB(s.heap)),
		check.None(name("ended late, or wrong"), s.wrong),
		check.None(name("lost or misdelivered of the others"), s.lost()),
	)
}

// speed is what the others notice.
func (f findings) speed() []check.Line {
	var all []check.Line
	for _, s := range f.all {
		ratio := 0.0
		if s.before.p99 > 0 {
			ratio = float64(s.others.p99) / float64(s.before.p99)
		}
		all = append(all, check.AtMost(s.name+", p99 of the others ÷ alone", ratio, 2))
	}
	return all
}

func inMiB(n int64) float64 { return float64(n) / mib }
