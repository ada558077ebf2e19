// Command chaos lets groups of links exchange messages with hosts that do everything
// wrong, through proxies that do the rest, and compares what callers were told with
// what hosts and sockets have seen.
//
//	go run ./chaos [-seed 1] [-minutes 2] [-callers 96] [-pause 5ms]
//
// Each exchange has an id of its own; its response carries the id and a digest of the
// request. Hosts log a request when they have read it, and an answer before they write
// it. Oracles between links and sockets log what was handed to the kernel and what was
// read. From these logs, and never from isolink's own counters alone, the CHECK lines
// are computed. Each outcome and each fault has a minimum.
//
// The plan of the faults follows from the seed; what meets what is a matter of the
// machine. The exit code is 1 when a check failed, and 2 when the flags make no sense.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/isolink-go/isolink/bench/internal/proc"
	"github.com/isolink-go/isolink/bench/internal/proof"
	"github.com/isolink-go/isolink/testdata/check"
)

func main() { os.Exit(program.Main(os.Args[1:], os.Stdout, os.Stderr)) }

var program = proof.Program[options]{
	Name: "chaos",
	Flags: func(flags *flag.FlagSet) func() (options, error) {
		o := options{kinds: kinds}
		seed := proof.Seed(flags, "of the plan")
		minutes := flags.Float64("minutes", 2, "how long the faults last")
		flags.IntVar(&o.callers, "callers", 96, "that make one exchange after the other")
		flags.DurationVar(&o.pause, "pause", 5*time.Millisecond, "of a caller between two exchanges, on average")
		return func() (options, error) {
			if !(*minutes > 0 && *minutes <= 600) || o.callers < 1 || o.pause <= 0 {
				return o, errors.New("minutes up to 600, callers and pause must be above zero")
			}
			o.seed, o.length = seed(), time.Duration(*minutes*float64(time.Minute))
			return o, nil
		}
	},
	Run: func(o options, stdout, stderr io.Writer) ([]check.Line, error) {
		fmt.Fprintf(stdout, "%s, seed %d, %v\n\n", proc.Machine(), o.seed, o.length)
		r := newRun(o)
		if err := r.execute(); err != nil {
			return nil, err
		}
		a := newAudit(r.ledger, r.slack())
		f := r.figures(a)
		r.table(stdout, f)
		fmt.Fprintln(stdout)
		lines := append(r.promises(a, f), r.minima(f)...)
		if !check.OK(lines...) {
			r.explain(stderr, a)
		}
		return lines, nil
	},
}

// explain prints what there is to say of a run with a check that has failed.
func (r *run) explain(stderr io.Writer, a *audit) {
	if r.after.closing != nil {
		fmt.Fprintln(stderr, "chaos: Close:", r.after.closing)
	}
	for _, note := range a.notes {
		fmt.Fprintln(stderr, note)
	}
	fmt.Fprintln(stderr, r.after.stacks)
}
