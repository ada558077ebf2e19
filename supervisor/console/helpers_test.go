package console_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
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
)

// patience is how long a test waits for what must come.
const patience = time.Minute

// desk is a console of two links, visa and amex, in a group, and what a browser has.
type desk struct {
	t       *testing.T
	manager *supervisor.Manager
	config  supervisor.Config
	hosts   map[string]*linktest.Peer
	answer  atomic.Pointer[chan struct{}] // nil: the hosts answer at once
	console *console.Console
	server  *httptest.Server
}

// startDesk starts it, with links that are up; change has the last word on them.
func startDesk(t *testing.T, o console.Options, change ...func(*supervisor.LinkConfig)) *desk {
	t.Helper()
	d := &desk{t: t, hosts: make(map[string]*linktest.Peer)}
	for _, name := range []string{"visa", "amex"} {
		host := linktest.NewPeer(linktest.PeerConfig{Framing: framing.Binary2{}, Handle: d.handle})
		t.Cleanup(host.Close)
		d.hosts[name] = host
		config := supervisor.LinkConfig{
			Name: name, Addrs: []string{host.Addr()}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{},
			Backoff: supervisor.Backoff{MinDelay: time.Millisecond, Base: time.Millisecond, Cap: time.Millisecond},
		}
		for _, c := range change {
			c(&config)
		}
		d.config.Links = append(d.config.Links, config)
	}
	d.config.Groups = []supervisor.GroupConfig{{Name: "cards", Links: []string{"visa", "amex"}, MinUp: 2}}
	quiet := slog.New(slog.DiscardHandler)
	d.config.Logger = quiet
	manager, err := supervisor.New(nil, d.config)
	require.NoError(t, err)
	d.manager = manager
	t.Cleanup(func() { assert.NoError(t, manager.Close(patient(t))) })
	for _, l := range manager.Links() {
		require.NoError(t, l.Await(patient(t), messages.Up))
	}
	if o.Logger == nil {
		o.Logger = quiet
	}
	d.console, err = console.New(manager, o)
	require.NoError(t, err)
	t.Cleanup(d.console.Close)
	d.server = httptest.NewServer(d.console)
	t.Cleanup(d.server.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	t.Cleanup(d.console.Close) // before the server waits for what it serves
	return d
}

// handle is what both hosts do with a message: they answer it, or wait for answer.
func (d *desk) handle(c *linktest.Conn, f linktest.Frame) error {
	if answer := d.answer.Load(); answer != nil {
		return linktest.Hold(*answer, linktest.Reply())(c, f)
	}
	return linktest.Reply()(c, f)
}

// keepDown lets a link wait for its next attempt until it is told to try: what was cut
// stays so.
func keepDown(c *supervisor.LinkConfig) {
	c.Backoff = supervisor.Backoff{MinDelay: time.Hour, Base: time.Hour, Cap: time.Hour}
}

func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// ask makes a request; header is pairs of a name and a value.
func (d *desk) ask(method, path string, header ...string) *http.Response {
	d.t.Helper()
	r, err := http.NewRequestWithContext(patient(d.t), method, d.server.URL+path, nil)
	require.NoError(d.t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(d.t, err)
	d.t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

// text is the body of what a GET gives, and its status.
func (d *desk) text(path string) (int, string) {
	d.t.Helper()
	response := d.ask(http.MethodGet, path)
	body, err := io.ReadAll(response.Body)
	require.NoError(d.t, err)
	return response.StatusCode, string(body)
}

// object is the JSON that a GET gives.
func (d *desk) object(path string) map[string]any {
	d.t.Helper()
	status, text := d.text(path)
	require.Equal(d.t, http.StatusOK, status, text)
	return parse(d.t, text)
}

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var made map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &made))
	return made
}

// visaOf is what an overview says of the link visa.
func visaOf(t *testing.T, overview map[string]any) map[string]any {
	t.Helper()
	visa := overview["links"].([]any)[0].(map[string]any)
	require.Equal(t, "visa", visa["name"])
	return visa
}

// stream is a stream of events.
func (d *desk) stream(path string) *bufio.Reader {
	d.t.Helper()
	response := d.ask(http.MethodGet, path)
	require.Equal(d.t, http.StatusOK, response.StatusCode)
	assert.Equal(d.t, "text/event-stream", response.Header.Get("Content-Type"))
	return bufio.NewReader(response.Body)
}

// events reads a stream; each call gives the text of the next event.
func (d *desk) events(path string) func() string {
	d.t.Helper()
	lines := d.stream(path)
	return func() string {
		var text []string
		for {
			line, err := lines.ReadString('\n')
			require.NoError(d.t, err)
			line = strings.TrimSuffix(line, "\n")
			if line == "" {
				return strings.Join(text, "\n")
			}
			require.True(d.t, strings.HasPrefix(line, "data: "), line)
			text = append(text, strings.TrimPrefix(line, "data: "))
		}
	}
}

// exchange makes one exchange over visa.
func (d *desk) exchange() {
	d.t.Helper()
	_, err := d.manager.Link("visa").Send(patient(d.t), payment(d.t, pan))
	require.NoError(d.t, err)
}

func payment(t *testing.T, pan string) *iso8583.Message {
	t.Helper()
	msg := iso8583.NewMessage(specs.Spec87ASCII)
	msg.MTI("0200")
	require.NoError(t, msg.Field(2, pan))
	require.NoError(t, msg.Field(11, "000001"))
	return msg
}
