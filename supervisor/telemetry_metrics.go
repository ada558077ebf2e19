package supervisor

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/isolink-go/isolink/actors"
	"github.com/isolink-go/isolink/messages"
)

// gauges are the instruments that are read, when somebody collects, from a
// ManagerStatus: they cost nothing in between.
type gauges struct {
	meter  metric.Meter
	all    []metric.Observable
	faults []error

	state, inFlight, inFlightBytes, queued      metric.Int64ObservableGauge
	inDoubt, unhandled                          metric.Int64ObservableGauge
	exchanges, requests, refused, replies       metric.Int64ObservableCounter
	sessions, attempts, echoes, late, unmatched metric.Int64ObservableCounter
	keepAlives, dropped, unlogged, panics       metric.Int64ObservableCounter

	groupLinks, groupDegraded metric.Int64ObservableGauge
	passedOn                  metric.Int64ObservableCounter

	acceptorSessions, acceptorOpen    metric.Int64ObservableGauge
	acceptorAccepted, acceptorRefused metric.Int64ObservableCounter
	acceptorRequests                  metric.Int64ObservableCounter
}

func (g *gauges) make() {
	g.state = g.gauge("isolink.link.state", "1", "1 for the state that the link is in, 0 for the others")
	g.inFlight = g.gauge("isolink.link.in_flight", "{exchange}", "Sends that have not settled")
	g.inFlightBytes = g.gauge("isolink.link.in_flight.size", "By", "Their bytes")
	g.queued = g.gauge("isolink.link.queued", "{message}", "Messages that wait to be written")
	g.inDoubt = g.gauge("isolink.link.in_doubt", "{exchange}", "Requests in doubt whose late window goes on")
	g.unhandled = g.gauge("isolink.link.unhandled", "{request}", "Requests of the peer that wait or are being handled")
	g.exchanges = g.counter("isolink.link.exchanges", "{exchange}", "Settled sends, by message type and outcome")
	g.requests = g.counter("isolink.link.requests", "{request}", "Requests of the peer given to the handler, by message type")
	g.refused = g.counter("isolink.link.requests.refused", "{request}", "Requests of the peer that were too many, or too late")
	g.replies = g.counter("isolink.link.replies", "{reply}", "Replies to the peer, by outcome")
	g.sessions = g.counter("isolink.link.sessions", "{session}", "Sessions")
	g.attempts = g.counter("isolink.link.attempts", "{attempt}", "Attempts to connect")
	g.echoes = g.counter("isolink.link.echoes", "{echo}", "Echoes, by outcome")
	g.late = g.counter("isolink.link.late_replies", "{reply}", "Late replies")
	g.unmatched = g.counter("isolink.link.unmatched", "{message}", "Messages of the peer that nobody waited for")
	g.keepAlives = g.counter("isolink.link.keep_alives", "{frame}", "Zero-length frames, by direction")
	g.dropped = g.counter("isolink.link.events.dropped", "{event}", "Events dropped behind a slow observer")
	g.unlogged = g.counter("isolink.link.log.left_out", "{line}", "Lines left out of the log")
	g.panics = g.counter("isolink.link.panics", "{panic}", "Panics of hooks and handlers")
	g.groupLinks = g.gauge("isolink.group.links", "{link}", "Links of the group, up and suspect")
	g.groupDegraded = g.gauge("isolink.group.degraded", "1", "1 while fewer links are up than MinUp")
	g.passedOn = g.counter("isolink.group.passed_on", "{exchange}", "Sends offered to another link after one that did not send them")
	g.acceptorSessions = g.gauge("isolink.acceptor.sessions", "{session}", "Sessions that are not closed")
	g.acceptorOpen = g.gauge("isolink.acceptor.connections", "{connection}", "Open connections")
	g.acceptorAccepted = g.counter("isolink.acceptor.accepted", "{connection}", "Connections accepted, refused ones included")
	g.acceptorRefused = g.counter("isolink.acceptor.refused", "{connection}", "Connections refused, by cause")
	g.acceptorRequests = g.counter("isolink.acceptor.requests", "{request}", "Requests given to the handler, by message type")
}

func (g *gauges) gauge(name, unit, text string) metric.Int64ObservableGauge {
	i, err := g.meter.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(text))
	g.made(i, err)
	return i
}

func (g *gauges) counter(name, unit, text string) metric.Int64ObservableCounter {
	i, err := g.meter.Int64ObservableCounter(name, metric.WithUnit(unit), metric.WithDescription(text))
	g.made(i, err)
	return i
}

func (g *gauges) made(i metric.Observable, err error) {
	if err != nil {
		g.faults = append(g.faults, err)
		return
	}
	g.all = append(g.all, i)
}

