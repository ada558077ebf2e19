package main

import (
	"fmt"

	"github.com/isolink-go/isolink/examples/internal/issuer"
	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/supervisor"
)

// outcome is what is left of a run when it is over, beside book and ledger.
type outcome struct {
	links      []supervisor.Status
	hosts      []hostReport
	up         int // links that were up at the end
	goroutines int // beyond those that there were before
}

// checks prints the audit of the run; false when a check failed.
func (d *demo) checks(o outcome, interrupted bool) bool {
	entries := d.ledger.all()
	a := newAudit(d.book, entries, halfClosed(o.hosts), sendTimeout)
	total := d.book.tally.Total()
	list := a.safety(total.Sent)
	list = append(list,
		none("counters of links that differ from what callers were told", differing(d.book, o.links)),
		none("hosts whose counters differ from their ledger", differingHosts(entries, o.hosts)),
		none("requests that a host had no room or time for", unhandled(o.hosts)),
		none("events dropped", int(sumOf(o.links, func(c supervisor.Counters) uint64 { return c.Dropped }))),
		exactly("links up again at the end", o.up, links),
		none("goroutines left", o.goroutines),
	)
	if interrupted {
		fmt.Fprintln(d.out, "interrupted: that enough happened is not checked")
	} else {
		list = append(list, d.minima(total, o)...)
	}
	ok := true
	for _, c := range list {
		fmt.Fprintln(d.out, c)
		ok = ok && c.ok
	}
	return ok
}

// minima are checks that the run has put the links to the test. They are well
// below what a run has on a slow machine.
func (d *demo) minima(total traffic.Counts, o outcome) []check {
	var late uint64
	for i := range links {
		all, _ := d.book.lateReplies(i)
		late += all
	}
	restarted := sumOf(o.links, func(c supervisor.Counters) uint64 { return c.Sessions }) - links
	list := []check{
		atLeast("answered", total.Answered(), 1+total.Sent/10),
		atLeast("declined", total.Outcomes[traffic.Declined], 1+total.Sent/1000),
		atLeast("not sent", total.Outcomes[traffic.NotSent], 1+total.Sent/1000),
		atLeast("in doubt", total.Outcomes[traffic.InDoubt], 1+total.Sent/1000),
		atLeast("late", late, 1+total.Sent/1000),
		atLeast("restarts", restarted, links),
	}
	for _, k := range issuer.Kinds() {
		var n uint64
		for _, h := range o.hosts {
			n += h.faults[k]
		}
		list = append(list, atLeast(k.String(), n, 1))
	}
	return list
}

// differing counts the links whose own counters are not the sums of what
// callers and observers were told.
func differing(b *book, statuses []supervisor.Status) (n int) {
	for i, s := range statuses {
		c := b.tally.Link(i)
		late, _ := b.lateReplies(i)
		if s.Counters.Answered != c.Answered() || s.Counters.NotSent != c.Outcomes[traffic.NotSent] ||
			s.Counters.InDoubt != c.Outcomes[traffic.InDoubt] || s.Counters.Rejected != c.Outcomes[traffic.Rejected] ||
			s.Counters.Late != late {
			n++
		}
	}
	return n
}

func sumOf(statuses []supervisor.Status, of func(supervisor.Counters) uint64) (sum uint64) {
	for _, s := range statuses {
		sum += of(s.Counters)
	}
	return sum
}
