package main

import (
	"fmt"

	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/supervisor"
)

// checks prints the audit of the run; false when a check failed.
func (d *demo) checks(statuses []supervisor.Status, up, goroutines int, interrupted bool) bool {
	a := newAudit(d.book, d.ledger.all(), d.halfClosed(), sendTimeout)
	total := d.book.tally.Total()
	list := a.safety(total.Sent)
	list = append(list,
		none("counters of links that differ from what callers were told", differing(d.book, statuses)),
		none("events dropped", int(sumOf(statuses, func(c supervisor.Counters) uint64 { return c.Dropped }))),
		exactly("links up again at the end", up, links),
		none("goroutines left", goroutines),
	)
	if interrupted {
		fmt.Fprintln(d.out, "interrupted: that enough happened is not checked")
	} else {
		list = append(list, d.minima(total, statuses)...)
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
func (d *demo) minima(total traffic.Counts, statuses []supervisor.Status) []check {
	var late uint64
	for i := range links {
		all, _ := d.book.lateReplies(i)
		late += all
	}
	restarted := sumOf(statuses, func(c supervisor.Counters) uint64 { return c.Sessions }) - links
	list := []check{
		atLeast("answered", total.Answered(), 1+total.Sent/10),
		atLeast("declined", total.Outcomes[traffic.Declined], 1+total.Sent/1000),
		atLeast("not sent", total.Outcomes[traffic.NotSent], 1+total.Sent/1000),
		atLeast("in doubt", total.Outcomes[traffic.InDoubt], 1+total.Sent/1000),
		atLeast("late", late, 1+total.Sent/1000),
		atLeast("restarts", restarted, links),
	}
	for k := range kinds {
		var n uint64
		for _, h := range d.hosts {
			n += h.faults[k].Load()
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

// halfClosed are the connections that the hosts have half-closed.
func (d *demo) halfClosed() map[[2]int]bool {
	all := make(map[[2]int]bool)
	for _, h := range d.hosts {
		h.mu.Lock()
		for conn := range h.halfClosed {
			all[[2]int{h.index, conn}] = true
		}
		h.mu.Unlock()
	}
	return all
}