func (g *gauges) observe(o metric.Observer, s ManagerStatus) {
	for i := range s.Links {
		g.link(o, &s.Links[i])
	}
	for i := range s.Groups {
		g.group(o, &s.Groups[i])
	}
	for i := range s.Acceptors {
		g.acceptor(o, &s.Acceptors[i])
	}
}

// The attributes of one instrument that tell apart what it counts.
const (
	attrState     = attribute.Key("isolink.state")
	attrReason    = attribute.Key("isolink.reason")
	attrDirection = attribute.Key("isolink.direction")
)

func (g *gauges) link(o metric.Observer, s *Status) {
	name := actors.AttrLink.String(s.Name)
	with := func(more ...attribute.KeyValue) metric.MeasurementOption {
		return metric.WithAttributes(append(more, name)...)
	}
	for state := messages.Waiting; state <= messages.SignedOff; state++ {
		is := int64(0)
		if state == s.State {
			is = 1
		}
		o.ObserveInt64(g.state, is, with(attrState.String(state.String())))
	}
	o.ObserveInt64(g.inFlight, s.InFlight, with())
	o.ObserveInt64(g.inFlightBytes, s.InFlightBytes, with())
	o.ObserveInt64(g.queued, s.Queued, with())
	o.ObserveInt64(g.inDoubt, s.InDoubt, with())
	o.ObserveInt64(g.unhandled, s.Unhandled, with())
	for i := range s.Tallies {
		t := &s.Tallies[i]
		mti := actors.AttrMTI.String(t.Type())
		for outcome, n := range map[string]uint64{
			"answered": t.Answered, "posted": t.Posted, "rejected": t.Rejected, "not_sent": t.NotSent, "in_doubt": t.InDoubt,
		} {
			o.ObserveInt64(g.exchanges, int64(n), with(mti, actors.AttrOutcome.String(outcome)))
		}
		o.ObserveInt64(g.requests, int64(t.Requests), with(mti))
	}
	c := &s.Counters
	o.ObserveInt64(g.refused, int64(c.Overloaded), with(attrReason.String("overloaded")))
	o.ObserveInt64(g.refused, int64(c.Expired), with(attrReason.String("expired")))
	o.ObserveInt64(g.replies, int64(c.Replied), with(actors.AttrOutcome.String("sent")))
	o.ObserveInt64(g.replies, int64(c.ReplyFailed), with(actors.AttrOutcome.String("failed")))
	o.ObserveInt64(g.sessions, int64(c.Sessions), with())
	o.ObserveInt64(g.attempts, int64(c.Attempts), with())
	o.ObserveInt64(g.echoes, int64(c.Echoes), with(actors.AttrOutcome.String("answered")))
	o.ObserveInt64(g.echoes, int64(c.Missed), with(actors.AttrOutcome.String("missed")))
	o.ObserveInt64(g.late, int64(c.Late), with())
	o.ObserveInt64(g.unmatched, int64(c.Unmatched), with())
	o.ObserveInt64(g.keepAlives, int64(c.KeepAlives), with(attrDirection.String("received")))
	o.ObserveInt64(g.keepAlives, int64(c.KeepAlivesSent), with(attrDirection.String("sent")))
	o.ObserveInt64(g.dropped, int64(c.Dropped), with())
	o.ObserveInt64(g.unlogged, int64(c.Unlogged), with())
	o.ObserveInt64(g.panics, int64(c.Panics), with())
}

func (g *gauges) group(o metric.Observer, s *GroupStatus) {
	name := actors.AttrGroup.String(s.Name)
	degraded := int64(0)
	if s.Degraded {
		degraded = 1
	}
	o.ObserveInt64(g.groupLinks, int64(s.Up), metric.WithAttributes(name, attrState.String("up")))
	o.ObserveInt64(g.groupLinks, int64(s.Suspect), metric.WithAttributes(name, attrState.String("suspect")))
	o.ObserveInt64(g.groupDegraded, degraded, metric.WithAttributes(name))
	o.ObserveInt64(g.passedOn, int64(s.PassedOn), metric.WithAttributes(name))
}

func (g *gauges) acceptor(o metric.Observer, s *AcceptorStatus) {
	name := actors.AttrAcceptor.String(s.Name)
	o.ObserveInt64(g.acceptorSessions, int64(s.Sessions), metric.WithAttributes(name))
	o.ObserveInt64(g.acceptorOpen, int64(s.Open), metric.WithAttributes(name))
	o.ObserveInt64(g.acceptorAccepted, int64(s.Accepted), metric.WithAttributes(name))
	for cause, n := range s.Refused.All() {
		o.ObserveInt64(g.acceptorRefused, int64(n), metric.WithAttributes(name, attrReason.String(cause)))
	}
	for i := range s.Tallies {
		t := &s.Tallies[i]
		o.ObserveInt64(g.acceptorRequests, int64(t.Requests), metric.WithAttributes(name, actors.AttrMTI.String(t.Type())))
	}
}
