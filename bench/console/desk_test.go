package console_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/console"
	"github.com/isolink-go/isolink/supervisor/linktest"
	"github.com/isolink-go/isolink/testdata/carddata"
)

// desk is a console, mounted below /desk/, of two links in a group and an acceptor.
type desk struct {
	manager *supervisor.Manager
	hosts   map[string]*linktest.Peer // of the links, by name
	server  *httptest.Server
	url     string // of the page
}

// newDesk starts it, and waits until both links are up; change may change what it is
// made of.
func newDesk(t *testing.T, o console.Options, change ...func(*supervisor.Config)) *desk {
	t.Helper()
	d := &desk{hosts: make(map[string]*linktest.Peer)}
	var config supervisor.Config
	for _, name := range []string{"visa", "amex"} {
		host := linktest.NewPeer(linktest.PeerConfig{Framing: framing.Binary2{}})
		t.Cleanup(host.Close)
		d.hosts[name] = host
		config.Links = append(config.Links, supervisor.LinkConfig{
			Name: name, Addrs: []string{host.Addr()}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{},
			Backoff: supervisor.Backoff{MinDelay: time.Second, Base: 500 * time.Millisecond, Cap: time.Second},
		})
	}
	config.Groups = []supervisor.GroupConfig{{Name: "cards", Links: []string{"visa", "amex"}, MinUp: 2}}
	config.Acceptors = []supervisor.AcceptorConfig{{
		Name: "terminals", Addr: "127.0.0.1:0",
		Session: supervisor.LinkConfig{Spec: specs.Spec87ASCII, Framing: framing.Binary2{}},
	}}
	config.Logger = slog.New(slog.DiscardHandler)
	for _, c := range change {
		c(&config)
	}
	manager, err := supervisor.New(nil, config)
	require.NoError(t, err)
	d.manager = manager
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		assert.NoError(t, manager.Close(ctx))
	})
	for _, l := range manager.Links() {
		require.NoError(t, l.Await(patient(t), messages.Up))
	}
	o.Logger = config.Logger
	c, err := console.New(manager, o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	mux := http.NewServeMux()
	mux.Handle("/desk/", http.StripPrefix("/desk", c))
	d.server = httptest.NewServer(mux)
	d.url = d.server.URL + "/desk/"
	t.Cleanup(d.server.Close)
	t.Cleanup(c.Close) // before the server waits for what it serves
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return d
}

// stop is the end of visa's host: its sessions end, and nobody can connect.
func (d *desk) stop(t *testing.T) {
	t.Helper()
	host := d.hosts["visa"]
	require.NoError(t, host.SetAdmission(linktest.Refuse))
	for _, conn := range host.Conns() {
		_ = conn.Close()
	}
}

func (d *desk) start(t *testing.T) {
	t.Helper()
	require.NoError(t, d.hosts["visa"].SetAdmission(linktest.Admit))
}

// exchange makes one exchange of a card over a link.
func (d *desk) exchange(ctx context.Context, name, stan string) error {
	msg := iso8583.NewMessage(specs.Spec87ASCII)
	msg.MTI("0200")
	for id, value := range map[int]string{2: carddata.PAN, 3: "000000", 4: "000000012345", 11: stan, 35: carddata.Track2} {
		if err := msg.Field(id, value); err != nil {
			return err
		}
	}
	_, err := d.manager.Link(name).Send(ctx, msg)
	return err
}
