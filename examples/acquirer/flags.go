package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor"
)

// options are the flags, read and judged.
type options struct {
	links   []supervisor.LinkConfig
	spec    *iso8583.MessageSpec
	samples *traffic.Samples
	rate    int
	count   uint64
	length  time.Duration
	timeout time.Duration
	wait    time.Duration
	stan    uint64
	verbose bool
}

// FlagError is a flag whose value is of no use.
type FlagError struct {
	// Flag is its name; empty for what is no flag.
	Flag string
	// Err says what is wrong, and what would be right.
	Err error
}

// Error names the flag.
func (e *FlagError) Error() string {
	if e.Flag == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("-%s: %v", e.Flag, e.Err)
}

// Unwrap gives Err to errors.Is and errors.As.
func (e *FlagError) Unwrap() error { return e.Err }

// reader reads flags. It notes what is wrong and goes on, so that all of it is
// reported at once.
type reader struct {
	options
	flags  *flag.FlagSet
	faults []error

	addrs     [][]string
	framing   framing.Framer
	file      string
	useTLS    bool
	tls       supervisor.TLSFiles
	keyFields []int
}

// parse reads the flags. Its error joins every *FlagError and every
// *messages.ConfigError there is, or is flag.ErrHelp.
func parse(args []string, out io.Writer) (options, error) {
	r := &reader{
		options: options{
			spec: spec87.Spec, rate: 100, length: 10 * time.Second, timeout: 5 * time.Second,
			wait: 10 * time.Second, stan: 1,
		},
		framing: framing.Binary2{},
		flags:   flag.NewFlagSet("acquirer", flag.ContinueOnError),
	}
	r.flags.SetOutput(io.Discard) // errors are reported with all others
	r.define()
	switch err := r.flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		r.help(out)
		return options{}, err
	case err != nil:
		r.fault("", err)
	case r.flags.NArg() > 0:
		r.fault("", fmt.Errorf("%q is no flag", r.flags.Arg(0)))
	}
	if len(r.addrs) == 0 {
		r.fault("addr", errors.New("give at least one host:port"))
	}
	r.finish()
	return r.options, errors.Join(r.faults...)
}

func (r *reader) help(out io.Writer) {
	fmt.Fprint(out, `Sends sample transactions to an ISO 8583 host, and counts what becomes of them.

	acquirer -addr host:port [-addr host:port]… [flags]

`)
	r.flags.SetOutput(out)
	r.flags.PrintDefaults()
}

func (r *reader) define() {
	r.add("addr", "a link's `address`, host:port, with alternates behind commas; repeat it for several links", func(v string) error {
		r.addrs = append(r.addrs, strings.Split(v, ","))
		return nil
	})
	r.add("framing", "`name` of the framing: "+strings.Join(framing.Names(), ", ")+" (default binary2)", r.setFraming)
	r.add("spec", "message specification: spec87, or a JSON `file` of moov-io/iso8583's specs package (default spec87)", r.setSpec)
	r.add("file", "`file` with packed requests, one a line, in hexadecimal digits (default: 2,000 samples in the program)", func(v string) error {
		r.file = v
		return nil
	})
	r.add("key-fields", "`fields` that a response shares with its request, with commas between (default 11)", r.setKeyFields)
	r.add("rate", "`sends` a second, over all links (default 100)", number(&r.rate, 1, 100_000))
	r.add("count", "`sends` in all; 0: until the time is over (default 0)", number(&r.count, 0, 100_000_000))
	r.add("seconds", "`seconds` to send for; 0: until the count is reached (default 10, or 0 with -count)", r.setSeconds)
	r.add("timeout", "`time` that a response may take, such as 500ms (default 5s)", duration(&r.timeout))
	r.add("wait", "`time` that the links may take to come up (default 10s)", duration(&r.wait))
	r.add("stan", "first STAN, 1 to 999999: hosts may refuse those of an earlier run (default 1)", number(&r.stan, 1, 999_999))
	r.flags.BoolVar(&r.useTLS, "tls", false, "use TLS; each of the flags below implies it")
	r.add("ca", "PEM `file` with the authorities that the host's certificate must come from (default: the system's)", text(&r.tls.CA))
	r.add("cert", "PEM `file` with the client certificate", text(&r.tls.Cert))
	r.add("key", "PEM `file` with its key", text(&r.tls.Key))
	r.add("server-name", "`name` that the host's certificate must have (default: the address's host)", text(&r.tls.ServerName))
	r.flags.BoolVar(&r.verbose, "v", false, "print what the links log")
}

// add defines a flag whose wrong values are noted, not returned: package flag
// would stop at the first.
func (r *reader) add(name, usage string, set func(string) error) {
	r.flags.Func(name, usage, func(v string) error {
		if err := set(v); err != nil {
			r.fault(name, err)
		}
		return nil
	})
}

func (r *reader) fault(name string, err error) {
	r.faults = append(r.faults, &FlagError{Flag: name, Err: err})
}

func text(to *string) func(string) error {
	return func(v string) error {
		*to = v
		return nil
	}
}

func number[T int | uint64](to *T, least, most int64) func(string) error {
	return func(v string) error {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < least || n > most {
			return fmt.Errorf("%q: give a number from %d to %d", v, least, most)
		}
		*to = T(n)
		return nil
	}
}

func duration(to *time.Duration) func(string) error {
	return func(v string) error {
		d, err := time.ParseDuration(v)
		if err != nil || d <= 0 {
			return fmt.Errorf("%q: give a positive time with its unit, such as 500ms or 10s", v)
		}
		*to = d
		return nil
	}
}
