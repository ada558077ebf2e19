package supervisor_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
	"github.com/isolink-go/isolink/testdata/carddata"
)

// What must never show.
const (
	secretPAN   = carddata.PAN
	secretTrack = carddata.Track2
	secretPIN   = carddata.PINBlock
)

// cardSpec is spec with a field 52 of eight bytes that are hex on the wire.
var cardSpec = func() *iso8583.MessageSpec {
	made := &iso8583.MessageSpec{Name: "with a PIN block", Fields: maps.Clone(spec.Fields)}
	made.Fields[52] = field.NewBinary(&field.Spec{Length: 8, Enc: encoding.BytesToASCIIHex, Pref: prefix.ASCII.Fixed})
	return made
}()

// newSecretMessage holds a card.
func newSecretMessage(t *testing.T, mti string, stan int) *iso8583.Message {
	t.Helper()
	msg := iso8583.NewMessage(cardSpec)
	msg.MTI(mti)
	for id, value := range map[int]string{
		2: secretPAN, 3: "000000", 7: "0704123456", 11: stanText(stan), 35: secretTrack, 37: nextID(), 41: "TERM0001",
		45: carddata.Track1, 48: carddata.CVV,
	} {
		require.NoError(t, msg.Field(id, value))
	}
	pin, err := hex.DecodeString(secretPIN)
	require.NoError(t, err)
	require.NoError(t, msg.BinaryField(52, pin))
	return msg
}

func newSecretFrame(t *testing.T, mti string, stan int) []byte {
	t.Helper()
	frame, err := newSecretMessage(t, mti, stan).Pack()
	require.NoError(t, err)
	for _, secret := range []string{secretPAN, secretTrack, secretPIN, carddata.Track1, carddata.CVV} {
		require.Contains(t, string(frame), secret)
	}
	return frame
}

// page collects all that anybody could print.
type page struct {
	mu    sync.Mutex
	text  bytes.Buffer
	types map[string]int // of what was printed, how often
}

// Write is for log handlers.
func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

// print adds values in the ways in which people print: the first few of a type in all
// of them.
func (p *page) print(values ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, v := range values {
		name := fmt.Sprintf("%T", v)
		if p.types == nil {
			p.types = make(map[string]int)
		}
		p.types[name]++
		if p.types[name] > thorough {
			fmt.Fprintf(&p.text, "%+v\n", v)
			continue
		}
		carddata.Print(&p.text, v)
	}
}

// thorough is how many values of a type are printed in all ways.
const thorough = 5

// covers notes that such a message, or such a fault of foreign code, came about. make
// carddata counts them.
func (p *page) covers(t *testing.T, kinds ...string) {
	t.Helper()
	for _, kind := range kinds {
		t.Log("card data in:", kind)
	}
}

// hook prints what the hooks of a link get.
func (p *page) hook(c *supervisor.LinkConfig) {
	c.OnEvent = func(e messages.Event) { p.print(e) }
	c.OnState = func(e *messages.StateChanged) { p.print(e, *e) }
	c.OnSession = func(e *messages.SessionChanged) { p.print(e, *e) }
	c.OnLate = func(e *messages.LateReply) { p.print(e, *e) }
	c.OnUnmatched = func(e *messages.Unmatched) { p.print(e, *e) }
	c.OnError = func(e messages.Event) { p.print(e) }
}

// judge wants the page to have something, and none of the secrets.
func (p *page) judge(t *testing.T, wanted ...string) {
	t.Helper()
	p.mu.Lock()
	text := p.text.String()
	types := slices.Sorted(maps.Keys(p.types))
	p.mu.Unlock()
	for _, want := range wanted {
		assert.Contains(t, text, want)
	}
	for _, leak := range carddata.Find(text) {
		t.Errorf("%s shows: …%s…", leak.What, leak.Around)
	}
	t.Log("printed:", strings.Join(types, ", "))
	if dir := os.Getenv("ISOLINK_PAGES"); dir != "" {
		require.NoError(t, os.WriteFile(filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")), []byte(text), 0o600))
	}
}

// startWatched starts a link of which every word goes to the page.
func startWatched(t *testing.T, p *page, host *linktest.Peer, change ...func(*supervisor.LinkConfig)) *testLink {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(p, &slog.HandlerOptions{Level: slog.LevelDebug}))
	system := actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return logger }))
	subscription := system.EventStream.Subscribe(func(e any) { p.print(e) })
	config := linkTo("host", host)
	config.Spec = cardSpec
	p.hook(&config)
	for _, c := range change {
		c(&config)
	}
	reader, spans := metric.NewManualReader(), tracetest.NewInMemoryExporter()
	m, err := supervisor.New(system, supervisor.Config{
		Links: []supervisor.LinkConfig{config}, Logger: logger,
		MeterProvider: metric.NewMeterProvider(metric.WithReader(reader)), TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)),
	})
	require.NoError(t, err)
	stop, err := m.Link("host").Tap(p)
	require.NoError(t, err)
	t.Cleanup(func() {
		var metrics metricdata.ResourceMetrics
		assert.NoError(t, reader.Collect(context.Background(), &metrics))
		stop()
		closeManager(t, m)
		for _, span := range spans.GetSpans() {
			p.print(span.Name, span.Status, span.Attributes, span.Events)
		}
		p.print(m.Status(), metrics.ScopeMetrics)
		system.EventStream.Unsubscribe(subscription)
		system.Shutdown()
		p.mu.Lock()
		defer p.mu.Unlock() // Proto.Actor's throttle of dead letters may still log
		assert.Empty(t, carddata.Find(p.text.String()), "status, tap, metrics, spans")
	})
	l := linkOf(t, m, "host")
	l.awaitState(messages.Up)
	return l
}

