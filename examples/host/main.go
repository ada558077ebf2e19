// Command host is an issuer's host: it accepts links and answers their requests,
// until it is interrupted.
//
//	go run ./examples/host
//	go run ./examples/host -listen 127.0.0.1:5002 -framing ascii4 \
//		-tls-cert server.pem -tls-key server-key.pem -tls-ca ca.pem -ledger requests.log
//	go run ./examples/host -faults -seed 42
//
// In another terminal:
//
//	go run ./examples/minimal 127.0.0.1:5001
//	go run ./examples/acquirer -addr 127.0.0.1:5001
//
// It approves every request, and puts the request's digest into the reply (field
// 48). With -faults it does what the hosts of the demo do: it closes, resets and
// half-closes connections, stalls, declines, and answers late, twice or not at
// all.
//
// An interrupt, or SIGTERM, ends it in order: it accepts no more, finishes what it
// has in hand, closes its sessions, and prints what it has done. It exits with 0,
// with 1 when it could not listen or something was cut short, with 2 when it was
// called wrongly.
package main

import (
	"context"
	"io"

	"github.com/isolink-go/isolink/examples/internal/flags"
)

func main() { flags.Main(command) }

// command is main, with what it depends on. It returns the exit code.
func command(ctx context.Context, args []string, out, complaints io.Writer) int {
	return flags.Run("host", args, complaints, parse, func(o options) error { return run(ctx, o, out) })
}
