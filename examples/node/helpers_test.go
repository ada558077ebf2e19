package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/terminal"
	"github.com/isolink-go/isolink/testdata/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// file is a file that a test writes again and again.
type file struct {
	t    *testing.T
	name string
}

func newFile(t *testing.T, text string, values ...any) *file {
	t.Helper()
	f := &file{t, filepath.Join(t.TempDir(), "links.yaml")}
	f.write(text, values...)
	return f
}

func (f *file) write(text string, values ...any) {
	f.t.Helper()
	require.NoError(f.t, os.WriteFile(f.name, fmt.Appendf(nil, text, values...), 0o600))
}

// head is what all files of these tests begin with.
const head = `
defaults: {spec: spec87, framing: binary2, backoff: {minDelay: 10ms, base: 10ms}}
stans: {host: {}}
acceptors: [{name: clients, addr: "127.0.0.1:0"}]
`

// running is a node that runs.
type running struct {
	t       *testing.T
	out     *terminal.Output
	cancel  context.CancelFunc
	code    chan int
	console string // its address, without a slash at the end
	clients string // the address of the acceptor
}

// startNode runs the program until it listens; -console is there.
func startNode(t *testing.T, f *file) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	r := &running{t: t, out: new(terminal.Output), cancel: cancel, code: make(chan int, 1)}
	args := []string{"-config", f.name, "-console", "127.0.0.1:0"}
	go func() { r.code <- command(ctx, args, r.out, r.out) }()
	r.clients = r.await(`acceptor=clients addr=(\S+)`)
	r.console = strings.TrimSuffix(r.await(`the console is at (http://[^"]+)`), "/")
	return r
}

// await waits until the program has printed what matches, and returns its first group.
func (r *running) await(expression string) string {
	r.t.Helper()
	found, err := r.out.Await(terminal.Patient(r.t), expression)
	require.NoError(r.t, err, "%s in\n%s", expression, r.out)
	return found[len(found)-1]
}

// end ends the program, which must be in order.
func (r *running) end() {
	r.t.Helper()
	r.cancel()
	require.Zero(r.t, <-r.code, "%s", r.out)
}
