// Command carddata looks for card data in all that isolink prints:
//
//	go run ./carddata [-demo 10s] [-minutes 10] [-packages ./actors]
//
// It runs the tests of the core packages, with the logs that they drop otherwise, and
// the demo with -v, and searches all of their output: for the card's numbers, tracks,
// PIN blocks and verification values that the tests and the demo send, as text, in
// EBCDIC and packed, each also in hex, in base64, as numbers and quoted; and for
// whatever else may be a card's number. Tests of the package supervisor put these
// values near everything that can go wrong, and print errors, events, results and all
// that functions of the configuration are given, in every way of package
// testdata/carddata; what they print, they leave in pages, which are searched too.
//
// It prints a table, and a line for every goal, CHECK <name>: <figure> (goal <goal>) ok
// or FAIL. The exit code is 1 when one fails, and 2 when the flags make no sense.
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"strings"
	"time"

	"github.com/isolink-go/isolink/bench/internal/proof"
	"github.com/isolink-go/isolink/testdata/check"
)

func main() { os.Exit(program.Main(os.Args[1:], os.Stdout, os.Stderr)) }

// options are the flags.
type options struct {
	demo     time.Duration
	minutes  int
	root     string
	packages []string
}

var program = proof.Program[options]{
	Name: "carddata",
	Flags: func(flags *flag.FlagSet) func() (options, error) {
		var o options
		flags.DurationVar(&o.demo, "demo", 10*time.Second, "how long the demo sends, in whole `seconds`; 0: not at all")
		flags.IntVar(&o.minutes, "minutes", 10, "the longest that all may take, in `minutes`")
		flags.StringVar(&o.root, "root", "..", "the `folder` of the core module")
		packages := flags.String("packages", "./framing ./messages ./actors ./supervisor ./supervisor/linktest", "whose tests to run, `patterns`")
		return func() (options, error) {
			o.packages = strings.Fields(*packages)
			if o.demo < 0 || o.demo%time.Second != 0 || o.minutes < 1 || len(o.packages) == 0 {
				return o, errors.New("give -demo in whole seconds, -minutes of 1 or more, and -packages")
			}
			return o, nil
		}
	},
	Run: func(o options, stdout, _ io.Writer) ([]check.Line, error) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(o.minutes)*time.Minute)
		defer cancel()
		parts, err := collect(ctx, o)
		if err != nil {
			return nil, err
		}
		search, err := searchDemoToo()
		if err != nil {
			return nil, err
		}
		f := find(parts, search)
		f.table(stdout)
		return f.judge(full), nil
	},
}
