package main

import (
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/isolink-go/isolink/examples/internal/flags"
)

// operatorVariable holds the name and password of who may act on the console.
const operatorVariable = "ISOLINK_OPERATOR"

// options are the flags.
type options struct {
	config   string
	console  string
	operator string            // name:password; empty: nobody acts
	routes   map[string]string // group by acceptor
	within   time.Duration
	check    bool
}

const intro = `Runs the links, groups and acceptors of a file until it is interrupted.

	node -config links.yaml [flags]

`

// parse reads the flags. Its error joins every *flags.Error, or is flag.ErrHelp.
func parse(args []string, out io.Writer) (options, error) {
	o := options{
		console: "127.0.0.1:8080", within: 30 * time.Second, routes: make(map[string]string),
		operator: os.Getenv(operatorVariable),
	}
	set := flags.New("node", intro)
	set.Add("config", "`file` with the links, groups and acceptors, in YAML", flags.Text(&o.config))
	set.Add("console", "`address` of the web page, host:port; port 0 is one that is free, off is no page (default 127.0.0.1:8080)", flags.Text(&o.console))
	set.Add("route", "`acceptor=group` whose links get the acceptor's requests; repeat it for several acceptors (default the file's only group)", func(v string) error {
		acceptor, group, ok := strings.Cut(v, "=")
		if !ok || acceptor == "" || group == "" {
			return errors.New("give an acceptor and a group, such as clients=host")
		}
		o.routes[acceptor] = group
		return nil
	})
	set.Add("within", "`time` that it may take to finish what is in hand, when a reload or the end asks for it (default 30s)", flags.Duration(&o.within))
	set.Bool(&o.check, "check", "read the file, say whether it is right, and end")
	if err := set.Parse(args, out); err != nil {
		return options{}, err
	}
	if o.config == "" {
		set.Fault("config", errors.New("give a file; examples/node/links.yaml is one to begin with"))
	}
	if name, password, _ := strings.Cut(o.operator, ":"); o.operator != "" && (name == "" || password == "") {
		set.Note(errors.New(operatorVariable + ": give NAME:PASSWORD"))
	}
	return o, set.Err()
}