// TestCardDataNeverShows: a PAN, a track and a PIN block are in the messages of
// every kind of outcome, and in no log line, error, event, status or dead
// letter.
func TestCardDataNeverShows(t *testing.T) {
	for name, test := range map[string]struct {
		host   linktest.PeerConfig
		change func(*supervisor.LinkConfig)
		run    func(*testing.T, *testLink, *linktest.Peer, *page)
		wanted []string
	}{
		"answered":   {run: secretAnswers, wanted: []string{"not sent", "key is in use"}},
		"late":       {host: lateHost(), run: secretLate, wanted: []string{"in doubt", "late reply"}},
		"unreadable": {host: linktest.PeerConfig{Handle: halfReply}, run: secretUnreadable, wanted: []string{"cannot be unpacked: field", "nobody waits for this"}},
		"unpackable": {run: secretUnpackable, wanted: []string{"cannot be packed"}},
		"written":    {run: secretWrites, wanted: []string{"link is down", "too large"}},
		"rejected": {
			host: linktest.PeerConfig{Handle: secretReject},
			change: func(c *supervisor.LinkConfig) {
				c.Reject, _ = messages.RejectAdministrative(cardSpec, messages.Administrative{Original: 90, Code: 60})
			},
			run: secretRejected, wanted: []string{"reject code 600 4761"},
		},
		"actors":  {run: secretCommands, wanted: []string{"[DeadLetter]", "isolink send"}},
		"cut off": {host: linktest.PeerConfig{Handle: linktest.ByConn(linktest.Drop(), linktest.Drop(), linktest.Reply())}, run: secretCutOff, wanted: []string{"cut short", "link is down"}},
		"desynced": {
			host:   linktest.PeerConfig{Handle: linktest.ByConn(misframed, linktest.Reply())},
			change: func(c *supervisor.LinkConfig) { c.MaxFrame = 1_000 },
			run:    secretMisframed, wanted: []string{"framing", "length"},
		},
		"streams": {
			host:   linktest.PeerConfig{Handle: linktest.ByConn(oversized, garbage, cutShort, linktest.Reply())},
			change: func(c *supervisor.LinkConfig) { c.MaxFrame = 1_000 },
			run:    secretStreams, wanted: []string{"too large", "framing"},
		},
		"asked": {change: func(c *supervisor.LinkConfig) {
			c.Spec = cardSpec
			c.Handler, c.MaxInbound, c.Ordered = secretHandler, 1, true
			c.Overload = func(in *messages.Inbound) (*iso8583.Message, error) { return in.Message() }
		}, run: secretRequests, wanted: []string{"isolink inbound", "already replied", "message is no response", "dropped"}},
		"panics": {
			change: func(c *supervisor.LinkConfig) {
				c.Framing = tellingFramer{}
				tell := func(e any) { panic(fmt.Sprintf("%v %s", e, secretPAN)) }
				c.OnEvent = func(e messages.Event) { tell(e) }
				c.OnState = func(e *messages.StateChanged) { tell(e) }
				c.OnSession = func(e *messages.SessionChanged) { tell(e) }
				c.OnLate = func(e *messages.LateReply) { tell(e) }
				c.OnUnmatched = func(e *messages.Unmatched) { tell(e) }
				c.OnError = func(e messages.Event) { tell(e) }
			},
			run: secretPanics, wanted: []string{"panicked"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var p page
			host := startHost(t, test.host)
			if test.change == nil {
				test.change = func(*supervisor.LinkConfig) {}
			}
			l := startWatched(t, &p, host, test.change)
			test.run(t, l, host, &p)
			p.print(l.Status())
			p.print(l.manager.Close(patient(t)))
			p.print(l.Status())
			p.judge(t, append(test.wanted, "link host")...)
		})
	}
}
