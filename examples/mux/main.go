// Command mux lets many clients share one link to a host, or a few:
//
//	go run ./examples/host                                  in one terminal
//	go run ./examples/mux                                   in another
//	go run ./examples/acquirer -addr 127.0.0.1:5000         in as many as wanted
//
//	go run ./examples/mux -listen 127.0.0.1:5000 -host 10.0.0.1:5001,10.0.0.2:5001 -host 10.0.0.3:5001
//
// Each request gets a STAN of the mux's own, and the client is told what became of it:
// see package relay. A request that one link does not send goes by the next one.
// Network management (class 8) ends here; mux sends echo tests of its own to the host.
//
// It keeps nothing beyond a request's end. So a client's repeat gets another STAN
// than its original had, and the original data elements of a reversal (field 90)
// hold the client's STAN: the host has to know a repeat or an original by its
// retrieval reference number (field 37).
//
// An interrupt, or SIGTERM, ends it in order. It exits with 0, with 1 when it
// could not listen or something was cut short, with 2 when it was called wrongly.
//
// To read it: package relay is what becomes of a request, mux.go how links, group and
// acceptor are configured. Command node does the same, and more, by a file.
package main

import (
	"context"
	"io"

	"github.com/isolink-go/isolink/examples/internal/flags"
)

func main() { flags.Main(command) }

// command is main, with what it depends on. It returns the exit code.
func command(ctx context.Context, args []string, out, complaints io.Writer) int {
	return flags.Run("mux", args, complaints, parse, func(o options) error { return run(ctx, o, out) })
}
