package supervisor_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// figures are what a reader collects: one for each instrument and set of attributes.
type figures map[string]float64

// collect reads all there is, as name{attribute=value,…}; of a histogram its count.
func collect(t *testing.T, reader metric.Reader) figures {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &all))
	out := make(figures)
	for _, scope := range all.ScopeMetrics {
		assert.Equal(t, "github.com/isolink-go/isolink", scope.Scope.Name)
		for _, m := range scope.Metrics {
			assert.NotEmpty(t, m.Unit, m.Name)
			assert.NotEmpty(t, m.Description, m.Name)
			put := func(set attribute.Set, v float64) {
				out[m.Name+"{"+set.Encoded(attribute.DefaultEncoder())+"}"] = v
			}
			switch d := m.Data.(type) {
			case metricdata.Gauge[int64]:
				for _, p := range d.DataPoints {
					put(p.Attributes, float64(p.Value))
				}
			case metricdata.Sum[int64]:
				assert.True(t, d.IsMonotonic, m.Name)
				for _, p := range d.DataPoints {
					put(p.Attributes, float64(p.Value))
				}
			case metricdata.Histogram[float64]:
				for _, p := range d.DataPoints {
					put(p.Attributes, float64(p.Count))
				}
			default:
				t.Errorf("%s is a %T", m.Name, d)
			}
		}
	}
	return out
}

// TestMetrics: what a deployment measures, and that it ends with its manager.
func TestMetrics(t *testing.T) {
	reader := metric.NewManualReader()
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	host := startHost(t, linktest.PeerConfig{})
	config := linkTo("visa", host)
	m := startManager(t, supervisor.Config{
		Links: []supervisor.LinkConfig{config}, Groups: []supervisor.GroupConfig{{Name: "all", Links: []string{"visa"}}},
		MeterProvider: provider,
	})
	acceptor := listen(t, m)
	l := linkOf(t, m, "visa")
	l.awaitState(messages.Up)
	l.works(1)
	l.works(2)
	_, err := l.Exchange(canceled(t), newFrame("0200", 3))
	require.ErrorIs(t, err, messages.ErrNotSent)
	client := linkedTo(t, acceptor, func(c *supervisor.LinkConfig) { c.Handler = answering })
	client.works(1)
	_, err = acceptor.Sessions()[0].Exchange(patient(t), newFrame("0800", 1))
	require.NoError(t, err)

	got := collect(t, reader)
	for name, want := range map[string]float64{
		"isolink.link.state{isolink.link.name=visa,isolink.state=up}":                               1,
		"isolink.link.state{isolink.link.name=visa,isolink.state=waiting}":                          0,
		"isolink.link.exchanges{isolink.link.name=visa,isolink.mti=0800,isolink.outcome=answered}":  2,
		"isolink.link.exchanges{isolink.link.name=visa,isolink.mti=other,isolink.outcome=not_sent}": 1,
		"isolink.link.in_flight{isolink.link.name=visa}":                                            0,
		"isolink.link.queued{isolink.link.name=visa}":                                               0,
		"isolink.link.log.left_out{isolink.link.name=visa}":                                         0,
		"isolink.acceptor.refused{isolink.acceptor.name=host,isolink.reason=denied}":                0,
		"isolink.link.sessions{isolink.link.name=visa}":                                             1,
		"isolink.link.echoes{isolink.link.name=visa,isolink.outcome=missed}":                        0,
		"isolink.group.links{isolink.group.name=all,isolink.state=up}":                              1,
		"isolink.group.degraded{isolink.group.name=all}":                                            0,
		"isolink.acceptor.sessions{isolink.acceptor.name=host}":                                     1,
		"isolink.acceptor.requests{isolink.acceptor.name=host,isolink.mti=0800}":                    1,
	} {
		value, ok := got[name]
		assert.True(t, ok, name)
		assert.InDelta(t, want, value, 0, name)
	}
	const ofLink = "isolink.exchange.duration{isolink.link.name=visa}"
	for ctx := patient(t); got[ofLink] < 2; { // handed on within a second
		require.NoError(t, ctx.Err())
		got = collect(t, reader)
	}
	l.works(3)
	require.NoError(t, m.Close(patient(t)))
	assert.Equal(t, figures{
		ofLink: 3, "isolink.exchange.duration{isolink.acceptor.name=host}": 1,
	}, collect(t, reader), "the last ones are handed on, and nothing else goes on")
}

// canceled is a context that has ended.
func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// attributes are those of a span, as text.
func attributes(s tracetest.SpanStub) map[string]string {
	all := make(map[string]string)
	for _, a := range s.Attributes {
		all[string(a.Key)] = a.Value.String()
	}
	return all
}

