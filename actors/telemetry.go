package actors

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/isolink-go/isolink/messages"
)

// TelemetryScope names what measures and traces are of: its import path.
const TelemetryScope = "github.com/isolink-go/isolink"

// Attributes of measures and spans. All but those of a span are bounded by the
// configuration, message types by what a Tally tells apart.
const (
	AttrLink     = attribute.Key("isolink.link.name")
	AttrGroup    = attribute.Key("isolink.group.name")
	AttrAcceptor = attribute.Key("isolink.acceptor.name")
	AttrMTI      = attribute.Key("isolink.mti")
	AttrOutcome  = attribute.Key("isolink.outcome")
	AttrSession  = attribute.Key("isolink.session")
	AttrAttempt  = attribute.Key("isolink.attempt")
)

// Telemetry is where a link tells of each exchange. Nil fields cost nothing.
type Telemetry struct {
	Tracer trace.Tracer
	// Durations count what a Latency counts.
	Durations *Durations
}

// telemetry is that of a link, with what is the same in all it tells: what is made
// once costs no exchange anything.
type telemetry struct {
	Telemetry
	client, server []trace.SpanStartOption
	durations      *durations // nil: nobody asked
}

// Observe says where the link tells of its exchanges, before it is opened.
func (r *Record) Observe(t Telemetry) { r.observe(t, AttrLink.String(r.name)) }

// observe is Observe, with what its measures are of.
func (r *Record) observe(t Telemetry, of attribute.KeyValue) {
	if t == (Telemetry{}) {
		return
	}
	with := trace.WithAttributes(AttrLink.String(r.name))
	r.telemetry = &telemetry{
		Telemetry: t,
		client:    []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient), with},
		server:    []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer), with},
	}
	if t.Durations != nil {
		r.telemetry.durations = t.Durations.with(of)
	}
}

// Observe says it for the acceptor's sessions, before it accepts. Their measures have
// the acceptor's name, their spans the session's.
func (a *AcceptorRecord) Observe(t Telemetry) { a.telemetry = t }

// tracer is nil where nobody wants a span.
func (r *Record) tracer(ctx context.Context) trace.Tracer {
	if r.telemetry == nil {
		return nil
	}
	return r.telemetry.TracerBelow(ctx)
}

// TracerBelow is the Tracer, or nil where nobody wants a span: below one that this
// process has begun and neither records nor samples, as are most.
func (t *Telemetry) TracerBelow(ctx context.Context) trace.Tracer {
	if t.Tracer == nil {
		return nil
	}
	above := trace.SpanFromContext(ctx)
	if c := above.SpanContext(); c.IsValid() && !c.IsSampled() && !c.IsRemote() && !above.IsRecording() {
		return nil
	}
	return t.Tracer
}

type attemptKey struct{}

// WithAttempt says in the context of an exchange which attempt of its group it is,
// from 1.
func WithAttempt(ctx context.Context, attempt int) context.Context {
	return context.WithValue(ctx, attemptKey{}, attempt)
}

// traced is Door.exchange as a span.
func (d *Door) traced(ctx context.Context, t trace.Tracer, q *request) ([]byte, error) {
	isExchange := q.kind.isExchange()
	ctx, span := d.record.startSpan(ctx, t, q)
	defer span.End()
	reply, err := d.exchange(ctx, q)
	if err == nil && isExchange && span.IsRecording() && q.wasWritten() { // another kind is let go already
		span.SetAttributes(AttrSession.Int64(int64(q.session)))
	}
	spanOutcome(span, err)
	return reply, err
}

// startSpan begins the span of an exchange.
func (r *Record) startSpan(ctx context.Context, t trace.Tracer, q *request) (context.Context, trace.Span) {
	name := "isolink exchange"
	if !q.kind.isExchange() {
		name = "isolink post"
	}
	ctx, span := t.Start(ctx, name, r.telemetry.client...)
	if span.IsRecording() {
		if mti, err := r.keys.mti.MTI(q.frame); err == nil && q.kind != kindRaw {
			span.SetAttributes(AttrMTI.String(mti.String()))
		}
		if n, ok := ctx.Value(attemptKey{}).(int); ok {
			span.SetAttributes(AttrAttempt.Int(n))
		}
	}
	return ctx, span
}

// spanOutcome says what became of it. Errors of isolink hold no card data.
func spanOutcome(span trace.Span, err error) {
	if !span.IsRecording() { // what it would not keep is not made
		return
	}
	span.SetAttributes(AttrOutcome.String(OutcomeName(err)))
	var e *messages.SendError
	if errors.As(err, &e) && e.Session > 0 {
		span.SetAttributes(AttrSession.Int64(int64(e.Session)))
	}
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
}

// handleTraced calls the handler as a span.
func (r *Record) handleTraced(ctx context.Context, t trace.Tracer, in *messages.Inbound) {
	about := trace.WithAttributes(AttrMTI.String(in.MTI.String()), AttrSession.Int64(int64(in.Session)))
	ctx, span := t.Start(ctx, "isolink handle", append(r.telemetry.server[:2:2], about)...)
	defer func() {
		if span.IsRecording() {
			span.SetAttributes(attribute.Bool("isolink.replied", in.Replied()))
		}
		span.End()
	}()
	r.config.Handler(ctx, in)
}

// OutcomeName is the name of an outcome in measures and spans.
func OutcomeName(err error) string {
	switch {
	case err == nil:
		return "done"
	case errors.Is(err, messages.ErrNotSent):
		return "not_sent"
	case errors.Is(err, messages.ErrRejected):
		return "rejected"
	}
	return "in_doubt"
}
