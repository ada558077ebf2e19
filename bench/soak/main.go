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

// options are the flags.
type options struct {
	minutes float64
	cycles  int
	seed    uint64
	out     string

	cold bool // in tests that last for seconds: growth is not judged
}

func (o options) duration() time.Duration { return time.Duration(o.minutes * float64(time.Minute)) }

var program = proof.Program[options]{
	Name: "soak",
	Flags: func(flags *flag.FlagSet) func() (options, error) {
		var o options
		flags.Float64Var(&o.minutes, "minutes", 30, "how long to soak; 0: not at all")
		flags.IntVar(&o.cycles, "cycles", 0, "how many links to start and close afterwards")
		seed := proof.Seed(flags, "of faults and pauses")
		flags.StringVar(&o.out, "out", "out/soak", "folder for files; empty: none are written")
		return func() (options, error) {
			if !(o.minutes >= 0 && o.minutes <= 7*24*60) || o.cycles < 0 || o.minutes == 0 && o.cycles == 0 {
				return o, errors.New("give -minutes of 0 to a week, or -cycles, or both")
			}
			o.seed = seed()
			return o, nil
		}
	},
	Run: func(o options, stdout, _ io.Writer) (lines []check.Line, err error) {
		fmt.Fprintf(stdout, "%s, seed %d\n", proc.Machine(), o.seed)
		for _, part := range []func(options, io.Writer) ([]check.Line, error){soak, cycle} {
			more, err := part(o, stdout)
			if err != nil {
				return nil, err
			}
			lines = append(lines, more...)
		}
		fmt.Fprintln(stdout)
		return lines, nil
	},
}
