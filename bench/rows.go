package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"time"

	"github.com/isolink-go/isolink/bench/internal/sample"
)

// Path is one way to make exchanges, over one connection to the host.
type Path interface {
	// Exchange makes one exchange and checks its response: an error means that
	// it failed, or that the response was not the one to its request. The STAN
	// is sample.STAN(caller, seq), so that any number of callers may be inside
	// at once, each in one exchange at a time. ctx is live and can be
	// cancelled; every caller has its own.
	Exchange(ctx context.Context, caller int, seq uint64) error

	// Close ends the connection and leaves no goroutine. No exchange is in
	// flight when it is called.
	Close() error
}

// crewed is a Path whose own clients make the exchanges, each many at a time.
type crewed interface {
	// crew is how many clients there are.
	crew() int

	// exchanges keeps window exchanges of a client in flight, and begins another
	// one where one was answered, as long as more says so. When none is in flight
	// it returns how many were answered, and the first error.
	exchanges(client, window int, more func() bool) (uint64, error)
}

// sendTimeout is how long an exchange may take, in every row. patience is for parts
// where many wait for each other.
const (
	sendTimeout = 5 * time.Second
	patience    = 30 * time.Second
)

// row is a line of the tables.
type row struct {
	name string

	// open makes a path to a host, for callers 0 to callers-1.
	open func(to target, shape *sample.Shape, callers int) (Path, error)
}

// target is the host, and how a path goes there.
type target struct {
	addr  string
	addrs []string    // of its links, in turn; empty: addr is all links'
	tls   *tls.Config // nil: plain
	links int         // that callers are spread over

	timeout time.Duration // of an exchange; 0: sendTimeout
}

// link is the target of one of its links.
func (t target) link(i int) target {
	if len(t.addrs) > 0 {
		t.addr = t.addrs[i%len(t.addrs)]
	}
	return t
}

func (t target) sendTimeout() time.Duration { return cmp.Or(t.timeout, sendTimeout) }

// rows are all that can be measured, in the order of the tables.
var rows = []row{
	{name: rowBare, open: openBare},
	{name: rowContract, open: openContract},
	{name: rowFrame, open: openFrame},
	{name: rowMessage, open: openMessage},
	{name: rowActor, open: openActor},
	{name: rowMoov, open: openMoov},
	{name: rowCodec, open: openCodec},
}

// The names by which goals refer to rows. A goal whose rows are not in rows is
// not checked.
const (
	rowBare     = "floor-bare"
	rowContract = "floor-contract"
	rowMoov     = "moov"
	rowCodec    = "codec"
	rowFrame    = "isolink/frame"
	rowMessage  = "isolink/message"
	rowActor    = "isolink/actor"
	rowIsolink  = "isolink"
	rowFailing  = "isolink/failing"
	rowNew      = "isolink/new"
	rowOld      = "isolink/old"

	rowFrameTold   = "isolink/frame-otel"
	rowFrameRoots  = "isolink/frame-otel-roots"
	rowMessageTold = "isolink/message-otel"
)

// shapes are the messages that can be exchanged, in the order of the tables.
var shapes = []*sample.Shape{sample.Two, sample.Eighteen}
