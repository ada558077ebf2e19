package actors

import (
	"context"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
)

// commanded takes a command from another actor; false when it is none.
func (d *Door) commanded(msg any, sender *actor.PID) bool {
	switch m := msg.(type) {
	case *messages.Send:
		q := d.commandRequest(kindSend, m.Header, m.Frame, command{to: sender, tag: m.Tag, batch: m.Batch})
		d.command(q, m.Message, m.Timeout)
	case *messages.Post:
		q := d.commandRequest(kindPost, m.Header, m.Frame, command{to: sender, tag: m.Tag, batch: m.Batch})
		d.command(q, m.Message, m.Timeout)
	case *messages.Answer:
		d.answer(&command{to: sender, tag: m.Tag, batch: m.Batch, answers: m.To}, m)
	default:
		return false
	}
	return true
}

// commandRequest is request for a command.
func (d *Door) commandRequest(k kind, header, frame []byte, c command) *request {
	q := d.request(k, nil, frame)
	if q.parts == nil {
		q.parts = new(commandParts)
	}
	q.parts.command = c
	q.parts.more = more{header: header, command: &q.parts.command}
	q.more = &q.parts.more
	return q
}

// fewCommands in flight are written by the goroutine of the actor that sends them,
// which is the quickest. An actor that sends one command after another would write
// each by itself: with more in flight a worker writes what has come together.
const fewCommands = 4

// command takes an actor's request through the link; its result goes to the
// sender by courier, and the slot is held until it was delivered.
func (d *Door) command(q *request, msg *iso8583.Message, timeout time.Duration) {
	q.deadline, q.common = q.start+int64(d.record.config.SendTimeout), true
	if timeout > 0 && timeout != d.record.config.SendTimeout {
		q.deadline, q.common = q.start+int64(min(timeout, MaxDuration)), false
	}
	if msg != nil {
		if err := d.pack(q, msg); err != nil {
			d.refuseCommand(q, err)
			return
		}
	}
	none := context.Background()
	if t := d.record.tracer(none); t != nil {
		_, q.command().span = d.record.startSpan(none, t, q)
	}
	session, err := d.enter(q)
	if err != nil {
		d.refuseCommand(q, err)
		return
	}
	q.command().admitted = q
	if d.record.admitted.Load() > fewCommands {
		session.correlator.PostElsewhere(q)
		return
	}
	session.correlator.PostUserMessage(q)
}

func (d *Door) refuseCommand(q *request, cause error) {
	d.record.deliver(q.command(), nil, nil, d.refused(q, cause))
}
