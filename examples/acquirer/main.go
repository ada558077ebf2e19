// Command acquirer sends sample transactions to any ISO 8583 host, and counts
// what becomes of them:
//
//	go run ./examples/acquirer -addr 127.0.0.1:5001
//	go run ./examples/acquirer -addr 10.0.0.1:5001,10.0.0.2:5001 -addr 10.0.0.3:5001 \
//		-framing ascii4 -spec host.json -file requests.hex -key-fields 11,41 \
//		-ca ca.pem -cert client.pem -key client-key.pem \
//		-rate 500 -count 10000 -timeout 10s
//
// Each -addr is a link; addresses behind a comma are its alternates. The
// messages of the file, one a line in hexadecimal digits, are sent in turn, over
// the links in turn, each with a STAN (field 11) and a retrieval reference
// number (field 37) of its own. Send nothing to a host that is not yours, and
// real card data to none.
//
// It exits with 0 when every send was answered, with 1 when one was not or the
// links did not come up, with 2 when it was called wrongly.
//
// To read it: flags.go makes a configuration of the flags, run.go sends.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/isolink-go/isolink/examples/internal/flags"
)

func main() { flags.Main(command) }

// command is main, with what it depends on. It returns the exit code.
func command(ctx context.Context, args []string, out, complaints io.Writer) int {
	o, err := parse(args, complaints)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(complaints, err)
		fmt.Fprintln(complaints, "acquirer -h explains the flags")
		return 2
	}
	answered, err := run(ctx, o, out)
	if err != nil {
		fmt.Fprintln(complaints, "acquirer:", err)
		return 1
	}
	if !answered {
		return 1
	}
	return 0
}
