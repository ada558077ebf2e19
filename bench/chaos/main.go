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
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/isolink-go/isolink/bench/internal/proc"
	"github.com/isolink-go/isolink/testdata/check"
)

func main() { os.Exit(start(os.Args[1:], os.Stdout, os.Stderr)) }

// start is main without the process: it returns the exit code.
func start(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.SetOutput(stderr)
	seed := flags.Uint64("seed", 0, "of the plan; 0: random")
	minutes := flags.Float64("minutes", 2, "how long the faults last")
	callers := flags.Int("callers", 96, "that make one exchange after the other")
	pause := flags.Duration("pause", 5*time.Millisecond, "of a caller between two exchanges, on average")
	switch err := flags.Parse(args); {
	case err == flag.ErrHelp:
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0 || *minutes <= 0 || *minutes > 600 || *callers < 1 || *pause <= 0:
		fmt.Fprintln(stderr, "chaos: minutes up to 600, callers and pause must be above zero; there are no arguments")
		return 2
	}
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	return execute(options{
		seed: *seed, length: time.Duration(*minutes * float64(time.Minute)), kinds: kinds, callers: *callers, pause: *pause,
	}, stdout, stderr)
}

func execute(o options, stdout, stderr io.Writer) int {
	fmt.Fprintf(stdout, "%s, seed %d, %v\n\n", proc.Machine(), o.seed, o.length)
	r := newRun(o)
	if err := r.execute(); err != nil {
		fmt.Fprintln(stderr, "chaos: FAILED:", err)
		return 1
	}
	a := newAudit(r.ledger, r.slack())
	f := r.figures(a)
	r.table(stdout, f)
	fmt.Fprintln(stdout)
	ok, err := check.Print(stdout, append(r.promises(a, f), r.minima(f)...)...)
	if err != nil || !ok {
		if r.after.closing != nil {
			fmt.Fprintln(stderr, "chaos: Close:", r.after.closing)
		}
		for _, note := range a.notes {
			fmt.Fprintln(stderr, note)
		}
		fmt.Fprintln(stderr, r.after.stacks)
		return 1
	}
	return 0
}
