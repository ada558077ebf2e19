package supervisor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/isolink-go/isolink/actors"
)

// telemetry is what a manager measures and traces with.
type telemetry struct {
	actors.Telemetry
	stop  func() error  // ends the observation; nil: there is none
	ended chan struct{} // nobody hands on any more
}

// handOnEvery is how often durations of exchanges are handed on.
const handOnEvery = time.Second

// observe prepares metrics and traces, where providers are given.
func (m *Manager) observe(config Config) error {
	if config.TracerProvider != nil {
		m.telemetry.Tracer = config.TracerProvider.Tracer(actors.TelemetryScope)
	}
	if config.MeterProvider == nil {
		return nil
	}
	meter := config.MeterProvider.Meter(actors.TelemetryScope)
	duration, err := meter.Float64Histogram("isolink.exchange.duration",
		metric.WithUnit("s"), metric.WithDescription("Time of answered exchanges, from the write to the answer"),
		metric.WithExplicitBucketBoundaries(actors.DurationBounds()...))
	if err != nil {
		return fmt.Errorf("supervisor: metrics: %w", err)
	}
	m.telemetry.Durations, m.telemetry.ended = actors.NewDurations(duration), make(chan struct{})
	g := gauges{meter: meter}
	g.make()
	if err := errors.Join(g.faults...); err != nil {
		return fmt.Errorf("supervisor: metrics: %w", err)
	}
	registration, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		g.observe(o, m.Status())
		return nil
	}, g.all...)
	if err != nil {
		return fmt.Errorf("supervisor: metrics: %w", err)
	}
	m.telemetry.stop = registration.Unregister
	m.workers.GoLong(m.handOn)
	return nil
}

// handOn hands on the durations of exchanges, until all has ended.
func (m *Manager) handOn() {
	ticker := time.NewTicker(handOnEvery)
	defer ticker.Stop()
	for {
		m.telemetry.Durations.HandOn()
		select {
		case <-ticker.C:
		case <-m.telemetry.ended:
			m.telemetry.Durations.HandOn()
			return
		}
	}
}

// endHandOn lets the last durations be handed on; the workers' Close waits for it.
func (m *Manager) endHandOn() {
	if m.telemetry.ended != nil {
		close(m.telemetry.ended)
	}
}

// unobserve ends the observation.
func (m *Manager) unobserve() {
	if m.telemetry.stop != nil {
		_ = m.telemetry.stop() // a provider that cannot has nothing to be told
	}
}

// traced begins the span of a send through a group, where spans are wanted.
func (p *groupPass) traced(ctx context.Context, run func(context.Context) error) error {
	t := p.group.tracer(ctx)
	if t == nil {
		return run(ctx)
	}
	ctx, span := t.Start(ctx, "isolink group", trace.WithAttributes(actors.AttrGroup.String(p.group.name)))
	defer span.End()
	err := run(ctx)
	if span.IsRecording() {
		span.SetAttributes(actors.AttrAttempt.Int(len(p.tried)+1), actors.AttrOutcome.String(actors.OutcomeName(err)))
	}
	return err
}

func (g *Group) tracer(ctx context.Context) trace.Tracer {
	if g.manager == nil {
		return nil
	}
	return g.manager.telemetry.TracerBelow(ctx)
}
