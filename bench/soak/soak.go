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

// soak is the first part.
func soak(o options, stdout io.Writer) ([]check.Line, error) {
	if o.minutes == 0 {
		return nil, nil
	}
	before := proc.Now()
	r, err := newRig(o)
	if err != nil {
		return nil, err
	}
	r.run()
	s := r.watch(o.duration())
	if err := r.finish(); err != nil {
		return nil, err
	}
	left := leftOf(before, "soak")
	r.table(stdout, o)
	lines := append(s.checks(), r.checks(o)...)
	return append(lines, left...), s.write(o.out, "soak")
}

// watch looks every so often, for so long. The first third is warm-up.
func (r *rig) watch(d time.Duration) *series {
	every := max(d/360, min(500*time.Millisecond, d/40))
	s := newSeries("minutes", r.look())
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	begin := time.Now()
	for since := time.Duration(0); since < d; since = time.Since(begin) {
		s.add(since.Minutes(), r.look())
		if since < d/3 {
			s.warm = len(s.held)
		}
		<-ticker.C
	}
	return s
}

// look waits for a moment between turns, while requests go on. Goroutines of the faulty
// host that wait to answer late are left out: the fewer the slower the machine is.
func (r *rig) look() proc.Held {
	r.changing.Lock()
	defer r.changing.Unlock()
	held := proc.Now()
	held.Goroutines -= int(r.faulty.pending.Load())
	return held
}

// leftOf checks that the process holds no more goroutines and descriptors than before,
// after a while.
func leftOf(before proc.Held, by string) []check.Line {
	now := proc.Settled(before)
	lines := []check.Line{check.AtMost("goroutines left by "+by, now.Goroutines, before.Goroutines)}
	if before.Files >= 0 {
		lines = append(lines, check.AtMost("descriptors left by "+by, now.Files, before.Files))
	}
	return lines
}

func (r *rig) table(w io.Writer, o options) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nrequests\tbegun\tanswered\tnot sent\tin doubt\ta second\t")
	for i := range r.books {
		b := &r.books[i]
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%.0f\t\n", bookNames[i], b.Begun(),
			b.Count(ledger.Answered), b.Count(ledger.NotSent), b.Count(ledger.InDoubt), float64(b.Begun())/o.duration().Seconds())
	}
	fmt.Fprintln(t, "\nwhat happened\ttimes\t")
	for i, name := range faultNames {
		fmt.Fprintf(t, "%s\t%d\t\n", name, r.faulty.counts[i].Load())
	}
	for i, name := range orderNames {
		fmt.Fprintf(t, "%s\t%d\t\n", name, r.orders[i].Load())
	}
	_ = t.Flush() // like all that is printed: there is nobody to tell
	for i := range r.books {
		if err := r.books[i].Fault(); err != nil {
			fmt.Fprintf(w, "the first fault, %s: %v\n", bookNames[i], err)
		}
	}
}

// aMinute is how often each fault, and each order, has to come at least.
var aMinute = struct {
	faults [faults]float64
	orders [orders]float64
}{
	[faults]float64{reset: 20, ended: 10, cut: 10, stall: 3, late: 30, turned: 10},
	[orders]float64{added: 60, visited: 60, paused: 20, restarted: 20, managed: 10},
}

func (r *rig) checks(o options) []check.Line {
	least := func(aMinute float64) uint64 { return uint64(max(1, aMinute*o.minutes)) }
	var lines []check.Line
	for i, name := range faultNames {
		lines = append(lines, check.AtLeast(name, r.faulty.counts[i].Load(), least(aMinute.faults[i])))
	}
	for i, name := range orderNames {
		lines = append(lines, check.AtLeast(name, r.orders[i].Load(), least(aMinute.orders[i])))
	}
	sum := func(of func(*ledger.Book) uint64) (n uint64) {
		for i := range r.books {
			n += of(&r.books[i])
		}
		return n
	}
	count := func(o ledger.Outcome) uint64 { return sum(func(b *ledger.Book) uint64 { return b.Count(o) }) }
	for i, name := range bookNames {
		lines = append(lines, check.AtLeast("answered, "+name, r.books[i].Count(ledger.Answered), least(100)))
	}
	answered := count(ledger.Answered) + count(ledger.Misdelivered)
	return append(lines,
		check.AtLeast("in doubt", count(ledger.InDoubt), least(30)),
		check.AtLeast("not sent", count(ledger.NotSent), least(10)),
		check.AtLeast("late replies told", r.lateTold.Load(), least(10)),
		check.None("lost of the steady group", r.books[steady].Begun()-r.books[steady].Count(ledger.Answered)),
		check.None("misdelivered", count(ledger.Misdelivered)),
		check.None("without one outcome", count(ledger.Unexplained)),
		check.None("hung", sum((*ledger.Book).Hung)),
		check.None("duplicated", r.seen.Twice()),
		check.None("not sent, and at the other end", r.seen.Contradicted()),
		check.None("at the other end, and from nobody", r.seen.Stray()),
		// What was answered was there; what was not sent was not.
		check.AtLeast("at the other end", r.seen.Total(), answered),
		check.AtMost("at the other end", r.seen.Total(), answered+count(ledger.InDoubt)),
	)
}
