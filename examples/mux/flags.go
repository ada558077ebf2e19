package main

import (
	"io"
	"strings"
	"time"

	"github.com/isolink-go/isolink/examples/internal/flags"
	"github.com/isolink-go/isolink/framing"
)

// options are the flags.
type options struct {
	listen  string
	hosts   [][]string // of each link: its address, and alternates
	framing framing.Framer
	timeout time.Duration
	within  time.Duration
	verbose bool
}

const intro = `Lets many clients share one ISO 8583 link to a host, or a few, until it is interrupted.

	mux [flags]

`

// parse reads the flags. Its error joins every *flags.Error, or is flag.ErrHelp.
func parse(args []string, out io.Writer) (options, error) {
	o := options{
		listen: "127.0.0.1:5000", framing: framing.Binary2{}, timeout: 3 * time.Second, within: 10 * time.Second,
	}
	set := flags.New("mux", intro)
	set.Add("listen", "`address` to listen on for clients, host:port; port 0 is one that is free (default 127.0.0.1:5000)", flags.Text(&o.listen))
	set.Add("host", "`address` of the host, host:port, with alternates behind commas; repeat it for several links (default 127.0.0.1:5001)", func(v string) error {
		o.hosts = append(o.hosts, strings.Split(v, ","))
		return nil
	})
	set.Add("framing", "`name` of the framing on both sides: "+strings.Join(framing.Names(), ", ")+" (default binary2)", flags.Framing(&o.framing))
	set.Add("timeout", "`time` that the host may take to respond; that of the clients should be longer (default 3s)", flags.Duration(&o.timeout))
	set.Add("within", "`time` that the mux may take to finish what it has in hand (default 10s)", flags.Duration(&o.within))
	set.Bool(&o.verbose, "v", "print what links and acceptor log")
	if err := set.Parse(args, out); err != nil {
		return options{}, err
	}
	if len(o.hosts) == 0 {
		o.hosts = [][]string{{"127.0.0.1:5001"}}
	}
	return o, set.Err()
}
