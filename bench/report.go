package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// table is one of the tables that a part prints for each shape.
type table struct {
	title string
	text  func([]sliced) string // of a cell
}

// linkTables are those of parts that measure the time of exchanges.
var linkTables = []table{
	{"µs per exchange", func(s []sliced) string { return bounded(microseconds.of(s)) }},
	{"CPU µs per exchange, all cores, host and kernel included", func(s []sliced) string { return bounded(cpuMicroseconds.of(s)) }},
	{"allocations / bytes per exchange", func(s []sliced) string {
		return fmt.Sprintf("%.1f / %.0f", estimateOf(allocations.of(s)).median, estimateOf(bytesAllocated.of(s)).median)
	}},
}

// openTables are those of parts that measure the latency of each exchange.
var openTables = []table{
	{"latency in µs from when the exchange was to begin, p50 / p99 / p99.9 / max of all slices together", func(all []sliced) string {
		sum := hdrhistogram.New(1, longestLatency, 3)
		for _, s := range all {
			sum.Merge(s.latency)
		}
		return fmt.Sprintf("%d / %d / %d / %d",
			sum.ValueAtQuantile(50), sum.ValueAtQuantile(99), sum.ValueAtQuantile(99.9), sum.Max())
	}},
	{"p99 in µs", func(s []sliced) string { return bounded(p99.of(s)) }},
}

// idleTables are those of idle links.
var idleTables = []table{
	{"bytes of heap and stacks / goroutines, per idle link", func(s []sliced) string {
		return fmt.Sprintf("%.0f / %.2f", estimateOf(bytesPerLink.of(s)).median, estimateOf(goroutinesPerLink.of(s)).median)
	}},
}

// report prints the tables of a part.
func report(w io.Writer, p part, r results) {
	fmt.Fprintf(w, "\n== %s: %s\n", p.name, p.about)
	for _, shape := range p.shapes {
		rounds := len(r[cell{p.rows[0].name, shape.Name, p.at[0]}])
		of := fmt.Sprintf("%s (%d bytes): median of %d slices [%.0f %% bounds]", shape.Name, shape.Size(), rounds, confidence*100)
		for _, t := range p.tables {
			fmt.Fprintf(w, "\n%s, %s\n", t.title, of)
			p.table(w, func(row string, at int) string { return t.text(r[cell{row, shape.Name, at}]) })
		}
		for _, reference := range p.references {
			if len(p.rows) == 1 || r[cell{reference, shape.Name, p.at[0]}] == nil {
				continue
			}
			fmt.Fprintf(w, "\n%s ÷ that of %s, of the rounds, %s\n", p.ratio.name, reference, of)
			p.table(w, func(row string, at int) string {
				if row == reference {
					return "1"
				}
				return bounded(combine(
					r.series(cell{row, shape.Name, at}, p.ratio),
					r.series(cell{reference, shape.Name, at}, p.ratio),
					ratio))
			})
		}
	}
}

// table prints a line a row.
func (p part) table(w io.Writer, text func(row string, at int) string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, p.unit)
	for _, at := range p.at {
		fmt.Fprintf(t, "\t%d", at)
	}
	fmt.Fprintln(t)
	for _, row := range p.rows {
		fmt.Fprint(t, row.name)
		for _, at := range p.at {
			fmt.Fprintf(t, "\t%s", text(row.name, at))
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush() // like all that is printed: there is nobody to tell
}

func bounded(series []float64) string {
	e := estimateOf(series)
	return fmt.Sprintf("%.2f [%.2f %.2f]", e.median, e.low, e.high)
}
