package main

import (
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/issuer"
	"github.com/isolink-go/isolink/examples/internal/leaktest"
	"github.com/isolink-go/isolink/examples/internal/terminal"
	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var quiet = slog.New(slog.DiscardHandler)

// pages is a ledger in memory.
type pages struct {
	mu       sync.Mutex
	received map[string]issuer.Entry // by reference
}

// Log notes what was received. A reference that is there already is an error.
func (p *pages) Log(e issuer.Entry) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Stage != issuer.Received {
		return nil
	}
	if _, twice := p.received[e.Reference]; twice && e.Reference != "" {
		return fmt.Errorf("reference %q came twice", e.Reference)
	}
	if p.received == nil {
		p.received = make(map[string]issuer.Entry)
	}
	p.received[e.Reference] = e
	return nil
}

// of is what the host has received with that reference.
func (p *pages) of(reference string) (e issuer.Entry, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, ok = p.received[reference]
	return e, ok
}

// startHost starts a host that ends with the test, and treats all payments so.
func startHost(t *testing.T, kind issuer.Kind) (*issuer.Host, *pages) {
	t.Helper()
	p := new(pages)
	host, err := issuer.Listen(issuer.Config{
		Name: "host", Addr: "127.0.0.1:0", Framing: framing.Binary2{}, Ledger: p, Logger: quiet,
		Treat: func(string) issuer.Treatment { return issuer.Treatment{Kind: kind} },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, host.Close(terminal.Patient(t))) })
	return host, p
}

// nobody is an address that refuses connections.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

// startMux starts a mux that ends with the test, and waits until its links are up
// where wait says so.
func startMux(t *testing.T, wait bool, timeout time.Duration, hosts ...string) *mux {
	t.Helper()
	o := options{listen: "127.0.0.1:0", framing: framing.Binary2{}, timeout: timeout}
	for _, addr := range hosts {
		o.hosts = append(o.hosts, []string{addr})
	}
	m, err := start(o, quiet)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.close(terminal.Patient(t))) })
	if wait {
		for _, l := range m.manager.Links() {
			require.NoError(t, l.Await(terminal.Patient(t), messages.Up))
		}
	}
	return m
}

// connect starts a client that ends with the test, and waits until it is up.
func connect(t *testing.T, addr string, change ...func(*supervisor.LinkConfig)) *supervisor.Link {
	t.Helper()
	config := supervisor.LinkConfig{
		Name: "client", Addrs: []string{addr}, Spec: spec87.Spec, Framing: framing.Binary2{}, SendTimeout: terminal.Patience,
	}
	for _, c := range change {
		c(&config)
	}
	manager, err := supervisor.New(nil, supervisor.Config{Links: []supervisor.LinkConfig{config}, Logger: quiet})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, manager.Close(terminal.Patient(t))) })
	require.NoError(t, manager.Link("client").Await(terminal.Patient(t), messages.Up))
	return manager.Link("client")
}

// payment is a request with that STAN and reference; an empty STAN is none.
func payment(stan, reference string) (*iso8583.Message, error) {
	m := iso8583.NewMessage(spec87.Spec)
	m.MTI("0200")
	fields := map[int]string{
		2: "4111111111111111", 3: "000000", 4: "000000001234", traffic.ReferenceField: reference, 41: "TERM0001",
	}
	if stan != "" {
		fields[traffic.STANField] = stan
	}
	for field, value := range fields {
		if err := m.Field(field, value); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// values are fields of a message; those that are not there are empty.
func values(t *testing.T, m *iso8583.Message, fields ...int) (all []string) {
	t.Helper()
	for _, field := range fields {
		value, err := m.GetString(field)
		require.NoError(t, err)
		all = append(all, value)
	}
	return all
}
