package actors

import (
	"context"
	"sync"
	"time"

	"github.com/isolink-go/isolink/framing"
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
	ctx    context.Context // of all handlers; ends when the link is closed for good
	cancel context.CancelFunc
	tells  sampler

	mu       sync.Mutex
	handlers callQueue
	refusals callQueue
	closed   bool
}

// callQueue is a queue and the calls that empty it; inlet.mu guards it.
type callQueue struct {
	queue   []arrival
	next    int // the first of queue that waits
	running int // workers
}

func (l *callQueue) waiting() int { return len(l.queue) - l.next }

func (l *callQueue) take() (first arrival, ok bool) {
	if l.waiting() == 0 {
		l.queue, l.next = l.queue[:0], 0
		if cap(l.queue) > shrinkAbove {
			l.queue = nil
		}
		return arrival{}, false
	}
	first, l.queue[l.next] = l.queue[l.next], arrival{}
	l.next++
	return first, true
}

// put appends a, in the place of what was taken when the queue would have to grow.
func (l *callQueue) put(a arrival) {
	if len(l.queue) == cap(l.queue) && l.next > len(l.queue)/2 {
		n := copy(l.queue, l.queue[l.next:])
		clear(l.queue[n:])
		l.queue, l.next = l.queue[:n], 0
	}
	l.queue = append(l.queue, a)
}

func (n *inlet) init(r *Record) {
	n.record = r
	n.ctx, n.cancel = context.WithCancel(context.Background())
}

// put takes the requests of a batch. It never blocks.
func (n *inlet) put(all []arrival) {
	config := n.record.config
	var handlers, refusals int
	var dropped []arrival
	n.mu.Lock()
	for _, a := range all {
		switch {
		case n.closed:
			dropped = append(dropped, a)
		case n.handlers.waiting()+n.handlers.running < config.MaxInbound:
			n.handlers.put(a)
			if n.handlers.running < config.MaxHandlers {
				n.handlers.running++
				handlers++
			}
		case config.Overload != nil && n.refusals.waiting() < config.MaxInbound:
			n.record.counters.overloaded.Add(1)
			n.refusals.put(a)
			if n.refusals.running == 0 {
				n.refusals.running++
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
			l.running--
		}
		n.mu.Unlock()
		if !ok {
			returned = true
			return
		}
		do(a)
	}
}

// handle gives one request to the handler.
func (n *inlet) handle(a arrival) {
	defer a.session.handledInbound()
	if !time.Now().Before(a.in.Deadline) {
		n.record.counters.expired.Add(1)
		n.told(a.session, 1, messages.ErrTimeout)
		return
	}
	n.record.counters.requests.Add(1)
	defer n.recovered("Handler")
	ctx, cancel := context.WithDeadline(n.ctx, a.in.Deadline)
	defer cancel()
	n.record.config.Handler(ctx, a.in)
}

// refuse replies to one request with what Overload has to say.
func (n *inlet) refuse(a arrival) {
	defer a.session.handledInbound()
	defer n.recovered("Overload")
	msg, err := n.record.config.Overload(a.in)
	if err == nil && msg != nil {
		err = a.in.Reply(n.ctx, msg)
	}
	if err != nil || msg == nil {
		n.told(a.session, 1, messages.ErrOverloaded)
	}
}

func (n *inlet) recovered(where string) {
	if p := recover(); p != nil {
		n.record.panicked(where, p)
	}
}

func (n *inlet) drop(all []arrival, reason error) {
	for _, a := range all {
		n.told(a.session, 1, reason)
		a.session.handledInbound()
	}
}

// told counts requests that were not handled, and tells of them now and then.
func (n *inlet) told(s *session, count uint64, reason error) {
	if total, now := n.tells.add(reason, count); now {
		n.record.notifier.event(&messages.RequestsDropped{
			Link: n.record.name, Session: s.number, Count: total, Reason: reason,
		})
	}
}

// unhandled counts the requests that wait or are being handled.
func (n *inlet) unhandled() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return int64(n.handlers.waiting() + n.handlers.running + n.refusals.waiting() + n.refusals.running)
}

// close drops what waits, and ends the context of what runs: the link is
// closed for good.
func (n *inlet) close() {
	n.mu.Lock()
	n.closed = true
	rest := append(n.handlers.queue[n.handlers.next:], n.refusals.queue[n.refusals.next:]...)
	n.handlers.queue, n.handlers.next = nil, 0
	n.refusals.queue, n.refusals.next = nil, 0
	n.mu.Unlock()
	n.cancel()
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

var _ messages.Replier = (*session)(nil)

// ReplyHeader is described at messages.Inbound.
func (s *session) ReplyHeader(in *messages.Inbound) []byte {
	return framing.ReplyHeader(s.record.config.Framing, in.Header)
}

// Reply is described at messages.Inbound.
func (s *session) Reply(ctx context.Context, in *messages.Inbound, header, frame []byte) error {
	q, err := s.replyTo(in, header, frame)
	if err == nil {
		q.limit(ctx, s.record.now())
		_, err = s.record.door.wait(ctx, s, q)
	}
	if isNotSent(err) {
		in.GiveBackReply()
	}
	return err
}

// replyTo makes the request that carries a reply; a reply that cannot be is
// refused, not sent.
func (s *session) replyTo(in *messages.Inbound, header, frame []byte) (*request, error) {
	d := s.record.door
	q := d.request(kindReply, header, frame)
	q.key = in.Key
	q.deadline = q.start + int64(time.Until(in.Deadline))
	err := d.fits(q)
	if err == nil {
		q.mti, err = s.record.keys.MTI(frame)
	}
	if err == nil && q.mti.IsRequest() {
		err = messages.ErrNoResponse
	}
	if err != nil {
		return nil, d.refused(q, err)
	}
	return q, nil
}
