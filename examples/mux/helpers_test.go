package main

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/terminal"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/testdata/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var quiet = slog.New(slog.DiscardHandler)

// startMux starts a mux that ends with the test, and waits until its links are up
// where wait says so.
func startMux(t *testing.T, wait bool, hosts ...string) *mux {
	t.Helper()
	o := options{listen: "127.0.0.1:0", framing: framing.Binary2{}, timeout: terminal.Patience}
	for _, addr := range hosts {
		o.hosts = append(o.hosts, []string{addr})
	}
	m, err := start(o, quiet)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.manager.Close(terminal.Patient(t))) })
	if wait {
		for _, l := range m.manager.Links() {
			require.NoError(t, l.Await(terminal.Patient(t), messages.Up))
		}
	}
	return m
}
