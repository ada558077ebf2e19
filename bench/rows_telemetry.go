package main

import (
	"context"
	"errors"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/supervisor"
)

// telemetryRows are measured with OpenTelemetry and without, by the same callers.
var telemetryRows = []row{
	{name: rowFrame, open: over(frameInTransactions)},
	{name: rowFrameTold, open: told(frameInTransactions)},
	{name: rowFrameRoots, open: told(asFrames)},
	{name: rowMessage, open: over(messageInTransactions)},
	{name: rowMessageTold, open: told(messageInTransactions)},
}

func frameInTransactions(p *linkPath) Path   { return inTransactions(asFrames(p)) }
func messageInTransactions(p *linkPath) Path { return inTransactions(asMessages(p)) }

// telemetryCallers are the columns.
var telemetryCallers = []int{1, 16, 100, 1000}

// What a deployment has: spans of one transaction in a hundred, and metrics that are
// collected all the time. Exporters drop both: they are no part of a link.
const (
	sampledOf    = 100
	collectEvery = 10 * time.Second
)

// toldPath is a path whose manager has OpenTelemetry's SDK.
type toldPath struct {
	Path
	metrics *sdkmetric.MeterProvider
	traces  *sdktrace.TracerProvider
}

// told is over, for links whose manager has OpenTelemetry's SDK.
func told(path func(*linkPath) Path) func(target, *sample.Shape, int) (Path, error) {
	return func(to target, shape *sample.Shape, callers int) (Path, error) {
		p := toldPath{
			metrics: sdkmetric.NewMeterProvider(sdkmetric.WithReader(
				sdkmetric.NewPeriodicReader(dropMetrics{}, sdkmetric.WithInterval(collectEvery)))),
			traces: sdktrace.NewTracerProvider(sdktrace.WithBatcher(dropSpans{}),
				sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(1./sampledOf)))),
		}
		links, err := openLinks(to, shape, callers, supervisor.Config{MeterProvider: p.metrics, TracerProvider: p.traces})
		if err != nil {
			return nil, errors.Join(err, p.shutdown())
		}
		p.Path = path(links)
		return p, nil
	}
}

// transactions are a path whose callers have begun a span of their own before each
// exchange, as a switch has for the transaction. It is sampled or not, and the
// exchange's with it; without one, the sampler is asked at each exchange.
type transactions struct {
	Path
	contexts [][2]context.Context // of a caller: not sampled, sampled
}

func inTransactions(p Path) Path {
	return transactions{p, make([][2]context.Context, sample.MaxCallers)}
}

func (p transactions) Exchange(ctx context.Context, caller int, seq uint64) error {
	c := &p.contexts[caller]
	if c[0] == nil { // a caller's own is always the same
		for i := range c {
			c[i] = trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
				TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.TraceFlags(i),
			}))
		}
	}
	sampled := 0
	if (seq+uint64(caller))%sampledOf == 0 {
		sampled = 1
	}
	return p.Path.Exchange(c[sampled], caller, seq)
}

// Close ends the providers last: links may have something to tell until then.
func (p toldPath) Close() error { return errors.Join(p.Path.Close(), p.shutdown()) }

func (p toldPath) shutdown() error {
	ctx, cancel := context.WithTimeout(context.Background(), isolinkTimeout)
	defer cancel()
	return errors.Join(p.metrics.Shutdown(ctx), p.traces.Shutdown(ctx))
}

type dropMetrics struct{}

func (dropMetrics) Temporality(k sdkmetric.InstrumentKind) metricdata.Temporality {
	return sdkmetric.DefaultTemporalitySelector(k)
}

func (dropMetrics) Aggregation(k sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return sdkmetric.DefaultAggregationSelector(k)
}
func (dropMetrics) Export(context.Context, *metricdata.ResourceMetrics) error { return nil }
func (dropMetrics) ForceFlush(context.Context) error                          { return nil }
func (dropMetrics) Shutdown(context.Context) error                            { return nil }

type dropSpans struct{}

func (dropSpans) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (dropSpans) Shutdown(context.Context) error                             { return nil }
