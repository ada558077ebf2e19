package actors

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// TestTracerBelow: spans are begun wherever the sampler has to be asked, and nowhere
// else.
func TestTracerBelow(t *testing.T) {
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(tracetest.NewInMemoryExporter()))
	telemetry := &Telemetry{Tracer: provider.Tracer(TelemetryScope)}
	below := func(flags trace.TraceFlags, remote bool) context.Context {
		return trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: flags, Remote: remote,
		}))
	}
	recorded, span := telemetry.Tracer.Start(t.Context(), "recorded")
	require.True(t, span.IsRecording())
	ended, span := telemetry.Tracer.Start(t.Context(), "ended")
	span.End()
	// A span that is recorded, though not sampled, is for a processor of its own.
	only := sdktrace.NewTracerProvider(sdktrace.WithSampler(recordOnly{}))
	recordedOnly, span := only.Tracer("only").Start(t.Context(), "only")
	require.True(t, span.IsRecording())
	require.False(t, span.SpanContext().IsSampled())

	for name, ctx := range map[string]context.Context{
		"none": t.Context(), "sampled": below(trace.FlagsSampled, false), "of another process": below(0, true),
		"recorded": recorded, "ended": ended, "recorded only": recordedOnly,
	} {
		assert.NotNil(t, telemetry.TracerBelow(ctx), name)
	}
	assert.Nil(t, telemetry.TracerBelow(below(0, false)))
	assert.Nil(t, new(Telemetry).TracerBelow(t.Context()))
}

type recordOnly struct{}

func (recordOnly) ShouldSample(sdktrace.SamplingParameters) sdktrace.SamplingResult {
	return sdktrace.SamplingResult{Decision: sdktrace.RecordOnly}
}

func (recordOnly) Description() string { return "record only" }

// TestTelemetryAllocations: what is told of an exchange whose span nobody records
// allocates nothing here.
func TestTelemetryAllocations(t *testing.T) {
	metrics := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	duration, err := metrics.Meter(TelemetryScope).Float64Histogram("duration")
	require.NoError(t, err)
	durations := NewDurations(duration)
	traces := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
	r := &Record{name: "link"}
	r.Observe(Telemetry{Tracer: traces.Tracer(TelemetryScope), Durations: durations})
	ctx, span := r.tracer(t.Context()).Start(t.Context(), "above")
	failed := errors.New("failed")
	assert.Zero(t, testing.AllocsPerRun(1_000, func() {
		r.took(int64(time.Millisecond), 1)
		durations.HandOn()
		if r.tracer(ctx) != nil {
			t.Error("a span is wanted")
		}
		spanOutcome(span, failed)
	}))
}
