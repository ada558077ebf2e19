package main

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/issuer"
	"github.com/isolink-go/isolink/examples/internal/relay"
	"github.com/isolink-go/isolink/examples/internal/terminal"
	"github.com/isolink-go/isolink/examples/internal/testbed"
)

func TestTheProgramWorksUntilItIsInterrupted(t *testing.T) {
	host, _ := testbed.Host(t, issuer.NoFault)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, complaints, code := new(terminal.Output), new(terminal.Output), make(chan int, 1)
	go func() {
		code <- command(ctx, []string{"-listen", "127.0.0.1:0", "-host", testbed.Nobody(t) + "," + host.Addr(), "-v"}, out, complaints)
	}()
	listening, err := out.Await(terminal.Patient(t), `(?m)^listening on (\S+) \(`)
	require.NoError(t, err, "%s", complaints)
	link := testbed.Client(t, listening[1])
	require.Eventually(t, func() bool { return echo(t, link) == relay.Approved }, terminal.Patience, time.Millisecond, "by the alternate address")
	for number := range 5 {
		send(t, link, "000001", fmt.Sprintf("%012d", number))
	}
	cancel()
	assert.Zero(t, <-code, "%s", complaints)
	assert.Contains(t, out.String(), "answered 5, not sent 0, in doubt 0, wrong 0; clients 1\n")
	assert.Contains(t, out.String(), "connecting -> up", "-v shows what is logged")
	assert.NotRegexp(t, `[0-9]{13}`, out.String(), "as long as a card number")
}

func TestWrongCalls(t *testing.T) {
	code, complaints := terminal.Call(t, command, "-framing", "binary3", "-timeout", "0s", "more")
	assert.Equal(t, 2, code)
	for _, words := range []string{"-framing: ", "-timeout: ", `"more" is no flag`} {
		assert.Contains(t, complaints, words)
	}
	code, complaints = terminal.Call(t, command, "-listen", "127.0.0.1:0", "-host", "nowhere")
	assert.Equal(t, 2, code)
	assert.Contains(t, complaints, "host:port")

	code, complaints = terminal.Call(t, command, "-h")
	assert.Zero(t, code)
	for _, name := range []string{"listen", "host", "framing", "timeout", "within", "v"} {
		assert.Contains(t, complaints, "  -"+name)
	}
	o, err := parse(nil, new(terminal.Output))
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:5000", o.listen)
	assert.Equal(t, [][]string{{"127.0.0.1:5001"}}, o.hosts)
}

func TestAnAddressThatIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	code, complaints := terminal.Call(t, command, "-listen", taken.Addr().String())
	assert.Equal(t, 1, code)
	assert.Contains(t, complaints, taken.Addr().String())
}
