package actors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

var _ messages.Replier = (*session)(nil)

// ReplyHeader is described at messages.Inbound.
func (s *session) ReplyHeader(in *messages.Inbound) []byte {
	return framing.ReplyHeader(s.record.config.Framing, in.Header)
}

// Viewer lets messages.Inbound have its View.
func (s *session) Viewer() *messages.Viewer { return s.record.Viewer() }

// Told lets messages.Inbound tell an event.
func (s *session) Told(e messages.Event) { s.record.notifier.event(e) }

// Reply is described at messages.Inbound.
func (s *session) Reply(ctx context.Context, in *messages.Inbound, header, frame []byte) error {
	q, err := s.replyTo(in, header, frame)
	if err == nil && ctx.Err() != nil {
		err = s.record.door.refused(q, contextCause(ctx))
	}
	if err == nil {
		if _, ok := ctx.(*call); ok { // it ends no sooner than q: all there was to see, Err has seen
			ctx = context.Background()
		}
		s.record.door.limit(ctx, q)
		_, err = s.record.door.wait(ctx, s, q)
	}
	if errors.Is(err, messages.ErrNotSent) {
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
		q.mti, err = s.record.keys.mti.MTI(frame)
	}
	if err == nil && q.mti.IsRequest() {
		err = messages.ErrNoResponse
	}
	if err != nil {
		return nil, d.refused(q, err)
	}
	return q, nil
}

// headerOf is the header of an answer, in the goroutine of the actor that sends it: a
// Framer that panics costs the answer alone.
func (s *session) headerOf(m *messages.Answer) (header []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.record.panicked("Framing", p)
			err = fmt.Errorf("the framing panicked: %T", p)
		}
	}()
	if len(m.Header) > 0 {
		return m.Header, nil
	}
	return s.ReplyHeader(m.To), nil
}

// answer is Inbound.Reply for an actor: the result goes to the sender by courier.
func (d *Door) answer(c *command, m *messages.Answer) {
	refuse := func(err error) { d.record.deliver(c, nil, nil, err) }
	none := d.request(kindReply, nil, nil)
	if m.To == nil {
		refuse(d.refused(none, messages.ErrNoRequest))
		return
	}
	s, ok := m.To.Replier().(*session)
	if !ok || s.record != d.record {
		refuse(d.refused(none, messages.ErrNoLink))
		return
	}
	frame := m.Frame
	if m.Message != nil {
		packed, err := messages.Pack(m.Message)
		if err != nil {
			refuse(d.refused(none, err))
			return
		}
		frame = packed
	}
	header, err := s.headerOf(m)
	if err != nil {
		refuse(d.refused(none, err))
		return
	}
	q, err := s.replyTo(m.To, header, frame)
	if err == nil && !m.To.TakeReply() {
		err = d.refused(q, messages.ErrReplied)
	}
	if err != nil {
		refuse(err)
		return
	}
	q.with().command = c
	s.correlator.PostUserMessage(q)
}
