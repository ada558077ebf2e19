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

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main without the process: it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("peer", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "", "a part of the names of the scenarios to run (default all)")
	seed := flags.Uint64("seed", 0, "seed of when connections are reset (default random)")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	var chosen []scenario
	for _, s := range scenarios {
		if strings.Contains(s.name, *only) {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 || flags.NArg() > 0 {
		fmt.Fprintf(stderr, "peer: no scenario has %q in its name, or there are arguments\n", *only)
		return 2
	}
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	if err := perform(chosen, *seed, stdout); err != nil {
		fmt.Fprintln(stderr, "peer: FAILED:", err)
		return 1
	}
	return 0
}

// errFailed is the end of a run with a CHECK that has failed.
var errFailed = errors.New("a CHECK has failed")

// perform runs the scenarios, and prints table and checks.
func perform(chosen []scenario, seed uint64, stdout io.Writer) error {
	begin := time.Now()
	fmt.Fprintln(stdout, "seed", seed)
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "what happens\t%s %s\t%s\n", moov.name, version(), isolink.name)
	var lines []check.Line
	for i, s := range chosen {
		theirs, _, err := play(s, moov, patience, seed+uint64(i))
		if err != nil {
			theirs = "could not be run: " + err.Error()
		}
		ours, checks, err := play(s, isolink, patience, seed+uint64(i))
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", s.name, theirs, ours)
		for _, line := range checks {
			line.Name = s.name + ": " + line.Name
			lines = append(lines, line)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "\n%d scenarios, %v\n\n", len(chosen), time.Since(begin).Round(time.Second))
	ok, err := check.Print(stdout, lines...)
	if err == nil && !ok {
		err = errFailed
	}
	return err
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
func play(s scenario, side side, patience time.Duration, seed uint64) (string, []check.Line, error) {
	st := &stage{side: side, patience: patience, random: rand.New(rand.NewPCG(seed, 0))}
	text, lines, err := s.run(st)
	return text, lines, errors.Join(err, st.clear())
}
