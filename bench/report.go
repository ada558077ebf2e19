package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/isolink-go/isolink/bench/internal/sample"
)

// references are the rows that all others are divided by.
var references = []string{rowBare, rowContract, rowMoov}

// report prints the tables of a run and its checks.
func report(w io.Writer, p plan, r results) {
	for _, shape := range p.shapes {
		rounds := len(r[cell{p.rows[0].name, shape.Name, p.callers[0]}])
		fmt.Fprintf(w, "\nµs per exchange, %s (%d bytes): median of %d slices [%.0f %% bounds]\n",
			shape.Name, shape.Size(), rounds, confidence*100)
		p.table(w, func(row string, callers int) string {
			return bounded(r.series(cell{row, shape.Name, callers}, microseconds))
		})
		fmt.Fprintf(w, "\nCPU µs per exchange, all cores, host and kernel included, %s\n", shape.Name)
		p.table(w, func(row string, callers int) string {
			return bounded(r.series(cell{row, shape.Name, callers}, cpuMicroseconds))
		})
		fmt.Fprintf(w, "\nallocations / bytes per exchange, %s\n", shape.Name)
		p.table(w, func(row string, callers int) string {
			c := cell{row, shape.Name, callers}
			return fmt.Sprintf("%.1f / %.0f",
				estimateOf(r.series(c, allocations)).median,
				estimateOf(r.series(c, bytesAllocated)).median)
		})
		for _, reference := range references {
			p.ratios(w, shape, r, reference)
		}
	}
	fmt.Fprintln(w)
	printChecks(w, r, p.callers)
}

// ratios prints a table of all rows divided by one, if that one was measured.
func (p plan) ratios(w io.Writer, shape *sample.Shape, r results, reference string) {
	if r[cell{reference, shape.Name, p.callers[0]}] == nil {
		return
	}
	fmt.Fprintf(w, "\ntime ÷ time of %s, %s: median of the rounds' ratios [%.0f %% bounds]\n",
		reference, shape.Name, confidence*100)
	p.table(w, func(row string, callers int) string {
		if row == reference {
			return "1"
		}
		return bounded(combine(
			r.series(cell{row, shape.Name, callers}, microseconds),
			r.series(cell{reference, shape.Name, callers}, microseconds),
			ratio))
	})
}

// table prints a line a row and a column a number of callers.
func (p plan) table(w io.Writer, text func(row string, callers int) string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "callers")
	for _, callers := range p.callers {
		fmt.Fprintf(t, "\t%d", callers)
	}
	fmt.Fprintln(t)
	for _, row := range p.rows {
		fmt.Fprint(t, row.name)
		for _, callers := range p.callers {
			fmt.Fprintf(t, "\t%s", text(row.name, callers))
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush() // like all that is printed: there is nobody to tell
}

func bounded(series []float64) string {
	e := estimateOf(series)
	return fmt.Sprintf("%.2f [%.2f %.2f]", e.median, e.low, e.high)
}
