package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/testdata/check"
)

// add adds what links count and the audit needs.
func add(to *supervisor.Counters, c supervisor.Counters) {
	to.Answered += c.Answered
	to.Rejected += c.Rejected
	to.NotSent += c.NotSent
	to.InDoubt += c.InDoubt
	to.Late += c.Late
	to.Unmatched += c.Unmatched
	to.Sessions += c.Sessions
	to.Dropped += c.Dropped
	to.Panics += c.Panics
}

// figures are the counts of a run.
type figures struct {
	asked    int
	outcomes [outcomes]int
	causes   map[string]int
	doors    [doors]int
	late     int
	moved    int // late replies in a later session
	siblings int // late replies on a sibling link
	foreign  int // requests of raw hosts that were answered
	borrowed int // repeats that were answered by their original's response
	atTheEnd int // answered by what was read right before the end of a session
	longest  time.Duration
}

func (r *run) figures(a *audit) figures {
	f := figures{causes: make(map[string]int), late: len(r.ledger.late)}
	r.ledger.each(func(id uint64, asked *ask) {
		f.doors[asked.door]++
		if asked.foreign {
			f.foreign += a.seen[id-1].repliedBack
			return
		}
		f.asked++
		f.outcomes[asked.outcome]++
		if asked.cause != noCause {
			f.causes[fmt.Sprintf("%v: %v", asked.outcome, asked.cause)]++
		}
		if s := &a.seen[id-1]; s.reads > 0 && asked.outcome == answered {
			end, over := r.ledger.ended[s.readOn]
			if over && !end.local && end.at-s.firstRead < int64(10*time.Millisecond) {
				f.atTheEnd++
			}
		}
		if asked.borrowed {
			f.borrowed++
		}
		if asked.settled > 0 {
			f.longest = max(f.longest, time.Duration(asked.at-asked.deadline))
		}
	})
	for _, told := range r.ledger.late {
		if told.otherSession {
			f.moved++
		}
		if told.link != told.on {
			f.siblings++
		}
	}
	return f
}

// table prints what happened.
func (r *run) table(w io.Writer, f figures) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(what string, n int) { fmt.Fprintf(t, "%s\t%d\n", what, n) }
	row("exchanges", f.asked)
	for o := answered; o < outcomes; o++ {
		row("  "+o.String(), f.outcomes[o])
	}
	for _, name := range slices.Sorted(maps.Keys(f.causes)) {
		row("  "+name, f.causes[name])
	}
	for d := range doors {
		row("by "+d.String(), f.doors[d])
	}
	row("repeats answered by the original's answer", f.borrowed)
	row("answered within 10 ms of their session's end", f.atTheEnd)
	row("late replies", f.late)
	row("  in a later session", f.moved)
	row("  on a sibling link", f.siblings)
	row("frames that nobody waited for", len(r.ledger.unmatched))
	row("answers to raw hosts", f.foreign)
	row("sessions", int(r.after.links.Sessions))
	for _, set := range []struct {
		title string
		of    map[fault]int
	}{{"fault: ", r.tally.all()}, {"session ended: ", r.book.ends.all()}} {
		for _, name := range slices.Sorted(maps.Keys(set.of)) {
			row(set.title+string(name), set.of[name])
		}
	}
	row("proxies that hung, and were replaced", r.after.stuck)
	fmt.Fprintf(t, "latest timer of the machine\t%v\n", r.drift.Round(time.Millisecond))
	fmt.Fprintf(t, "and so: most that a settling may be late\t%v\n", 2*r.slack().Round(time.Millisecond))
	fmt.Fprintf(t, "longest settling after a deadline\t%v\n", f.longest.Round(time.Millisecond))
	_ = t.Flush()
}

// slack is how much later than its deadline an exchange may settle: a part of a
// second, and what this machine's timers were late.
func (r *run) slack() time.Duration { return 500*time.Millisecond + r.drift }

// promises are the checks of what must hold whatever happened.
func (r *run) promises(a *audit, f figures) []check.Line {
	early := 0
	for _, h := range r.hosts {
		early += int(h.early.Load())
	}
	c := r.after.links
	return append(a.checks(),
		check.None("requests before a sign-on", early),
		check.Exactly("answered, as the links count", int(c.Answered), f.outcomes[answered]),
		check.Exactly("in doubt, as the links count", int(c.InDoubt), f.outcomes[inDoubt]),
		check.Exactly("rejected, as the links count", int(c.Rejected), f.outcomes[rejected]),
		check.Exactly("late, as the links count", int(c.Late), f.late),
		check.Exactly("frames that nobody waited for, as the links count", int(c.Unmatched), len(r.ledger.unmatched)),
		check.None("events dropped", int(c.Dropped)),
		check.None("panics", int(c.Panics)),
		check.Exactly("links that answer when the faults are over", r.after.working, len(r.lanes)),
		check.None("sends cut short by Close", cut(r.after.closing)),
		check.None("goroutines left", r.after.goroutines),
		check.None("sockets left", r.after.sockets),
	)
}

func cut(err error) int {
	if err != nil {
		return 1
	}
	return 0
}
