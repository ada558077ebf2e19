package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/isolink-go/isolink/bench/internal/ledger"
	"github.com/isolink-go/isolink/bench/internal/proc"
	"github.com/isolink-go/isolink/testdata/check"
)

// report is what a run has found.
type report struct {
	// What the process with the links held: before, with all links up, closed.
	before, up, after proc.Held
	// The same of the host, with its acceptors listening; the last two are of a second
	// one, and with nothing at all: before, and when all was closed.
	hostBefore, hostUp, hostAfter hostStats
	hostFirst, hostLast           hostStats

	started        time.Duration
	closed, killed storm

	load      load
	seconds   time.Duration
	flaps     int
	disturbed int // links that do not flap, and lost a session
	arrived   hostStats
}

// storm is how all links came back.
type storm struct {
	ended            int           // sessions that the host has ended
	back             time.Duration // until all were up, from the end, or from when the host was there again
	stall            time.Duration // how long the process stood still
	attempts, failed int
	most, predicted  int // attempts within a second
}

// The goals. A link or a session has one goroutine, which waits in Read; its manager has
// some of its own, and keeps up to 64 that were used for a moment, to use them again.
const (
	mostBytes        = 24 << 10 // of heap and stacks, of a link or a session
	bytesOfAManager  = 8 << 20  // of its actor system for the most part
	mostGoroutines   = 1.01
	managersOwn      = 64 + 8
	bytesLeft        = 256 << 10 // by the runtime and the standard library
	bytesLeftOfALink = 64
)

// each is what one of n holds.
func each(before, with proc.Held, n int) (bytes, rss, goroutines float64) {
	per := func(with, before uint64) float64 { return (float64(with) - float64(before)) / float64(n) }
	return per(with.Heap+with.Stacks, before.Heap+before.Stacks), per(with.RSS, before.RSS),
		float64(with.Goroutines-before.Goroutines) / float64(n)
}

func (r *report) table(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\neach holds\theap and stacks, B\tRSS, B\tgoroutines\t")
	for i, held := range [][2]proc.Held{{r.before, r.up}, {r.hostBefore.Held, r.hostUp.Held}} {
		bytes, rss, goroutines := each(held[0], held[1], r.hostUp.Sessions)
		fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%.2f\t\n", []string{"link", "session"}[i], bytes, rss, goroutines)
	}
	fmt.Fprintln(t, "\nall come back\tsessions ended\tattempts\tfailed\tmost in 1 s\tpredicted\tstood still\tall up after\t")
	for i, s := range []storm{r.closed, r.killed} {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%v\t%v\t\n", []string{"closed", "killed"}[i],
			s.ended, s.attempts, s.failed, s.most, s.predicted, s.stall.Round(time.Millisecond), s.back.Round(time.Millisecond))
	}
	fmt.Fprintln(t, "\nrequests\tbegun\tanswered\tnot sent\tin doubt\ta second\t")
	for i, b := range []*ledger.Book{&r.load.steady, &r.load.flapping} {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%.0f\t\n", []string{"steady", "flapping"}[i],
			b.Begun(), b.Count(ledger.Answered), b.Count(ledger.NotSent), b.Count(ledger.InDoubt), float64(b.Begun())/r.seconds.Seconds())
	}
	_ = t.Flush() // like all that is printed: there is nobody to tell
	if err := r.load.fault(); err != nil {
		fmt.Fprintln(w, "the first fault:", err)
	}
}

func (r *report) checks(o options) []check.Line {
	bytes, _, goroutines := each(r.before, r.up, o.links)
	hostBytes, _, hostGoroutines := each(r.hostBefore.Held, r.hostUp.Held, o.links)
	lines := []check.Line{
		check.AtMost("seconds until all are up", r.started.Seconds(), patience.Seconds()/2),
		check.Exactly("sessions", r.hostUp.Sessions, o.links),
		check.AtMost("bytes of a link, with its share of the manager", bytes, mostBytes+bytesOfAManager/float64(o.links)),
		check.AtMost("bytes of a session", hostBytes, mostBytes),
		check.AtMost("goroutines of a link, with its share", goroutines, mostGoroutines+managersOwn/float64(o.links)),
		check.AtMost("goroutines of a session, with its share", hostGoroutines, mostGoroutines+managersOwn/float64(o.links)),
	}
	lines = append(lines, r.closed.checks("closed", o, false)...)
	lines = append(lines, r.killed.checks("killed", o, true)...)
	lines = append(lines, r.flapChecks(o)...)
	return append(lines, r.leakChecks()...)
}

