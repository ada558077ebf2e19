// Package proof is what the programs have in common that prove something: how they are
// called, and how they end.
package proof

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/isolink-go/isolink/testdata/check"
)

// Program is one of them. O is what its flags say.
type Program[O any] struct {
	Name string
	// Flags defines the flags, and returns what reads them when they are parsed. Its
	// error says what is wrong with them.
	Flags func(*flag.FlagSet) func() (O, error)
	// Run proves it, prints what it sees, and returns the checks, which are printed
	// last. Its error says why the run could not be finished.
	Run func(o O, stdout, stderr io.Writer) ([]check.Line, error)
}

// Main runs the program, and returns its exit code: 0 when all checks are ok, 1 when
// one is not or the run could not be finished, 2 when it was called wrongly.
func (p Program[O]) Main(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet(p.Name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	read := p.Flags(flags)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil: // the flags have said what it is
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "%s: unexpected %q\n", p.Name, flags.Arg(0))
		return 2
	}
	o, err := read()
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", p.Name, err)
		return 2
	}
	lines, err := p.Run(o, stdout, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "%s: FAILED: %v\n", p.Name, err)
		return 1
	}
	if ok, err := check.Print(stdout, lines...); err != nil || !ok {
		return 1
	}
	return 0
}

// Seed defines the flag -seed. It returns what reads it: a random one where none, or
// 0, was given.
func Seed(flags *flag.FlagSet, usage string) func() uint64 {
	seed := flags.Uint64("seed", 0, usage+" (default random)")
	return func() uint64 {
		for *seed == 0 {
			*seed = rand.Uint64()
		}
		return *seed
	}
}
