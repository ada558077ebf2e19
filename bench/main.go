// Command bench measures ISO 8583 links over loopback: what an exchange costs, in time,
// allocations and bytes, how long it takes, and what a link takes, for isolink, for
// floors, which were written by hand for it, and for another library; all against the
// same host in the same process.
//
//	go run . [-short | -full] [-parts link,both] [-callers 1,16] [-rows floor-bare,moov]
//	         [-shapes 2-fields] [-time 2m] [-slice 200ms] [-seed 1] [-out folder]
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
// A run is made of parts:
//
//	link   one link, and callers that each make one exchange after the other
//	both   client and host of the same library, so many messages at once
//	relay  what a switch does to each message between two links
//	open   one link at a given rate: latency, from when an exchange was to begin
//	many   callers spread over many links
//	tls    one link, with TLS (not with -short)
//	otel   one link with OpenTelemetry's SDK, and without
//	idle   links that nothing is sent over: bytes and goroutines
//	long   one link after a million exchanges
//
// How it measures: the rows of a part are measured in one process, in slices of a
// fraction of a second. A round takes one slice of every row, shape and column; the
// order is random, but rows that are compared stand next to each other. A figure is
// the median over the rounds; a ratio is the median of the rounds' ratios. Before each
// slice garbage is collected, callers are started and wait, so that none of this is
// measured; only the messages of "both" start their goroutines while they are. An
// exchange may take 5 s, in "both" and "open" 30 s. Time is that of the slice divided by its exchanges: with two callers and
// two exchanges in 40 µs it is 20 µs. Allocations are those of the process; the host
// makes none.
//
// With -out it writes bench.txt, a line a slice as go test -bench prints them, for
// benchstat, and plots in SVG.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/isolink-go/isolink/bench/internal/proc"
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
	fmt.Fprintf(stdout, "%s, seed %d\n", proc.Machine(), p.seed)
	begin := time.Now()
	var checks bytes.Buffer
	files, written := proc.MaxFiles(), newOutput()
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
		written.add(part, found)
	}
	fmt.Fprintf(stdout, "\nevery exchange was answered with its own response; %v\n\n", time.Since(begin).Round(time.Second))
	_, _ = checks.WriteTo(stdout) // like all that is printed: there is nobody to tell
	if p.out == "" {
		return 0
	}
	if err := written.write(p.out); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}
