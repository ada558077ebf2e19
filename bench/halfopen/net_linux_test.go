package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func byName(t *testing.T, name string) scenario {
	t.Helper()
	i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return scenarios[i]
}

func TestScenariosHaveNames(t *testing.T) {
	names := make(map[string]bool)
	for _, s := range scenarios {
		assert.NotEmpty(t, s.name)
		assert.False(t, names[s.name], s.name)
		names[s.name] = true
		assert.True(t, known(s.name))
	}
	var stdout, stderr bytes.Buffer
	assert.Equal(t, 2, program.Main([]string{"-only", "nothing"}, &stdout, &stderr))
	assert.Contains(t, stderr.String(), `no scenario has "nothing" in its name`)
}

// A host can be stopped without root, on loopback.
func TestStoppedHost(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"host stopped", "host stopped, goes on in time"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := &trial{scenario: byName(t, name), site: site{addr: "127.0.0.1:0"}, random: rand.New(rand.NewPCG(1, 2))}
			r, err := one.run()
			require.NoError(t, err)
			assert.Empty(t, failed(t, append(r.checks(), totals([]result{r})...)))
			assert.Equal(t, r.sent, r.answered+r.notSent+r.inDoubt)
		})
	}
}

// mayMakeNetworks skips a test where the machine does not let it make networks.
func mayMakeNetworks(t *testing.T) {
	t.Helper()
	if reason := lacking(); reason != "" {
		t.Skip(reason)
	}
	n, err := newNetwork()
	if err != nil {
		t.Skip(err)
	}
	require.NoError(t, n.remove())
}

func TestBrokenNetwork(t *testing.T) {
	mayMakeNetworks(t)
	t.Parallel()
	var stdout, stderr bytes.Buffer
	code := program.Main([]string{"-only", "NAT", "-seed", "7"}, &stdout, &stderr)
	require.Zero(t, code, "%s%s", stdout.String(), stderr.String())
	assert.Contains(t, stdout.String(), "seed 7;")
	assert.Contains(t, stdout.String(), "CHECK NAT forgets: wrong outcomes: 0 (goal 0) ok\n")
	assert.NotContains(t, stdout.String(), "FAIL")
	assertNothingLeft(t, os.Getpid())
}

func assertNothingLeft(t *testing.T, pid int) {
	t.Helper()
	n := network{fmt.Sprint(prefix, pid)}
	for _, name := range []string{n.link(), n.router(), n.host()} {
		assert.False(t, isNamespace(name), name)
	}
}

// startMain runs the program in a process of its own until its host runs.
func startMain(t *testing.T) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), asMain+"=1")
	require.NoError(t, cmd.Start())
	n := network{fmt.Sprint(prefix, cmd.Process.Pid)}
	require.True(t, eventually(func() bool {
		pids, err := output("ip", "netns", "pids", n.host())
		return err == nil && strings.TrimSpace(pids) != ""
	}))
	return cmd
}

func TestSignalRemovesTheNetwork(t *testing.T) {
	mayMakeNetworks(t)
	t.Parallel()
	cmd := startMain(t)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Error(t, cmd.Wait())
	assert.Equal(t, 1, cmd.ProcessState.ExitCode())
	assertNothingLeft(t, cmd.Process.Pid)
}

// What a killed program leaves is removed by the next one.
func TestSweep(t *testing.T) {
	mayMakeNetworks(t)
	t.Parallel()
	cmd := startMain(t)
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	require.NoError(t, sweep())
	assertNothingLeft(t, cmd.Process.Pid)
}

// Programs that begin together sweep the same networks.
func TestRemovedTwice(t *testing.T) {
	mayMakeNetworks(t)
	n, err := newNetwork()
	require.NoError(t, err)
	errs := make(chan error)
	for range 4 {
		go func() { errs <- n.remove() }()
	}
	for range 4 {
		assert.NoError(t, <-errs)
	}
	assertNothingLeft(t, os.Getpid())
}

func TestDropped(t *testing.T) {
	n, err := dropped(`Chain FORWARD (policy ACCEPT 40 packets, 9000 bytes)
    pkts      bytes target     prot opt in     out     source               destination
      48    61234 DROP       6    --  tolink *       0.0.0.0/0            0.0.0.0/0
       3      300 ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0
       2      100 DROP       0    --  *      *       0.0.0.0/0            0.0.0.0/0
`)
	require.NoError(t, err)
	assert.Equal(t, 50, n)
	_, err = dropped("many 0 DROP\n")
	assert.Error(t, err)
}
