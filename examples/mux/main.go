// Command mux lets many clients share one link to a host, or a few:
//
//	go run ./examples/host                                  in one terminal
//	go run ./examples/mux                                   in another
//	go run ./examples/acquirer -addr 127.0.0.1:5000         in as many as wanted
//
//	go run ./examples/mux -listen 127.0.0.1:5000 -host 10.0.0.1:5001,10.0.0.2:5001 -host 10.0.0.3:5001
//
// Clients number their requests as they like, so that two of them may use the
// same STAN (field 11) at once. Over the link it would be the same key: mux gives
// each request a STAN of its own, and gives the client's back in the response.
// What became of a request, it tells the client so:
//
//   - answered: the host's response;
//   - not sent, over any of the links: response code 91 (issuer or switch
//     inoperative). The host cannot have read a byte of it;
//   - in doubt: nothing. The client's own time-out then tells it the truth, that
//     the host may have acted, and the client reverses. A response code would
//     pass for the host's decision. A response that comes later is dropped.
//
// Requests for network management (class 8) are between neighbours: mux answers
// the clients' itself, with 00 while there is a link that is up, with 91
// otherwise, and sends echo tests of its own to the host.
//
// It keeps nothing beyond a request's end. So a client's repeat gets another STAN
// than its original had, and the original data elements of a reversal (field 90)
// hold the client's STAN: the host has to know a repeat or an original by its
// retrieval reference number (field 37).
//
// An interrupt, or SIGTERM, ends it in order. It exits with 0, with 1 when it
// could not listen or something was cut short, with 2 when it was called wrongly.
//
// To read it: exchange.go is what becomes of a request, mux.go how links and
// acceptor are configured.
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
