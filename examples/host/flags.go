package main

import (
	"errors"
	"io"
	"math"
	"strings"
	"time"

	"github.com/isolink-go/isolink/examples/internal/flags"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor"
)

// options are the flags.
type options struct {
	listen  string
	framing framing.Framer
	tls     supervisor.TLSFiles
	ledger  string
	faults  bool
	seed    uint64
	timeout time.Duration
	every   time.Duration
	within  time.Duration
	verbose bool
}

const intro = `Answers the requests of ISO 8583 links as an issuer's host, until it is interrupted.

	host [flags]

`

// parse reads the flags. Its error joins every *flags.Error, or is flag.ErrHelp.
func parse(args []string, out io.Writer) (options, error) {
	o := options{
		listen: "127.0.0.1:5001", framing: framing.Binary2{}, seed: 1,
		timeout: 5 * time.Second, every: 15 * time.Second, within: 10 * time.Second,
	}
	set := flags.New("host", intro)
	set.Add("listen", "`address` to listen on, host:port; port 0 is one that is free (default 127.0.0.1:5001)", flags.Text(&o.listen))
	set.Add("framing", "`name` of the framing: "+strings.Join(framing.Names(), ", ")+" (default binary2)", flags.Framing(&o.framing))
	set.Add("tls-cert", "PEM `file` with the host's certificate; with it, TLS is used", flags.Text(&o.tls.Cert))
	set.Add("tls-key", "PEM `file` with its key", flags.Text(&o.tls.Key))
	set.Add("tls-ca", "PEM `file` with the authorities that a link's certificate must come from (default: links need none)", flags.Text(&o.tls.CA))
	set.Add("ledger", "`file` that gets a line for each request, before it is answered, and for each reply", flags.Text(&o.ledger))
	set.Bool(&o.faults, "faults", "misbehave, as the seed says")
	set.Add("seed", "what -faults does follows from this `number` (default 1)", flags.Number(&o.seed, 0, math.MaxInt64))
	set.Add("timeout", "`time` that links wait for a response: with -faults, late ones come that much later (default 5s)", flags.Duration(&o.timeout))
	set.Add("every", "`time` from one fault of a connection to the next, with -faults (default 15s)", flags.Duration(&o.every))
	set.Add("within", "`time` that the host may take to finish what it has in hand (default 10s)", flags.Duration(&o.within))
	set.Bool(&o.verbose, "v", "print what the host logs")
	if err := set.Parse(args, out); err != nil {
		return options{}, err
	}
	for _, name := range []string{"seed", "timeout", "every"} {
		if set.Given(name) && !o.faults {
			set.Fault(name, errors.New("is for -faults"))
		}
	}
	return o, set.Err()
}
