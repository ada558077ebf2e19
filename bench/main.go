// Command bench measures one ISO 8583 link over loopback: the time, allocations
// and bytes per exchange of every row, for every number of callers, against the
// same host in the same process.
//
//	go run . [-short] [-callers 1,16] [-rows floor-bare,moov] [-shapes 2-fields] [-time 2m]
//
// It prints tables, their ratios, and a line for every goal:
//
//	CHECK <name>: <figure> (goal <goal>) ok
//	CHECK <name>: <figure> (goal <goal>) FAIL
//
// A goal that is missed changes nothing else: speed is the machine's too. The exit
// code is 1 when an exchange failed or was answered with another's response, and 2
// when the flags make no sense.
//
// How it measures: all rows are measured in one process, in slices of a fraction
// of a second. A round takes one slice of every row, shape and number of callers;
// the order is random, but rows that are compared stand next to each other. A
// figure is the median over the rounds; a ratio is the median of the rounds'
// ratios. Before each slice garbage is collected, callers are started and
// wait, so that none of this is measured. Time is that of the slice divided by its
// exchanges: with two callers and two exchanges in 40 µs it is 20 µs.
// Allocations are those of the process; the host makes none.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main without the process: it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	p, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "bench:", err)
		return 2
	}
	return execute(p, stdout, stderr)
}

func execute(p plan, stdout, stderr io.Writer) int {
	fmt.Fprintf(stdout, "%s %s/%s, %d CPUs, seed %d\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), p.seed)
	begin := time.Now()
	var checks bytes.Buffer
	files := maxFiles()
	for _, part := range p.parts {
		part.at = part.within(files, stdout)
		if len(part.at) == 0 {
			continue
		}
		found, err := part.measure(p.seed)
		if err != nil {
			fmt.Fprintln(stderr, "bench: FAILED:", err)
			return 1
		}
		report(stdout, part, found)
		printChecks(&checks, part, found)
	}
	fmt.Fprintf(stdout, "\nevery exchange was answered with its own response; %v\n\n", time.Since(begin).Round(time.Second))
	_, _ = checks.WriteTo(stdout) // like all that is printed: there is nobody to tell
	return 0
}
