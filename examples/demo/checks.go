package main

import (
	"fmt"

	"github.com/isolink-go/isolink/examples/internal/issuer"
	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/testdata/check"
)

// outcome is what is left of a run when it is over, beside book and ledger.
type outcome struct {
	links      []supervisor.Status
	passedOn   uint64 // by the group
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
	list = append(list, counters(d.book, o.links, o.passedOn)...)
	list = append(list,
		check.None("hosts whose counters differ from their ledger", differingHosts(entries, o.hosts)),
		check.None("requests that a host had no room or time for", unhandled(o.hosts)),
		check.None("events dropped", int(sumOf(o.links, func(c supervisor.Counters) uint64 { return c.Dropped }))),
		check.Exactly("links up again at the end", o.up, links),
		check.None("goroutines left", o.goroutines),
	)
	if interrupted {
		fmt.Fprintln(d.out, "interrupted: that enough happened is not checked")
	} else {
		list = append(list, d.minima(total, o)...)
	}
	ok, err := check.Print(d.out, list...)
	return ok && err == nil
}

// minima are checks that the run has put the links to the test. They are well
// below what a run has on a slow machine.
func (d *demo) minima(total traffic.Counts, o outcome) []check.Line {
	var late uint64
	for i := range links {
		all, _ := d.book.lateReplies(i)
		late += all
	}
	byGroup := d.book.tally.Link(group)
	restarted := sumOf(o.links, func(c supervisor.Counters) uint64 { return c.Sessions }) - links
	list := []check.Line{
		check.AtLeast("answered", total.Answered(), 1+total.Sent/10),
		check.AtLeast("declined", total.Outcomes[traffic.Declined], 1+total.Sent/1000),
		check.AtLeast("not sent", total.Outcomes[traffic.NotSent], 1+total.Sent/1000),
		check.AtLeast("in doubt", total.Outcomes[traffic.InDoubt], 1+total.Sent/1000),
		check.AtLeast("late", late, 1+total.Sent/1000),
		check.AtLeast("restarts", restarted, links),
		check.AtLeast("answered by the group", byGroup.Answered(), 1+byGroup.Sent/10),
		check.AtLeast("passed on by the group", o.passedOn, 1),
	}
	for _, k := range issuer.Kinds() {
		var n uint64
		for _, h := range o.hosts {
			n += h.faults[k]
		}
		list = append(list, check.AtLeast(k.String(), n, 1))
	}
	return list
}

// counters compares what the links have counted with what callers and observers
// were told. Who asks the group is not told which link has answered, nor which ones
// did not send what was passed on: there, the sums over all links must agree.
func counters(b *book, statuses []supervisor.Status, passedOn uint64) []check.Line {
	all := accounts(b)
	differing, answered, unsent := 0, all[unknown].Answered, passedOn
	for link, s := range statuses {
		c, told := s.Counters, all[link]
		late, _ := b.lateReplies(link)
		if c.InDoubt != told.InDoubt || c.Rejected != told.Rejected || c.Late != late ||
			c.Answered < told.Answered || c.NotSent < told.NotSent {
			differing++
		}
		answered += told.Answered
		unsent += told.NotSent
	}
	return []check.Line{
		check.None("links whose counters differ from what callers were told", differing),
		check.Exactly("answered, as the links count",
			sumOf(statuses, func(c supervisor.Counters) uint64 { return c.Answered }), answered),
		check.Exactly("not sent or passed on, as the links count",
			sumOf(statuses, func(c supervisor.Counters) uint64 { return c.NotSent }), unsent),
	}
}

// accounts are, by link, what its callers were told, as it counts itself.
func accounts(b *book) map[int]supervisor.Counters {
	all := make(map[int]supervisor.Counters)
	for _, sends := range b.told {
		for _, t := range sends {
			c := all[t.link]
			switch {
			case t.outcome.Answered():
				c.Answered++
			case t.outcome == traffic.NotSent:
				c.NotSent++
			case t.outcome == traffic.InDoubt:
				c.InDoubt++
			case t.outcome == traffic.Rejected:
				c.Rejected++
			}
			all[t.link] = c
		}
	}
	return all
}

func sumOf(statuses []supervisor.Status, of func(supervisor.Counters) uint64) (sum uint64) {
	for _, s := range statuses {
		sum += of(s.Counters)
	}
	return sum
}
