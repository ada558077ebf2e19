//go:build unix

package flags_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/terminal"
)

// process is an example that runs.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  *terminal.Output
	done chan error
}

// startProcess builds an example and runs it until it prints ready, of which the
// groups are returned.
func startProcess(t *testing.T, folder, ready string, args ...string) (*process, []string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), folder)
	text, err := exec.Command("go", "build", "-o", name, "../../"+folder).CombinedOutput()
	require.NoError(t, err, "%s", text)
	p := &process{t: t, cmd: exec.Command(name, args...), out: new(terminal.Output), done: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	require.NoError(t, p.cmd.Start())
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // most have ended
	found, err := p.out.Await(terminal.Patient(t), ready)
	require.NoError(t, err, "%s", p.out)
	return p, found
}

// terminate wants the example to end in order, and in time.
func (p *process) terminate(last string) {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-p.done:
		assert.NoError(p.t, err, "%s", p.out)
		assert.Regexp(p.t, last, p.out.String())
	case <-time.After(terminal.Patience):
		require.FailNow(p.t, "it does not end", "%s", p.out)
	}
}

// TestSIGTERMEndsTheExamplesInOrder: those that run until they are told otherwise
// drain what is under way, say what became of it, and end with 0.
func TestSIGTERMEndsTheExamplesInOrder(t *testing.T) {
	host, at := startProcess(t, "host", `(?m)^listening on (\S+) \(`, "-listen", "127.0.0.1:0")
	mux, muxAt := startProcess(t, "mux", `(?m)^listening on (\S+) \(`, "-listen", "127.0.0.1:0", "-host", at[1])
	acquirer, _ := startProcess(t, "acquirer", `1 s: `, "-addr", muxAt[1], "-seconds", "3600", "-rate", "200")
	acquirer.terminate(`answered +[1-9]`)
	mux.terminate(`answered [1-9][0-9]*, not sent 0, in doubt 0, wrong 0; clients 1\n`)
	file := filepath.Join(t.TempDir(), "links.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `
defaults: {spec: spec87, framing: binary2}
stans: {host: {}}
links: [{name: host-1, addrs: ["%s"]}]
groups: [{name: host, links: [host-1], stans: host}]
acceptors: [{name: clients, addr: "127.0.0.1:0"}]
`, at[1]), 0o600))
	node, nodeAt := startProcess(t, "node", `acceptor=clients addr=(\S+)`, "-config", file, "-console", "127.0.0.1:0")
	startProcess(t, "acquirer", `1 s: `, "-addr", nodeAt[1], "-seconds", "3600", "-rate", "200")
	node.terminate(`msg=ended acceptor=clients answered=[1-9][0-9]* notSent=[0-9]+ inDoubt=0 wrong=0`) // under load
	startProcess(t, "acquirer", `1 s: `, "-addr", at[1], "-seconds", "3600", "-rate", "200")
	host.terminate(`requests ([1-9][0-9]*), replies [1-9][0-9]*, connections 3, refusals 0\n`) // under load
	demo, _ := startProcess(t, "demo", `1 s: sent`, "-rate", "200", "-seconds", "300")
	demo.terminate(`interrupted(.|\n)*CHECK lost: 0 \(goal 0\) ok`)
}
