// Command hostile lets peers misbehave, one way after the other, against an acceptor
// and against a link, and looks at what becomes of them, of memory, and of the others.
//
//	go run ./hostile [-seed 1] [-only name,name] [-short]
//
// In one process there are a manager with acceptors (plain, TLS, and one with a length
// of four bytes) and two links to a good host, and a manager whose links are clients of
// the acceptors. The well-behaved make exchanges all the time, at half the rate that
// they reached when nobody was in the way; also, a new client connects five times a
// second. A misbehaving client comes from 127.0.0.2 to 127.0.0.5, so that limits by
// address can tell it from others: it takes Linux, or these addresses set up.
//
// For each scenario it prints a row, and then lines as package check has them: the
// fault really came; what misbehaves was ended by its limit in time, or went on within
// its bound; the error that says so was told; memory grew by no more than is stated;
// no place of the acceptor is still taken; and of the others' exchanges none was lost or
// answered with another's response. These decide the exit code: 0, or 1 when one fails,
// and 2 when the flags make no sense. That the others' p99 is at most twice what it was
// right before is a goal of speed, which is printed and decides nothing: the attackers
// use the same processors.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/isolink-go/isolink/bench/internal/proc"
	"github.com/isolink-go/isolink/bench/internal/proof"
	"github.com/isolink-go/isolink/testdata/check"
)

func main() { os.Exit(program.Main(os.Args[1:], os.Stdout, os.Stderr)) }

// options are what the flags say.
type options struct {
	seed      uint64
	scenarios []scenario
	flood     time.Duration // how long a flood lasts
	alone     time.Duration // how long the others are measured alone
}

var program = proof.Program[options]{
	Name: "hostile",
	Flags: func(flags *flag.FlagSet) func() (options, error) {
		seed := proof.Seed(flags, "of the scenarios' order")
		only := flags.String("only", "", "scenarios, with commas (default all)")
		short := flags.Bool("short", false, "floods of one second instead of three")
		return func() (options, error) {
			o := options{seed: seed(), flood: 3 * time.Second, alone: 3 * time.Second}
			if *short {
				o.flood, o.alone = time.Second, time.Second
			}
			var err error
			o.scenarios, err = chosen(*only)
			r := rand.New(rand.NewPCG(o.seed, 0))
			r.Shuffle(len(o.scenarios), func(i, j int) { o.scenarios[i], o.scenarios[j] = o.scenarios[j], o.scenarios[i] })
			return o, err
		}
	},
	Run: func(o options, stdout, _ io.Writer) ([]check.Line, error) {
		fmt.Fprintf(stdout, "%s, seed %d\n\n", proc.Machine(), o.seed)
		found, err := measure(o)
		if err != nil {
			return nil, err
		}
		return found.lines(), report(stdout, found)
	},
}

// chosen are the scenarios of those names, with commas; all, of none.
func chosen(names string) ([]scenario, error) {
	all := slices.Concat(clientScenarios(), tlsScenarios(), hostScenarios())
	if names == "" {
		return all, nil
	}
	var kept []scenario
	var errs []error
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(all, func(s scenario) bool { return s.name == name })
		if i < 0 {
			errs = append(errs, fmt.Errorf("no scenario %q", name))
			continue
		}
		kept = append(kept, all[i])
	}
	return kept, errors.Join(errs...)
}