func (s storm) checks(name string, o options, away bool) []check.Line {
	lines := []check.Line{
		check.Exactly(name+": sessions ended at once", s.ended, o.links),
		check.AtMost(name+": attempts within a second", s.most, s.predicted),
		check.AtMost(name+": seconds until all are up again", s.back.Seconds(), 2*o.cap.Seconds()),
	}
	if away {
		return append(lines, check.AtLeast(name+": attempts that failed", s.failed, 1))
	}
	return append(lines, check.Exactly(name+": attempts", s.attempts, o.links))
}

func (r *report) flapChecks(o options) []check.Line {
	steady, flapping := &r.load.steady, &r.load.flapping
	count := func(outcome ledger.Outcome) uint64 { return steady.Count(outcome) + flapping.Count(outcome) }
	return []check.Line{
		check.AtLeast("flap: sessions ended", r.flaps, max(1, r.load.flappers*int(o.flap/time.Second)/2)),
		check.AtLeast("flap: requests in doubt on flapping links", flapping.Count(ledger.InDoubt), uint64(r.flaps/1000)), // few are in flight when one ends
		check.AtLeast("flap: requests answered on flapping links", flapping.Count(ledger.Answered), 1),
		check.AtLeast("flap: requests of the steady link with the fewest", r.load.least.Load(), 1),
		check.None("flap: lost on steady links", steady.Begun()-steady.Count(ledger.Answered)),
		check.None("flap: in doubt on steady links", steady.Count(ledger.InDoubt)),
		check.None("flap: sessions that steady links lost", r.disturbed),
		check.None("flap: misdelivered", count(ledger.Misdelivered)),
		check.None("flap: without one outcome", count(ledger.Unexplained)),
		check.None("flap: hung", steady.Hung()+flapping.Hung()),
		check.None("flap: duplicated at the host", r.arrived.Twice),
		check.None("flap: not sent, and at the host", r.arrived.Contradicted),
		check.None("flap: at the host, and from nobody", r.arrived.Stray),
		// What was answered was there; what was not sent was not.
		check.AtLeast("flap: requests at the host", r.arrived.Requests, count(ledger.Answered)),
		check.AtMost("flap: requests at the host", r.arrived.Requests, count(ledger.Answered)+count(ledger.InDoubt)),
		check.None("connections that the host refused", r.hostUp.Refused+r.hostAfter.Refused),
	}
}

func (r *report) leakChecks() []check.Line {
	lines := []check.Line{
		check.AtMost("bytes of heap left by all links", int64(r.after.Heap)-int64(r.before.Heap), int64(bytesLeft+bytesLeftOfALink*r.hostUp.Sessions)),
		check.AtMost("goroutines left by the links", r.after.Goroutines, r.before.Goroutines),
		check.AtMost("goroutines left by the sessions, with those kept", r.hostAfter.Held.Goroutines, r.hostBefore.Held.Goroutines+managersOwn),
		check.AtMost("goroutines left by the host", r.hostLast.Held.Goroutines, r.hostFirst.Held.Goroutines),
	}
	if r.before.Files < 0 {
		return lines // the system does not tell
	}
	return append(lines,
		check.AtMost("descriptors left by the links", r.after.Files, r.before.Files),
		check.AtMost("descriptors left by the sessions", r.hostAfter.Held.Files, r.hostBefore.Held.Files),
		check.AtMost("descriptors left by the host", r.hostLast.Held.Files, r.hostFirst.Held.Files),
	)
}
