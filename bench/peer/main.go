// Command peer does to isolink, and to github.com/moov-io/iso8583-connection,
// what hosts and networks do on a bad day, one thing after the other:
//
//	go run ./peer                               or: make peer
//	go run ./peer -only resets -seed 42
//
// Each scenario is run against both, by the same code and against the same hostile
// host on loopback. The table says what was observed in this run; the CHECK lines are
// isolink's promises. Of the other library nothing is asked, and it is configured as
// its documentation does; where it leaves a decision to its user, such as what to do
// when a ping is not answered, nothing is done.
//
// The exit code is 1 when a CHECK has failed or a scenario could not be run, and 2
// when the flags make no sense. A run takes some twenty seconds; a scenario waits
// a few seconds at most for what does not come.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/isolink-go/isolink/bench/internal/proof"
	"github.com/isolink-go/isolink/testdata/check"
)

// scenario is one thing that happens.
type scenario struct {
	name string
	// run lets it happen to one side, and says what was observed, in words and, for
	// the CHECK lines, in figures.
	run func(*stage) (string, []check.Line, error)
}

var scenarios = slices.Concat(stalls, losses, matches, wires)

func main() { os.Exit(program.Main(os.Args[1:], os.Stdout, os.Stderr)) }

// options are what the flags say.
type options struct {
	scenarios []scenario
	seed      uint64
}

var program = proof.Program[options]{
	Name: "peer",
	Flags: func(flags *flag.FlagSet) func() (options, error) {
		only := flags.String("only", "", "a part of the names of the scenarios to run (default all)")
		seed := proof.Seed(flags, "of when connections are reset")
		return func() (options, error) {
			o := options{seed: seed()}
			for _, s := range scenarios {
				if strings.Contains(s.name, *only) {
					o.scenarios = append(o.scenarios, s)
				}
			}
			if len(o.scenarios) == 0 {
				return o, fmt.Errorf("no scenario has %q in its name", *only)
			}
			return o, nil
		}
	},
	Run: perform,
}

// perform runs the scenarios, and prints the table.
func perform(o options, stdout, _ io.Writer) ([]check.Line, error) {
	begin := time.Now()
	fmt.Fprintln(stdout, "seed", o.seed)
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "what happens\t%s %s\t%s\n", moov.name, version(), isolink.name)
	var lines []check.Line
	for i, s := range o.scenarios {
		theirs, _, err := play(s, moov, usual, o.seed+uint64(i))
		if err != nil {
			theirs = "could not be run: " + err.Error()
		}
		ours, checks, err := play(s, isolink, usual, o.seed+uint64(i))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", s.name, theirs, ours)
		for _, line := range checks {
			line.Name = s.name + ": " + line.Name
			lines = append(lines, line)
		}
	}
	if err := table.Flush(); err != nil {
		return nil, err
	}
	fmt.Fprintf(stdout, "\n%d scenarios, %v\n\n", len(o.scenarios), time.Since(begin).Round(time.Second))
	return lines, nil
}

// version is that of the other library in this program.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if strings.HasSuffix(m.Path, moov.name) {
				return m.Version
			}
		}
	}
	return "of an unknown version"
}

// play runs a scenario for one side, and clears the stage.
func play(s scenario, side side, tempo tempo, seed uint64) (string, []check.Line, error) {
	st := &stage{side: side, tempo: tempo, random: rand.New(rand.NewPCG(seed, 0))}
	text, lines, err := s.run(st)
	return text, lines, errors.Join(err, st.clear())
}
