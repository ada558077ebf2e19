// Package testbed is a host and clients for the tests of the examples between them.
package testbed

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/issuer"
	"github.com/isolink-go/isolink/examples/internal/terminal"
	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

var quiet = slog.New(slog.DiscardHandler)

// Ledger is a ledger in memory.
type Ledger struct {
	mu       sync.Mutex
	Received map[string]issuer.Entry // by reference
}

// Log notes what was received. A reference that is there already is an error.
func (p *Ledger) Log(e issuer.Entry) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Stage != issuer.Received {
		return nil
	}
	if _, twice := p.Received[e.Reference]; twice && e.Reference != "" {
		return fmt.Errorf("reference %q came twice", e.Reference)
	}
	if p.Received == nil {
		p.Received = make(map[string]issuer.Entry)
	}
	p.Received[e.Reference] = e
	return nil
}

// Of is what the host has received with that reference.
func (p *Ledger) Of(reference string) (e issuer.Entry, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, ok = p.Received[reference]
	return e, ok
}

// Host starts a host that ends with the test, and treats all payments so.
func Host(t *testing.T, kind issuer.Kind) (*issuer.Host, *Ledger) {
	t.Helper()
	p := new(Ledger)
	host, err := issuer.Listen(issuer.Config{
		Name: "host", Addr: "127.0.0.1:0", Framing: framing.Binary2{}, Ledger: p, Logger: quiet,
		Treat: func(string) issuer.Treatment { return issuer.Treatment{Kind: kind} },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, host.Close(terminal.Patient(t))) })
	return host, p
}

// Nobody is an address that refuses connections.
func Nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

// Client starts a client that ends with the test, and waits until it is up.
func Client(t *testing.T, addr string, change ...func(*supervisor.LinkConfig)) *supervisor.Link {
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

// Payment is a request with that STAN and reference; an empty STAN is none.
func Payment(stan, reference string) (*iso8583.Message, error) {
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

// Values are fields of a message; those that are not there are empty.
func Values(t *testing.T, m *iso8583.Message, fields ...int) (all []string) {
	t.Helper()
	for _, field := range fields {
		value, err := m.GetString(field)
		require.NoError(t, err)
		all = append(all, value)
	}
	return all
}

// Ask asks a web server, by that name and password unless they are empty.
func Ask(t *testing.T, method, url, name, password string) (code int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(terminal.Patient(t), method, url, http.NoBody)
	require.NoError(t, err)
	if password != "" {
		request.SetBasicAuth(name, password)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}
