package actors

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/isolink-go/isolink/messages"
)

// arrival is a request of the peer, and the session that it came by.
type arrival struct {
	in      *messages.Inbound
	session *session
}

// inlet runs a link's handler: at most MaxHandlers calls at a time, behind a
// queue in the order of arrival, MaxInbound in all. It outlives sessions: what
// was received is handled, though its session has ended since.
//
// Beyond that there is a queue of its own for Overload, one call at a time, as
// long as the first; what does not fit there either is dropped and counted.
type inlet struct {
	record *Record
	tells  sampler

	mu       sync.Mutex
	handlers callQueue
	refusals callQueue
	running  map[*call]struct{} // those that somebody may wait for
	wasCut   atomic.Bool        // changed under mu
}

func (n *inlet) init(r *Record) { n.record = r }

// put takes the requests of a batch. It never blocks.
func (n *inlet) put(all []arrival) {
	config := n.record.config
	var handlers, refusals int
	var dropped []arrival
	n.mu.Lock()
	for _, a := range all {
		switch {
		case n.handlers.size() < config.MaxInbound:
			n.handlers.put(a)
			if n.handlers.workers < config.MaxHandlers {
				n.handlers.workers++
				handlers++
			}
		case config.Overload != nil && n.refusals.size() < config.MaxInbound:
			n.record.counters.overloaded.Add(1)
			n.refusals.put(a)
			if n.refusals.workers == 0 {
				n.refusals.workers++
				refusals++
			}
		default:
			n.record.counters.overloaded.Add(1)
			dropped = append(dropped, a)
		}
	}
	n.mu.Unlock()
	for range handlers {
		n.record.workers.Go(func() { n.work(&n.handlers, n.handle) })
	}
	for range refusals {
		n.record.workers.Go(func() { n.work(&n.refusals, n.refuse) })
	}
	n.drop(dropped, messages.ErrOverloaded)
}

// work empties a queue. Foreign code may end its goroutine: another one then
// takes its place.
func (n *inlet) work(l *callQueue, do func(arrival)) {
	returned := false
	defer func() {
		if !returned {
			n.record.workers.Go(func() { n.work(l, do) })
		}
	}()
	for {
		n.mu.Lock()
		a, ok := l.take()
		if !ok {
			l.workers--
		}
		n.mu.Unlock()
		if !ok {
			returned = true
			return
		}
		n.do(l, a, do)
	}
}

func (n *inlet) do(l *callQueue, a arrival, do func(arrival)) {
	defer a.session.handledInbound()
	defer func() {
		n.mu.Lock()
		l.inHand--
		n.mu.Unlock()
		n.record.fold.counted()
	}()
	do(a)
}

// handle gives one request to the handler.
func (n *inlet) handle(a arrival) {
	if !time.Now().Before(a.in.Deadline) {
		n.record.counters.expired.Add(1)
		n.told(a.session, messages.ErrTimeout)
		return
	}
	n.record.counters.requests.Add(1)
	n.record.tally(a.in.MTI, tallyRequests)
	defer n.recovered("Handler")
	c := n.begin(a.in.Deadline)
	defer c.end()
	if t := n.record.tracer(context.Background()); t != nil {
		n.record.handleTraced(c, t, a.in)
		return
	}
	n.record.config.Handler(c, a.in)
}

// refuse replies to one request with what Overload has to say.
func (n *inlet) refuse(a arrival) {
	defer n.recovered("Overload")
	msg, err := n.record.config.Overload(a.in)
	if err == nil && msg != nil {
		err = a.in.Reply(n.record.workers.Context(), msg)
	}
	if err != nil || msg == nil {
		n.told(a.session, messages.ErrOverloaded)
	}
}

func (n *inlet) recovered(where string) {
	if p := recover(); p != nil {
		n.record.panicked(where, p)
	}
}

func (n *inlet) drop(all []arrival, reason error) {
	for _, a := range all {
		n.told(a.session, reason)
		a.session.handledInbound()
	}
}

// told counts a request that was not handled, and tells of them now and then.
func (n *inlet) told(s *session, reason error) {
	if total, now := n.tells.add(reason); now {
		n.record.notifier.event(&messages.RequestsDropped{
			Link: n.record.name, Session: s.number, Count: total, Reason: reason,
		})
	}
}

// unhandled counts the requests that wait or are being handled.
func (n *inlet) unhandled() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return int64(n.handlers.size() + n.refusals.size())
}

// CutHandlers drops the peer's requests that wait, and ends the context of those
// that are being handled: the link is closed, and nobody waits for them.
func (r *Record) CutHandlers() { r.inlet.cut() }

func (n *inlet) cut() {
	n.mu.Lock()
	rest := slices.Concat(n.handlers.queue[n.handlers.next:], n.refusals.queue[n.refusals.next:])
	n.handlers.queue, n.handlers.next = nil, 0
	n.refusals.queue, n.refusals.next = nil, 0
	n.wasCut.Store(true)
	for c := range n.running {
		c.cancel()
	}
	n.mu.Unlock()
	n.drop(rest, messages.ErrClosed)
}

// inboundOf makes the request that a frame of the peer is.
func (s *session) inboundOf(f *inFrame, at int64) *messages.Inbound {
	r := s.record
	in := messages.NewInbound(r.config.Spec, s)
	in.Link, in.Session, in.Peer = r.name, s.number, s.socket.addr
	in.MTI, in.Key, in.KeyErr = f.mti, f.key, f.err
	in.Frame, in.Header = f.body, f.header
	in.ReceivedAt = r.time(at)
	in.Deadline = in.ReceivedAt.Add(r.config.HandleTimeout)
	return in
}

// handledInbound is called once for each request that was counted in inbound.
func (s *session) handledInbound() {
	if s.inbound.Add(-1) == 0 && s.draining.Load() {
		s.correlator.PostUserMessage(inboundDone{})
	}
}
