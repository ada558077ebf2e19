package main

import (
	"fmt"
	"io"
	"time"

	"github.com/isolink-go/isolink/examples/internal/issuer"
	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// heading says what is about to be seen.
func heading(out io.Writer, o options) {
	fmt.Fprintf(out, `isolink demo: %d links over mutual TLS, %d sends a second for %d s, seed %d.
A quarter of them goes by a group of the links, which passes on what is not sent.
The hosts close, reset and half-close connections, stall, answer late, twice or
not at all. They log each request before they answer it; at the end, what the
callers were told is compared with that log, send by send.
`, links, o.rate, o.seconds, o.seed)
}

// printPlan prints the faults of connections that the seed has led to.
func printPlan(out io.Writer, plan [][]issuer.Fault) {
	for i, faults := range plan {
		for _, f := range faults {
			fmt.Fprintf(out, "plan: link-%d, %v: %s", i+1, f.At.Round(time.Millisecond), f.Kind)
			if f.Lasts > 0 {
				fmt.Fprintf(out, " (%v)", f.Lasts.Round(time.Millisecond))
			}
			fmt.Fprintln(out)
		}
	}
}

// progress is the line that is printed each second.
func (d *demo) progress() string {
	c := d.book.tally.Total()
	var late uint64
	up := 0
	for i, s := range d.statuses() {
		all, _ := d.book.lateReplies(i)
		late += all
		if s.State == messages.Up {
			up++
		}
	}
	return fmt.Sprintf("sent %d, answered %d, not sent %d, in doubt %d, late %d, links up %d",
		c.Sent, c.Answered(), c.Outcomes[traffic.NotSent], c.Outcomes[traffic.InDoubt], late, up)
}

// table prints what happened, by what was asked to send. The rest is the links'
// own, what they did for the group included.
func (d *demo) table(o outcome) {
	fmt.Fprintln(d.out)
	t := traffic.NewTable(d.out, d.columns)
	tally := d.book.tally
	t.Outcomes(tally)
	t.Causes(tally)
	late, moved := make([]uint64, links), make([]uint64, links)
	for i := range links {
		late[i], moved[i] = d.book.lateReplies(i)
	}
	rowOf(t, "passed on", group, len(d.columns), func(int) uint64 { return o.passedOn })
	ofLinks := func(name string, count func(link int) uint64) { rowOf(t, name, 0, links, count) }
	ofLinks("late replies", func(link int) uint64 { return late[link] })
	ofLinks("  in a later session", func(link int) uint64 { return moved[link] })
	ofLinks("restarts", func(link int) uint64 { return restarts(o.links[link]) })
	ofLinks("echoes answered", func(link int) uint64 { return o.links[link].Counters.Echoes })
	ofLinks("echoes missed", func(link int) uint64 { return o.links[link].Counters.Missed })
	for _, k := range issuer.Kinds() {
		ofLinks(k.String(), func(link int) uint64 { return o.hosts[link].faults[k] })
	}
	t.Latencies(tally)
	fmt.Fprintln(d.out)
}

// rowOf writes a row of numbers of the columns from first to before end, and their
// sum.
func rowOf(t *traffic.Table, name string, first, end int, count func(column int) uint64) {
	var total uint64
	for column := first; column < end; column++ {
		total += count(column)
	}
	t.Row(name, func(column int) string {
		switch {
		case column < 0:
			return fmt.Sprint(total)
		case column < first, column >= end:
			return "-"
		}
		return fmt.Sprint(count(column))
	})
}

// restarts counts the sessions after the first.
func restarts(s supervisor.Status) uint64 { return max(s.Counters.Sessions, 1) - 1 }
