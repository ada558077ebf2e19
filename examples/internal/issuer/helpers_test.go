package issuer

import (
	"crypto/sha256"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/terminal"
	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

var quiet = slog.New(slog.DiscardHandler)

// pages is a ledger in memory.
type pages struct {
	mu      sync.Mutex
	entries []Entry
	refuse  func(Entry) error // nil: takes all
}

func (p *pages) Log(e Entry) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse != nil {
		if err := p.refuse(e); err != nil {
			return err
		}
	}
	p.entries = append(p.entries, e)
	return nil
}

// of are the entries of one reference.
func (p *pages) of(reference string) (found []Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.entries {
		if e.Reference == reference {
			found = append(found, e)
		}
	}
	return found
}

// start starts a host that ends with the test. change has the last word on its
// configuration.
func start(t *testing.T, change ...func(*Config)) (*Host, *pages) {
	t.Helper()
	p := new(pages)
	config := Config{
		Name: "issuer", Addr: "127.0.0.1:0", Framing: framing.Binary2{}, Ledger: p,
		Timeout: time.Millisecond, Logger: quiet,
	}
	for _, c := range change {
		c(&config)
	}
	host, err := Listen(config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, host.Close(terminal.Patient(t))) })
	return host, p
}

// treated lets a host treat all requests that have a reference in one way.
func treated(as Treatment) func(*Config) {
	return func(c *Config) {
		c.Treat = func(reference string) Treatment {
			if reference == "" {
				return Treatment{}
			}
			return as
		}
	}
}

// client is a link to a host, and what it tells.
type client struct {
	*supervisor.Link
	events chan messages.Event // but for changes of state and sessions
}

// connect starts a link that ends with the test, and waits until it is up.
func connect(t *testing.T, h *Host, change ...func(*supervisor.LinkConfig)) *client {
	t.Helper()
	c := &client{events: make(chan messages.Event, 100)}
	config := supervisor.LinkConfig{
		Name: "link", Addrs: []string{h.Addr()}, Spec: spec87.Spec, Framing: framing.Binary2{}, SendTimeout: terminal.Patience,
		Backoff: supervisor.Backoff{MinDelay: time.Millisecond, Base: time.Millisecond, Cap: 10 * time.Millisecond},
		OnEvent: func(e messages.Event) {
			switch e.(type) {
			case *messages.StateChanged, *messages.SessionChanged:
			default:
				c.events <- e
			}
		},
	}
	for _, change := range change {
		change(&config)
	}
	manager, err := supervisor.New(nil, supervisor.Config{Links: []supervisor.LinkConfig{config}, Logger: quiet})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, manager.Close(terminal.Patient(t))) })
	c.Link = manager.Link("link")
	require.NoError(t, c.Await(terminal.Patient(t), messages.Up))
	return c
}

// next is the next event, which is of that type.
func next[E messages.Event](t *testing.T, c *client) E {
	t.Helper()
	select {
	case e := <-c.events:
		require.IsType(t, *new(E), e)
		return e.(E)
	case <-terminal.Patient(t).Done():
		require.FailNow(t, "no event came")
		panic("unreachable")
	}
}

// payment is a packed request with those numbers.
func payment(t *testing.T, number int) (frame []byte, digest [sha256.Size]byte) {
	t.Helper()
	m := iso8583.NewMessage(spec87.Spec)
	m.MTI("0200")
	for field, value := range map[int]string{
		2: "4111111111111111", 3: "000000", 4: "000000001234",
		traffic.STANField: reference(number)[6:], traffic.ReferenceField: reference(number),
	} {
		require.NoError(t, m.Field(field, value))
	}
	frame, err := messages.Pack(m)
	require.NoError(t, err)
	return frame, sha256.Sum256(frame)
}

// unpack is a reply, which must be one to that payment, and its response code.
func unpack(t *testing.T, reply []byte, number int) (code string) {
	t.Helper()
	m, err := messages.Unpack(spec87.Spec, reply)
	require.NoError(t, err)
	_, digest := payment(t, number)
	require.True(t, Proves(m, digest, reference(number)))
	mti, err := m.GetMTI()
	require.NoError(t, err)
	require.Equal(t, "0210", mti)
	code, err = m.GetString(codeField)
	require.NoError(t, err)
	return code
}

// exchange sends a payment that must be answered.
func exchange(t *testing.T, c *client, number int) (code string) {
	t.Helper()
	frame, _ := payment(t, number)
	reply, err := c.Exchange(terminal.Patient(t), frame)
	require.NoError(t, err)
	return unpack(t, reply, number)
}
