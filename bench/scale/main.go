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
	links     int
	cap, down time.Duration
	flap      time.Duration
	rate      int
	seed      uint64

	role string
	host hostOptions
}

const (
	spareFiles = 200 // what a process opens besides its connections
	minLinks   = 10  // leaves some that do not flap
)

var program = proof.Program[options]{
	Name: "scale",
	Flags: func(flags *flag.FlagSet) func() (options, error) {
		var o options
		flags.StringVar(&o.role, "role", "", "host: what the program starts itself as")
		flags.StringVar(&o.host.listen, "listen", "", "with -role host: where to listen, with commas (default: free ports)")
		flags.IntVar(&o.host.ports, "ports", 1, "with -role host: how many ports, besides one for links that flap")
		flags.IntVar(&o.links, "links", 10_000, "how many links")
		flags.DurationVar(&o.cap, "cap", 0, "cap of the backoff's random part (default 1 ms a link, at least 4s)")
		flags.DurationVar(&o.down, "down", 3*time.Second, "how long the killed host stays away")
		flags.DurationVar(&o.flap, "flap", 0, "how long links flap (default 3 ms a link, at least 8s)")
		flags.IntVar(&o.rate, "rate", 5000, "requests a second, of all links together, while some flap")
		seed := proof.Seed(flags, "of the pauses between requests")
		return func() (options, error) {
			o.seed = seed()
			if o.role != "" && o.role != "host" || o.links < minLinks || o.rate < 1 || o.cap < 0 || o.down < 0 || o.flap < 0 {
				return o, fmt.Errorf("give -links of %d or more, a positive -rate, and durations that are not negative", minLinks)
			}
			return o, nil
		}
	},
	Run: func(o options, stdout, _ io.Writer) ([]check.Line, error) {
		if o.role == "host" {
			return nil, serve(o.host, os.Stdin, stdout)
		}
		return execute(o, stdout)
	},
}

func execute(o options, stdout io.Writer) ([]check.Line, error) {
	if have := proc.RaiseFiles(o.links + spareFiles); have < o.links+spareFiles {
		lowered := have - spareFiles
		fmt.Fprintf(stdout, "%d links need %d open files and %d are allowed (ulimit -n): %d links\n",
			o.links, o.links+spareFiles, have, lowered)
		if lowered < minLinks {
			return nil, errors.New("these are too few")
		}
		o.links = lowered
	}
	if o.cap == 0 {
		o.cap = max(4*time.Second, time.Duration(o.links)*time.Millisecond)
	}
	if o.flap == 0 {
		o.flap = max(8*time.Second, 3*time.Duration(o.links)*time.Millisecond)
	}
	fmt.Fprintf(stdout, "%s, %d links, backoff of %v and up to %v, seed %d\n",
		proc.Machine(), o.links, o.backoff().MinDelay, o.cap, o.seed)
	begin := time.Now()
	var found report
	if err := o.measure(&found, stdout); err != nil {
		return nil, err
	}
	found.table(stdout)
	fmt.Fprintf(stdout, "\n%v\n\n", time.Since(begin).Round(time.Second))
	return found.checks(o), nil
}
