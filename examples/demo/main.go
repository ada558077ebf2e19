// Command demo shows what isolink promises, and checks it:
//
//	go run ./examples/demo                     or: make demo
//	go run ./examples/demo -seconds 60 -rate 5000 -seed 42
//
// Three links, over mutual TLS, send sample transactions from many goroutines, and a web
// page shows how they do, while the hosts at the other end do what hosts do on a bad day, only more
// often: they close, reset and half-close connections, stall, answer late,
// twice or not at all. What they do follows from the seed. A quarter of the sends
// goes by a group of the three links, which passes on what a link has not sent.
//
// The hosts log each request before they do anything with it, and put its
// digest into their reply. At the end, what each caller was told is compared
// with that log:
//
//   - every send has settled, once;
//   - what was not sent is not in the log;
//   - what was answered is in the log, and the reply carries its digest;
//   - nothing is in the log twice, though the group has passed it on;
//   - each late reply belongs to a send that is in doubt;
//   - the links have counted what the callers were told, and what the group passed
//     on;
//
// and some more, one line each. The program exits with 1 when one of them, or
// one of the minima that show that something happened, does not hold, and with
// 2 when it was called wrongly.
//
// To read it: demo.go is the course of a run, links.yaml how links and group are
// configured, setup.go what the run adds to that, hosts.go the hosts, of package
// issuer, book.go what the callers are told, audit.go the comparison.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/isolink-go/isolink/examples/internal/flags"
)

// options are the flags.
type options struct {
	rate    int
	seconds int
	seed    uint64
	verbose bool
	console string
}

func (o options) length() time.Duration { return time.Duration(o.seconds) * time.Second }

// optionError is a flag with a value that is of no use.
type optionError struct {
	flag    string
	problem string
}

// Error names the flag.
func (e *optionError) Error() string { return "-" + e.flag + ": " + e.problem }

// parse reads the flags. Its error joins all there is to complain of.
func parse(args []string, out io.Writer) (options, error) {
	var o options
	set := flag.NewFlagSet("demo", flag.ContinueOnError)
	set.SetOutput(out)
	set.IntVar(&o.rate, "rate", 3_000, "`sends` a second, over all links")
	set.IntVar(&o.seconds, "seconds", 10, "`seconds` to send for")
	set.Uint64Var(&o.seed, "seed", 0, "what the hosts do follows from this `number`; 0: another one each time")
	set.StringVar(&o.console, "console", "127.0.0.1:0", "`address` of the web page, host:port; port 0 is one that is free")
	set.BoolVar(&o.verbose, "v", false, "print the plan, and what the links log")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	if o.seed == 0 {
		o.seed = uint64(time.Now().UnixNano()) % 1_000_000
	}
	var faults []error
	if o.rate < 100 || o.rate > 50_000 {
		faults = append(faults, &optionError{"rate", "give 100 to 50000: with less, too little happens"})
	}
	if o.seconds < 2 || o.seconds > 300 {
		faults = append(faults, &optionError{"seconds", "give 2 to 300"})
	}
	if set.NArg() > 0 {
		faults = append(faults, &optionError{"", "there are no arguments beside the flags"})
	}
	return o, errors.Join(faults...)
}

func main() { flags.Main(command) }

// command is main, with what it depends on. It returns the exit code.
func command(ctx context.Context, args []string, out, complaints io.Writer) int {
	o, err := parse(args, complaints)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(complaints, "demo:", err)
		return 2
	}
	heading(out, o)
	ok, err := run(ctx, o, out)
	if err != nil {
		fmt.Fprintln(complaints, "demo:", err)
		return 1
	}
	if !ok {
		return 1
	}
	return 0
}
