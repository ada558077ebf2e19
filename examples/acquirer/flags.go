package main

import (
	"errors"
	"io"
	"strings"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/examples/internal/flags"
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

// reader reads flags. It notes what is wrong and goes on, so that all of it is
// reported at once.
type reader struct {
	options
	flags *flags.Set

	addrs     [][]string
	framing   framing.Framer
	file      string
	useTLS    bool
	tls       supervisor.TLSFiles
	keyFields []int
}

// parse reads the flags. Its error joins every *flags.Error and every
// *messages.ConfigError there is, or is flag.ErrHelp.
func parse(args []string, out io.Writer) (options, error) {
	r := &reader{
		options: options{
			spec: spec87.Spec, rate: 100, length: 10 * time.Second, timeout: 5 * time.Second,
			wait: 10 * time.Second, stan: 1,
		},
		framing: framing.Binary2{},
		flags:   flags.New("acquirer", intro),
	}
	r.define()
	if err := r.flags.Parse(args, out); err != nil {
		return options{}, err
	}
	if len(r.addrs) == 0 {
		r.flags.Fault("addr", errors.New("give at least one host:port"))
	}
	r.finish()
	return r.options, r.flags.Err()
}

const intro = `Sends sample transactions to an ISO 8583 host, and counts what becomes of them.

	acquirer -addr host:port [-addr host:port]… [flags]

`

func (r *reader) define() {
	r.flags.Add("addr", "a link's `address`, host:port, with alternates behind commas; repeat it for several links", func(v string) error {
		r.addrs = append(r.addrs, strings.Split(v, ","))
		return nil
	})
	r.flags.Add("framing", "`name` of the framing: "+strings.Join(framing.Names(), ", ")+" (default binary2)", flags.Framing(&r.framing))
	r.flags.Add("spec", "message specification: spec87, or a JSON `file` of moov-io/iso8583's specs package (default spec87)", r.setSpec)
	r.flags.Add("file", "`file` with packed requests, one a line, in hexadecimal digits (default: 2,000 samples in the program)", flags.Text(&r.file))
	r.flags.Add("key-fields", "`fields` that a response shares with its request, with commas between (default 11)", r.setKeyFields)
	r.flags.Add("rate", "`sends` a second, over all links (default 100)", flags.Number(&r.rate, 1, 100_000))
	r.flags.Add("count", "`sends` in all; 0: until the time is over (default 0)", flags.Number(&r.count, 0, 100_000_000))
	r.flags.Add("seconds", "`seconds` to send for; 0: until the count is reached (default 10, or 0 with -count)", r.setSeconds)
	r.flags.Add("timeout", "`time` that a response may take, such as 500ms (default 5s)", flags.Duration(&r.timeout))
	r.flags.Add("wait", "`time` that the links may take to come up (default 10s)", flags.Duration(&r.wait))
	r.flags.Add("stan", "first STAN, 1 to 999999: hosts may refuse those of an earlier run (default 1)", flags.Number(&r.stan, 1, 999_999))
	r.flags.Bool(&r.useTLS, "tls", "use TLS; each of the flags below implies it")
	r.flags.Add("ca", "PEM `file` with the authorities that the host's certificate must come from (default: the system's)", flags.Text(&r.tls.CA))
	r.flags.Add("cert", "PEM `file` with the client certificate", flags.Text(&r.tls.Cert))
	r.flags.Add("key", "PEM `file` with its key", flags.Text(&r.tls.Key))
	r.flags.Add("server-name", "`name` that the host's certificate must have (default: the address's host)", flags.Text(&r.tls.ServerName))
	r.flags.Bool(&r.verbose, "v", "print what the links log")
}
