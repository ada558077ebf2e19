package traffic

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	nameWidth   = 34
	columnWidth = 13
)

// Table writes rows of one value for each link, and one for all.
type Table struct {
	to    io.Writer
	links []string
}

// NewTable writes the head of a table whose columns are links.
func NewTable(to io.Writer, links []string) *Table {
	t := &Table{to: to, links: links}
	t.write("", append(slices.Clone(links), "total"))
	return t
}

// Row writes a row; value gets the index of a link, or -1 for the total.
func (t *Table) Row(name string, value func(link int) string) {
	var values []string
	for i := range t.links {
		values = append(values, value(i))
	}
	t.write(name, append(values, value(-1)))
}

// CountRow writes a row of numbers, with their sum as the total.
func (t *Table) CountRow(name string, count func(link int) uint64) {
	t.Row(name, func(link int) string {
		if link >= 0 {
			return fmt.Sprint(count(link))
		}
		var total uint64
		for i := range t.links {
			total += count(i)
		}
		return fmt.Sprint(total)
	})
}

func (t *Table) write(name string, values []string) {
	var line strings.Builder
	fmt.Fprintf(&line, "%-*s", nameWidth, name)
	for _, v := range values {
		fmt.Fprintf(&line, " %*s", columnWidth, v)
	}
	fmt.Fprintln(t.to, strings.TrimRight(line.String(), " "))
}

// Outcomes writes the rows that say what became of the sends.
func (t *Table) Outcomes(tally *Tally) {
	counts := make([]Counts, len(t.links))
	for i := range counts {
		counts[i] = tally.Link(i)
	}
	of := func(name string, outcome Outcome) {
		t.CountRow(name, func(link int) uint64 { return counts[link].Outcomes[outcome] })
	}
	t.CountRow("sent", func(link int) uint64 { return counts[link].Sent })
	t.CountRow("answered", func(link int) uint64 { return counts[link].Answered() })
	of("  approved", Approved)
	of("  declined", Declined)
	if total := tally.Total(); total.Outcomes[NoCode] > 0 {
		of("  without a response code", NoCode)
	}
	of("rejected", Rejected)
	of("not sent", NotSent)
	of("in doubt", InDoubt)
}

// Causes writes a row for each cause for which a send was not answered.
func (t *Table) Causes(tally *Tally) {
	counts := make([]Counts, len(t.links))
	for i := range counts {
		counts[i] = tally.Link(i)
	}
	total := tally.Total()
	for _, cause := range slices.Sorted(maps.Keys(total.Causes)) {
		t.CountRow("  "+cause, func(link int) uint64 { return counts[link].Causes[cause] })
	}
}

// Latencies writes how long the answered sends took, and the longest that a
// caller waited to learn that its send was not.
func (t *Table) Latencies(tally *Tally) {
	total := tally.Total()
	counts := make([]Counts, len(t.links))
	for i := range counts {
		counts[i] = tally.Link(i)
	}
	row := func(name string, of func(*Counts) time.Duration) {
		t.Row(name, func(link int) string {
			c := &total
			if link >= 0 {
				c = &counts[link]
			}
			return of(c).Round(time.Microsecond).String()
		})
	}
	row("answered within, p50", func(c *Counts) time.Duration { return c.Quantile(0.5) })
	row("  p99", func(c *Counts) time.Duration { return c.Quantile(0.99) })
	row("  longest", func(c *Counts) time.Duration { return c.Quantile(1) })
	row("not sent, longest", func(c *Counts) time.Duration { return c.Longest[NotSent] })
	row("in doubt, longest", func(c *Counts) time.Duration { return c.Longest[InDoubt] })
}
