// Command halfopen breaks the network between a link and its host without a word to
// either, as firewalls, routers and cables do, and compares what the link has told its
// callers with what the host has received:
//
//	go run ./halfopen                            or: make halfopen
//	go run ./halfopen -only TLS -seed 42
//
// Link and host are processes of their own, each in a network namespace of Linux, with
// a third one, a router, between them. It drops packets of one direction or of both,
// in a session, in a TCP or a TLS handshake, for a while or for good; it is a NAT that
// forgets its connections; or the host is stopped by a signal while its kernel goes on
// acknowledging. The link sends a hundred requests a second all the time.
//
// Every request has an identifier of its own (field 37), and every answer the digest
// of its request (field 48). The host logs a request before it answers. At the end of
// each scenario the two books are compared:
//
//   - every request has settled, once, by its deadline;
//   - what was not sent is not in the host's log, and nothing is there twice;
//   - what was answered is in the log, and so is its answer, which has its digest;
//   - a late reply belongs to a request in doubt, has its digest, and is told once;
//   - the link has given up its session within IdleTime + MaxMissedEchoes × echo
//     timeout, and is up again within one attempt and its backoff.
//
// It needs root, and ip and iptables; without them, or where namespaces are refused, it
// says so and ends well. The exit code is 1 when a CHECK has failed, and 2 when the
// flags make no sense.
//
// To read it: scenarios_linux.go is what is broken, trial.go the course of a scenario,
// load.go what the callers are told, audit.go the comparison.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/isolink-go/isolink/bench/internal/proof"
)

// options are the flags. The last ones are for the program's own processes.
type options struct {
	only string
	seed uint64

	role     string
	net      string // names of namespaces begin so
	addr     string
	secure   bool
	handover bool
}

func main() { os.Exit(program.Main(os.Args[1:], os.Stdout, os.Stderr)) }

var program = proof.Program[options]{
	Name: "halfopen",
	Flags: func(flags *flag.FlagSet) func() (options, error) {
		var o options
		flags.StringVar(&o.only, "only", "", "a part of the names of the scenarios to run (default all)")
		seed := proof.Seed(flags, "of when the network breaks and for how long")
		flags.StringVar(&o.role, "role", "", "of the program's own processes: host, link or forget")
		flags.StringVar(&o.net, "net", "", "of the link: the names of the namespaces begin so")
		flags.StringVar(&o.addr, "addr", "", "of the host: the address to listen on")
		flags.BoolVar(&o.secure, "tls", false, "of the host: TLS")
		flags.BoolVar(&o.handover, "handover", false, "of the host: answers that their connection does not take go to a later one")
		return func() (options, error) {
			o.seed = seed()
			if !known(o.only) {
				return o, fmt.Errorf("no scenario has %q in its name", o.only)
			}
			return o, nil
		}
	},
	Run: perform,
}
