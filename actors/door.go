package actors

import (
	"context"
	"fmt"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
)

// Door is where requests enter a link. It answers in the caller's goroutine, whatever the
// link's actors do, and lives as long as the link is configured. So no restart,
// suspended mailbox or dead child can hold a caller.
type Door struct {
	Process

	record *Record
}

func newDoor(r *Record) *Door {
	d := &Door{record: r}
	d.init(r.system, d.commanded)
	return d
}

// Exchange sends a packed request and returns its packed response. The link
// owns frame from here on: it may be queued, or kept for a late reply, after
// the call has returned. The response is the caller's.
//
// The deadline is the context's or the link's SendTimeout, whichever is
// earlier. Every error is a *messages.SendError.
func (d *Door) Exchange(ctx context.Context, frame []byte) ([]byte, error) {
	_, reply, err := d.ExchangeWith(ctx, nil, frame)
	return reply, err
}

// ExchangeWith is Exchange with the header that stands in front of the request,
// empty for the framing's default, and of the response. The link owns header
// too; the response's is the caller's.
func (d *Door) ExchangeWith(ctx context.Context, header, frame []byte) (replyHeader, reply []byte, err error) {
	q := d.request(kindSend, header, frame)
	reply, err = d.do(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	replyHeader = q.headerOfReply()
	q.letGo()
	return replyHeader, reply, nil
}

// Send packs a request, sends it, and unpacks its response. The message is the
// caller's again when Send has returned.
//
// Errors are as Exchange's; the cause is a *messages.CodecError where the
// message could not be packed (not sent) or the response not unpacked (in
// doubt: the peer's answer is lost).
func (d *Door) Send(ctx context.Context, msg *iso8583.Message) (*iso8583.Message, error) {
	start := d.record.now()
	q, reply, err := d.sendOnce(ctx, msg, start)
	for tries := 1; q != nil && q.triesAnotherSTAN(err); tries++ {
		if tries == messages.STANTries {
			q.countOutcome(messages.ErrNotSent)
			break
		}
		messages.DropSTAN(msg)
		q, reply, err = d.sendOnce(ctx, msg, start)
	}
	if err != nil {
		return nil, err
	}
	return d.unpack(q, reply)
}

// SendFrame is Send for a message that its caller has packed. The link owns header
// and frame from here on. It also returns the packed response, where there is one.
func (d *Door) SendFrame(ctx context.Context, header, frame []byte) (reply []byte, answer *iso8583.Message, err error) {
	q := d.request(kindSend, header, frame)
	q.unpacks = true
	if reply, err = d.do(ctx, q); err != nil {
		return nil, nil, err
	}
	answer, err = d.unpack(q, reply)
	return reply, answer, err
}

// unpack unpacks the response of q, whose outcome is counted only then: a count that is
// taken back looks like one that began anew.
func (d *Door) unpack(q *request, reply []byte) (*iso8583.Message, error) {
	outcome := messages.ErrInDoubt // also where a field's own code ends the goroutine
	defer func() {
		q.countOutcome(outcome)
		if outcome == nil {
			q.letGo()
		}
	}()
	answer, err := messages.Unpack(d.record.config.Spec, reply)
	if err != nil {
		return nil, q.sendError(messages.ErrInDoubt, err)
	}
	outcome = nil
	return answer, nil
}

func (d *Door) sendOnce(ctx context.Context, msg *iso8583.Message, start int64) (q *request, reply []byte, err error) {
	q = d.request(kindSend, nil, nil)
	q.start, q.unpacks = start, true
	if err := d.pack(q, msg); err != nil {
		return nil, nil, d.refused(q, err)
	}
	reply, err = d.do(ctx, q)
	return q, reply, err
}

// pack makes the frame of q, whose message gets a STAN where it has none and the
// link has an allocator.
func (d *Door) pack(q *request, msg *iso8583.Message) (err error) {
	if d.record.config.STANs != nil && msg != nil {
		if q.ownSTAN, err = d.fillSTAN(msg); err != nil {
			return err
		}
	}
	q.frame, err = messages.Pack(msg)
	return err
}

// fillSTAN gives a message a STAN. A store that panics is told of, and refuses.
func (d *Door) fillSTAN(msg *iso8583.Message) (own bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			d.record.panicked("STANs", p)
			own, err = false, fmt.Errorf("STANs panicked: %T", p)
		}
	}()
	return d.record.config.STANs.Fill(msg)
}

// Post packs and sends a message that gets no response, and returns when its
// bytes were handed to the network. Errors are as Send's.
func (d *Door) Post(ctx context.Context, msg *iso8583.Message) error {
	q := d.request(kindPost, nil, nil)
	if err := d.pack(q, msg); err != nil {
		return d.refused(q, err)
	}
	_, err := d.do(ctx, q)
	return err
}

// PostFrame is Post for a packed message; the link owns frame from here on.
func (d *Door) PostFrame(ctx context.Context, frame []byte) error {
	return d.PostWith(ctx, nil, frame)
}

// PostWith is PostFrame with a header, as in ExchangeWith.
func (d *Door) PostWith(ctx context.Context, header, frame []byte) error {
	_, err := d.do(ctx, d.request(kindPost, header, frame))
	return err
}

// Write sends bytes as they stand, without framing, and returns when they were
// handed to the network. The link owns p from here on. Errors are as PostFrame's.
func (d *Door) Write(ctx context.Context, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	_, err := d.do(ctx, d.request(kindRaw, nil, p))
	return err
}