// TestTraces: a span for each exchange, below the caller's and the group's, and one
// for each call of a handler, which is the context's own.
func TestTraces(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	inHandler := make(chan bool, 8)
	host := startManager(t, supervisor.Config{TracerProvider: provider})
	acceptor := listen(t, host, func(c *supervisor.AcceptorConfig) {
		c.Session.Handler = func(ctx context.Context, in *messages.Inbound) {
			inHandler <- trace.SpanContextFromContext(ctx).IsValid()
			answering(ctx, in)
		}
	})
	m := startManager(t, supervisor.Config{
		Links:          []supervisor.LinkConfig{linkToAcceptor("visa", acceptor)},
		Groups:         []supervisor.GroupConfig{{Name: "all", Links: []string{"visa"}}},
		TracerProvider: provider,
	})
	l := linkOf(t, m, "visa")
	l.awaitState(messages.Up)
	ctx, root := provider.Tracer("test").Start(patient(t), "root")
	frame := newFrame("0200", 1)
	_, err := m.Group("all").Exchange(ctx, frame)
	require.NoError(t, err)
	l.tally.note(t, l.Name(), false, err)
	require.True(t, <-inHandler)
	_, err = l.Exchange(ctx, []byte("nonsense"))
	require.ErrorIs(t, err, messages.ErrNotSent)
	require.NoError(t, l.PostFrame(ctx, newFrame("0220", 2)))
	require.True(t, <-inHandler)
	root.End()
	require.Eventually(t, func() bool { return len(exporter.GetSpans()) == 7 }, patience, time.Millisecond)

	spans := exporter.GetSpans()
	byName := make(map[string][]tracetest.SpanStub)
	for _, s := range spans {
		byName[s.Name] = append(byName[s.Name], s)
	}
	require.Len(t, byName["isolink group"], 1)
	group := byName["isolink group"][0]
	assert.Equal(t, root.SpanContext().SpanID(), group.Parent.SpanID())
	assert.Equal(t, map[string]string{"isolink.group.name": "all", "isolink.attempt": "1", "isolink.outcome": "done"}, attributes(group))

	require.Len(t, byName["isolink exchange"], 2)
	slices.SortFunc(byName["isolink exchange"], func(a, b tracetest.SpanStub) int { return int(a.Status.Code) - int(b.Status.Code) })
	done, failed := byName["isolink exchange"][1], byName["isolink exchange"][0]
	if done.Status.Code == codes.Error {
		done, failed = failed, done
	}
	assert.Equal(t, group.SpanContext.SpanID(), done.Parent.SpanID())
	assert.Equal(t, trace.SpanKindClient, done.SpanKind)
	assert.Equal(t, map[string]string{
		"isolink.link.name": "visa", "isolink.mti": "0200", "isolink.session": "1", "isolink.attempt": "1", "isolink.outcome": "done",
	}, attributes(done))
	assert.Equal(t, codes.Error, failed.Status.Code)
	assert.Equal(t, map[string]string{"isolink.link.name": "visa", "isolink.outcome": "not_sent"}, attributes(failed))
	assert.NotContains(t, failed.Status.Description, "nonsense")

	require.Len(t, byName["isolink post"], 1)
	assert.Equal(t, "0220", attributes(byName["isolink post"][0])["isolink.mti"])
	require.Len(t, byName["isolink handle"], 2)
	for _, handled := range byName["isolink handle"] {
		assert.Equal(t, trace.SpanKindServer, handled.SpanKind)
		assert.Equal(t, "true", attributes(handled)["isolink.replied"])
	}
}

// stalling is a span processor that does not return from the end of a span.
type stalling struct {
	sdktrace.SpanProcessor
	begun chan struct{}
	until chan struct{}
}

func (s stalling) OnEnd(sdktrace.ReadOnlySpan) {
	s.begun <- struct{}{}
	<-s.until
}

// TestSpanProcessorThatBlocks: it holds up who gets the result, and neither the link nor
// anybody else, though nobody wants the result.
func TestSpanProcessorThatBlocks(t *testing.T) {
	s := stalling{sdktrace.NewSimpleSpanProcessor(tracetest.NewInMemoryExporter()), make(chan struct{}, 8), make(chan struct{})}
	sampled := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(s))
	m := startManager(t, supervisor.Config{
		Links: []supervisor.LinkConfig{linkTo("visa", startHost(t, linktest.PeerConfig{}))}, TracerProvider: sampled,
	})
	defer close(s.until)
	l := linkOf(t, m, "visa")
	l.awaitState(messages.Up)
	m.System().Root.Send(l.PID(), &messages.Send{Frame: newFrame("0200", 1)})
	<-s.begun
	l.tally.note(t, l.Name(), false, nil)
	// Below a span that nobody records, none is begun.
	ctx, _ := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample())).Tracer("").Start(patient(t), "above")
	_, err := l.Exchange(ctx, newFrame("0200", 2))
	require.NoError(t, err)
	assert.EqualValues(t, 2, l.Status().Counters.Answered)
}

// TestTracesOfCommands: a command of an actor has no context; its span is a root.
func TestTracesOfCommands(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	m := startManager(t, supervisor.Config{
		Links:          []supervisor.LinkConfig{linkTo("visa", startHost(t, linktest.PeerConfig{}))},
		TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter)),
	})
	l := linkOf(t, m, "visa")
	l.awaitState(messages.Up)
	for stan, want := range map[int]string{1: "done", 2: "not_sent"} {
		frame := newFrame("0200", stan)
		if want == "not_sent" {
			frame = frame[:8]
		}
		result, err := m.System().Root.RequestFuture(l.PID(), &messages.Send{Frame: frame}, patience).Result()
		require.NoError(t, err)
		l.tally.note(t, l.Name(), false, result.(*messages.Result).Err)
		spans := exporter.GetSpans()
		require.Len(t, spans, 1)
		assert.False(t, spans[0].Parent.IsValid())
		assert.Equal(t, want, attributes(spans[0])["isolink.outcome"])
		exporter.Reset()
	}
}
