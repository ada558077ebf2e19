// Command soak keeps links under load and faults for a long time, in one process with
// their hosts, and looks whether anything grows:
//
//	go run ./soak [-minutes 30] [-cycles 100000] [-seed 1] [-out out/soak]
//
// There are links of a group to an acceptor of isolink, over which nothing may be lost;
// links of a group to a host that drops connections, stalls, answers late and cuts
// answers short; requests of the acceptor to its peers; links that are added, join a
// group and are removed; clients that connect and say nothing; orders to pause and to
// restart; and whole managers, with an acceptor of their own, that are closed under load.
// Meanwhile garbage is collected every so often, while requests go on and nothing comes
// or goes, and what the process holds then goes into soak.csv and soak.svg. The first
// third is warm-up. A timer that is left holds what it calls: it shows in the heap.
//
// Then, with -cycles, links are started, used and closed, so many times, with
// cycles.csv and cycles.svg.
//
// It prints a table, and a line for every goal, CHECK <name>: <figure> (goal <goal>) ok
// or FAIL. The exit code is 1 when one failed, and 2 when the flags make no sense.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/isolink-go/isolink/bench/internal/proc"
	"github.com/isolink-go/isolink/testdata/check"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// options are the flags.
type options struct {
	minutes float64
	cycles  int
	seed    uint64
	out     string

	cold bool // in tests that last for seconds: growth is not judged
}

func (o options) duration() time.Duration { return time.Duration(o.minutes * float64(time.Minute)) }

// run is main without the process: it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var o options
	flags.Float64Var(&o.minutes, "minutes", 30, "how long to soak; 0: not at all")
	flags.IntVar(&o.cycles, "cycles", 0, "how many links to start and close afterwards")
	flags.Uint64Var(&o.seed, "seed", 0, "seed of faults and pauses (default random)")
	flags.StringVar(&o.out, "out", "out/soak", "folder for files; empty: none are written")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() > 0 || !(o.minutes >= 0 && o.minutes <= 7*24*60) || o.cycles < 0 || o.minutes == 0 && o.cycles == 0 {
		fmt.Fprintln(stderr, "soak: give -minutes of 0 to a week, or -cycles, or both")
		return 2
	}
	if o.seed == 0 {
		o.seed = rand.Uint64()
	}
	return execute(o, stdout, stderr)
}

func execute(o options, stdout, stderr io.Writer) int {
	fmt.Fprintf(stdout, "%s, seed %d\n", proc.Machine(), o.seed)
	var lines []check.Line
	for _, part := range []func(options, io.Writer) ([]check.Line, error){soak, cycle} {
		more, err := part(o, stdout)
		if err != nil {
			fmt.Fprintln(stderr, "soak: FAILED:", err)
			return 1
		}
		lines = append(lines, more...)
	}
	var text bytes.Buffer
	ok, _ := check.Print(&text, lines...)
	fmt.Fprintf(stdout, "\n%s", &text) // like all that is printed: there is nobody to tell
	if !ok {
		return 1
	}
	return 0
}
