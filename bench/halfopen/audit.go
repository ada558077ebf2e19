package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/testdata/check"
)

// result is what a scenario has come to.
type result struct {
	scenario
	audit
	healed   time.Time     // when the network was; where it mends, when the session was given up
	struck   int           // how often the fault came
	failed   time.Duration // until the link gave up its session; neither with hold nor with restart
	up       time.Duration // until it was up again; not with hold
	stayedUp bool          // it never gave up its session
	failures int           // attempts that failed meanwhile
	longest  time.Duration // the longest of them
	attempts int           // in all
	hung     bool          // callers were still waiting at the end
	stood    time.Duration // for how long this process stood still
}

// audit is the comparison of the callers' book with the host's log.
type audit struct {
	sent, answered, notSent, inDoubt int
	late, later                      int // late replies; those in a later session
	received                         int // requests in the host's log
	afterwards                       int // those of them that came when the network was healed and their caller had been told

	lost         int // without an outcome, or one that is none
	overdue      int // settled behind their deadline and the slack
	duplicated   int // twice in the host's log, or told late twice
	misdelivered int // answered, or told late, by what is not their answer, or what the host never said
	unsent       int // not sent, and yet in the host's log
	unknown      int // in the host's log, and never sent
}

// wrong is how many outcomes should not be.
func (a audit) wrong() int {
	return a.lost + a.overdue + a.duplicated + a.misdelivered + a.unsent + a.unknown
}

func (a audit) plus(b audit) audit {
	a.lost += b.lost
	a.overdue += b.overdue
	a.duplicated += b.duplicated
	a.misdelivered += b.misdelivered
	a.unsent += b.unsent
	a.unknown += b.unknown
	return a
}

// compare judges the book, which nobody writes any more, by the log. healed is when the
// network was.
func compare(l *load, log []logged, healed time.Time) audit {
	type seen struct {
		received, replied int
		at                time.Time
	}
	host := make(map[string]*seen)
	for _, line := range log {
		s := host[line.ID]
		if s == nil {
			s = &seen{}
			host[line.ID] = s
		}
		if line.Replied {
			s.replied++
		} else {
			s.received++
			s.at = line.At
		}
	}
	a := audit{sent: len(l.book), later: l.later, misdelivered: l.nobodys}
	for id := range host {
		if l.byID[id] == nil {
			a.unknown++
		}
	}
	for _, s := range l.book {
		h := host[s.id]
		if h == nil {
			h = &seen{}
		}
		a.outcome(s, h.received, h.replied)
		if s.took > sendTimeout+slack+l.stood {
			a.overdue++
		}
		a.received += min(h.received, 1)
		if h.received > 0 && s.outcome != errAnswered && h.at.After(s.at) && h.at.After(healed) {
			a.afterwards++
		}
	}
	return a
}

// outcome judges one request, which the host has received and answered so often.
func (a *audit) outcome(s *sent, received, replied int) {
	switch s.outcome {
	case errAnswered:
		a.answered++
		if s.wrong || replied == 0 {
			a.misdelivered++
		}
	case messages.ErrNotSent:
		a.notSent++
		if received > 0 {
			a.unsent++
		}
	case messages.ErrInDoubt:
		a.inDoubt++
	default:
		a.lost++
	}
	if received > 1 || s.late > 1 {
		a.duplicated++
	}
	if s.late > 0 {
		a.late++
		if s.strange > 0 || replied == 0 || s.outcome != messages.ErrInDoubt {
			a.misdelivered++
		}
	}
}

// report prints the table.
func report(w io.Writer, results []result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "what breaks\tsent\tanswered\tnot sent\tin doubt\tlate\treceived\tafterwards\twrong\tdropped\tattempts\tgiven up, s\tup again, s\t")
	for _, r := range results {
		failed, up := within(r.failed, r.bound()), within(r.up, r.comeback())
		if r.hold > 0 || r.restart {
			failed = "-"
		}
		if r.hold > 0 {
			up = "-"
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t\n",
			r.name, r.sent, r.answered, r.notSent, r.inDoubt, r.late, r.received, r.afterwards, r.wrong(), r.struck, r.attempts,
			failed, up)
	}
	fmt.Fprintln(t)
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, `late: answered when the caller had been told that it is in doubt; received: by the host; afterwards: those of them
that it received when the network was healed and the caller had been told; dropped: packets, or the host stopped;
seconds have their bound, without slack, behind them.`)
	return err
}

func within(d, bound time.Duration) string {
	return fmt.Sprintf("%.2f / %.2f", d.Seconds(), bound.Seconds())
}

// checks are the goals of one scenario.
func (r result) checks() []check.Line {
	hung := 0
	if r.hung {
		hung = 1
	}
	lines := []check.Line{
		check.None("wrong outcomes", r.wrong()),
		check.None("hung", hung),
		check.AtLeast("packets dropped, or hosts stopped", r.struck, 1),
		check.AtLeast("answered", r.answered, 40),
	}
	if !r.restart { // before a handshake, nothing can be in doubt
		lines = append(lines, check.AtLeast("in doubt", r.inDoubt, leastOfEach))
	}
	if r.hold == 0 { // nor need anything be refused, while there is a session
		lines = append(lines, check.AtLeast("not sent", r.notSent, leastOfEach))
	}
	switch {
	case r.hold > 0:
		gaveUp := 1
		if r.stayedUp {
			gaveUp = 0
		}
		lines = append(lines,
			check.None("sessions given up", gaveUp),
			check.AtLeast("received when the caller had been told", r.afterwards, 1),
			check.Exactly("late replies, one for each in doubt", r.late, r.inDoubt))
	case r.restart:
		lines = append(lines, r.comesBack()...)
	default:
		lines = append(lines, check.AtMost("session given up, s", r.failed.Seconds(), (r.bound()+slack+r.stood).Seconds()))
		if !r.handover { // a stopped host finds what its kernel has taken
			lines = append(lines, check.None("received when the caller had been told", r.afterwards))
		}
		lines = append(lines, r.comesBack()...)
	}
	if r.lateLater {
		lines = append(lines, check.AtLeast("late replies in a later session", r.later, 1))
	}
	for i := range lines {
		lines[i].Name = r.name + ": " + lines[i].Name
	}
	return lines
}

// comesBack are the goals of a link that has lost its session.
func (r result) comesBack() []check.Line {
	lines := []check.Line{check.AtMost("up again, s", r.up.Seconds(), (r.comeback() + slack + r.stood).Seconds())}
	if r.mends {
		return lines
	}
	return append(lines,
		check.AtLeast("attempts that failed", r.failures, 2),
		check.AtMost("longest of them, s", r.longest.Seconds(), (r.attempt()+slack+r.stood).Seconds()))
}

// totals are the goals of all scenarios together.
func totals(results []result) []check.Line {
	var all audit
	hung := 0
	for _, r := range results {
		all = all.plus(r.audit)
		if r.hung {
			hung++
		}
	}
	return []check.Line{
		check.None("lost", all.lost),
		check.None("duplicated", all.duplicated),
		check.None("misdelivered", all.misdelivered),
		check.None("not sent, and yet received", all.unsent),
		check.None("received, and never sent", all.unknown),
		check.None("settled behind the deadline", all.overdue),
		check.None("hung", hung),
	}
}
