// Command scale keeps thousands of links of one process up, against as many sessions of
// an isolink acceptor in another one, over loopback:
//
//	go run ./scale [-links 10000] [-cap 10s] [-down 3s] [-flap 30s] [-rate 5000]
//	               [-seed 1]
//
// It starts its host itself: the same program, with -role host. In turn
//
//	start   all links come up; then memory and goroutines of both ends are taken
//	closed  the host ends all its sessions at once
//	killed  the host is killed, stays away, and is started anew
//	flap    one link of a hundred loses its session again and again, while the others
//	        carry requests, each with an id of its own
//	close   the manager is closed, and then the host
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

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// options are the flags.
type options struct {
	links     int
	cap, down time.Duration
	flap      time.Duration
	rate      int
	seed      uint64
}

// spareFiles is what a process opens besides its connections.
const spareFiles = 200

// run is main without the process: it returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("scale", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var o options
	var h hostOptions
	role := flags.String("role", "", "host: what the program starts itself as")
	flags.StringVar(&h.listen, "listen", "", "with -role host: where to listen, with commas (default: free ports)")
	flags.IntVar(&h.ports, "ports", 1, "with -role host: how many ports, besides one for links that flap")
	flags.IntVar(&o.links, "links", 10_000, "how many links")
	flags.DurationVar(&o.cap, "cap", 0, "cap of the backoff's random part (default 1 ms a link, at least 4s)")
	flags.DurationVar(&o.down, "down", 3*time.Second, "how long the killed host stays away")
	flags.DurationVar(&o.flap, "flap", 0, "how long links flap (default 3 ms a link, at least 8s)")
	flags.IntVar(&o.rate, "rate", 5000, "requests a second, of all links together, while some flap")
	flags.Uint64Var(&o.seed, "seed", 0, "seed of the pauses between requests (default random)")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if *role == "host" {
		if err := serve(h, stdin, stdout); err != nil {
			fmt.Fprintln(stderr, "scale, host:", err)
			return 1
		}
		return 0
	}
	if *role != "" || flags.NArg() > 0 || o.links < minLinks || o.rate < 1 || o.cap < 0 || o.down < 0 || o.flap < 0 {
		fmt.Fprintf(stderr, "scale: give -links of %d or more, a positive -rate, and durations that are not negative\n", minLinks)
		return 2
	}
	return execute(o, stdout, stderr)
}

// minLinks leaves some that do not flap.
const minLinks = 10

func execute(o options, stdout, stderr io.Writer) int {
	if have := proc.RaiseFiles(o.links + spareFiles); have < o.links+spareFiles {
		lowered := have - spareFiles
		fmt.Fprintf(stdout, "%d links need %d open files and %d are allowed (ulimit -n): %d links\n",
			o.links, o.links+spareFiles, have, lowered)
		if lowered < minLinks {
			fmt.Fprintln(stderr, "scale: these are too few")
			return 1
		}
		o.links = lowered
	}
	if o.cap == 0 {
		o.cap = max(4*time.Second, time.Duration(o.links)*time.Millisecond)
	}
	if o.seed == 0 {
		o.seed = rand.Uint64()
	}
	if o.flap == 0 {
		o.flap = max(8*time.Second, 3*time.Duration(o.links)*time.Millisecond)
	}
	fmt.Fprintf(stdout, "%s, %d links, backoff of %v and up to %v, seed %d\n",
		proc.Machine(), o.links, o.backoff().MinDelay, o.cap, o.seed)
	begin := time.Now()
	var found report
	if err := o.measure(&found, stdout); err != nil {
		fmt.Fprintln(stderr, "scale: FAILED:", err)
		return 1
	}
	found.table(stdout)
	fmt.Fprintf(stdout, "\n%v\n\n", time.Since(begin).Round(time.Second))
	var lines bytes.Buffer
	ok, _ := check.Print(&lines, found.checks(o)...)
	_, _ = lines.WriteTo(stdout) // like all that is printed: there is nobody to tell
	if !ok {
		return 1
	}
	return 0
}