func (d *Door) request(k kind, header, frame []byte) *request {
	q := d.record.requests.Get().(*request)
	q.record, q.kind, q.frame, q.start = d.record, k, frame, d.record.now()
	q.holds.Store(2)
	if len(header) > 0 {
		q.with().header = header
	}
	return q
}

// do takes q through the link and waits for its settling. Where spans are wanted, it is
// one.
func (d *Door) do(ctx context.Context, q *request) ([]byte, error) {
	if t := d.record.tracer(ctx); t != nil {
		return d.traced(ctx, t, q)
	}
	return d.exchange(ctx, q)
}

func (d *Door) exchange(ctx context.Context, q *request) ([]byte, error) {
	q.deadline = q.start + int64(d.record.config.SendTimeout)
	q.common = true
	d.limit(ctx, q)
	if ctx.Err() != nil {
		return nil, d.refused(q, contextCause(ctx))
	}
	session, err := d.enter(q)
	if err != nil {
		return nil, d.refused(q, err)
	}
	defer d.leave(q.size())
	return d.wait(ctx, session, q)
}

// limit brings q's deadline forward to the context's. It reads no clock where
// there is none.
func (d *Door) limit(ctx context.Context, q *request) {
	at, ok := ctx.Deadline()
	if !ok {
		return
	}
	now := d.record.now()
	if left := int64(time.Until(at)); left < q.deadline-now { // now+left may overflow
		q.deadline, q.common = now+left, false
	}
}

// wait gives q to the session and waits for its settling.
func (d *Door) wait(ctx context.Context, session *session, q *request) ([]byte, error) {
	if q.done == nil {
		q.done = make(chan struct{}, 1)
	}
	session.correlator.PostUserMessage(q)
	if ctx.Done() == nil {
		<-q.done
		return q.settled()
	}
	select {
	case <-q.done:
		return q.settled()
	case <-ctx.Done():
	}
	return d.cancel(ctx, session, q)
}

// cancel settles q in the caller's goroutine. The correlator is told, so that
// the key is freed, or kept for a late reply.
func (d *Door) cancel(ctx context.Context, s *session, q *request) ([]byte, error) {
	from, ok := q.takeAny()
	if !ok {
		<-q.done // settled already: the signal is on its way
		return q.settled()
	}
	outcome := outcomeOf(from)
	err := q.sendError(outcome, contextCause(ctx))
	q.countOutcome(outcome)
	s.correlator.PostUserMessage(forget{q})
	return nil, err
}

// enter reads the key, admits q, and returns the session to post it to.
func (d *Door) enter(q *request) (*session, error) {
	r := d.record
	if err := d.fits(q); err != nil {
		return nil, err
	}
	if err := d.read(q); err != nil {
		return nil, err
	}
	s := r.session.Load()
	if s == nil {
		return nil, r.whyDown()
	}
	if err := d.admit(q); err != nil {
		return nil, err
	}
	return s, nil
}

// read reads of a message what the link needs to know.
func (d *Door) read(q *request) (err error) {
	r := d.record
	switch {
	case q.kind == kindRaw: // it need not be a message
		return nil
	case !q.kind.isExchange():
		q.mti, err = r.keys.mti.MTI(q.frame)
		return err
	}
	if q.mti, q.key, err = r.readKey(q.header(), q.frame); err != nil {
		return err
	}
	if !q.mti.IsRequest() {
		return fmt.Errorf("%w: MTI %s", messages.ErrNoRequest, q.mti)
	}
	if values := r.keys.verify.read(q.frame); values != nil {
		q.with().verify = values
	}
	return nil
}

// fits refuses what is longer than MaxFrame.
func (d *Door) fits(q *request) error {
	if most := d.record.config.MaxFrame; q.size() > most {
		return fmt.Errorf("%w: %d bytes, MaxFrame is %d", messages.ErrFrameTooLarge, q.size(), most)
	}
	return nil
}

// admit takes a slot for q, until leave.
func (d *Door) admit(q *request) error {
	r := d.record
	size := int64(q.size())
	if n := r.admitted.Add(1); n > int64(r.config.MaxInFlight) {
		r.admitted.Add(-1)
		return fmt.Errorf("%w: %d in flight (MaxInFlight)", messages.ErrOverloaded, n-1)
	}
	if n := r.admittedBytes.Add(size); n > r.config.MaxQueuedBytes {
		r.admitted.Add(-1)
		r.admittedBytes.Add(-size)
		return fmt.Errorf("%w: %d bytes in flight (MaxQueuedBytes)", messages.ErrOverloaded, n-size)
	}
	return nil
}

func (d *Door) leave(size int) {
	d.record.admitted.Add(-1)
	d.record.admittedBytes.Add(-int64(size))
}

// refused is the error of a request that never went beyond the door.
func (d *Door) refused(q *request, cause error) error {
	q.countOutcome(messages.ErrNotSent)
	return q.sendError(messages.ErrNotSent, cause)
}

// whyDown is the cause for a link without a session.
func (r *Record) whyDown() error {
	r.shown.mu.Lock()
	state := r.shown.status.State
	r.shown.mu.Unlock()
	switch state {
	case messages.Draining:
		return messages.ErrDraining
	case messages.Closed:
		return messages.ErrClosed
	case messages.SigningOn, messages.SignedOff:
		return messages.ErrNotSignedOn
	case messages.Up: // about to leave it
		return messages.ErrLinkDown
	case messages.Waiting, messages.Connecting, messages.Paused:
	}
	return fmt.Errorf("%w: %v", messages.ErrLinkDown, state)
}
