package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/isolink-go/isolink/messages"
)

// Forward is a command of an actor to a group: a Send or a Post on its way from link
// to link, each of which it is given to by Door.Forward when the one before has not
// sent it.
type Forward struct {
	// Couriers bring its result to To, which is nil where nobody wants it.
	Couriers *Couriers
	To       *actor.PID
	Tag      any
	Batch    bool

	Post          bool
	Header, Frame []byte // read by all the links; changed by none

	// Settled is asked with the result of each link, in the goroutine that would bring
	// it to To next: a slow one holds up To alone. It must not panic. False means that
	// the command was given to another link, and the result is not delivered.
	Settled func(*messages.Result) bool
}

// Forward takes a group's command through the link, where it has that time. Settled
// is asked about its result.
func (d *Door) Forward(f *Forward, timeout time.Duration) {
	k := kindSend
	if f.Post {
		k = kindPost
	}
	c := command{to: f.To, tag: f.Tag, batch: f.Batch, forward: f}
	d.command(d.commandRequest(k, f.Header, f.Frame, c), nil, timeout)
}

// Refuse delivers the error of a command that no link is to be given any more.
func (f *Forward) Refuse(err error) {
	f.Couriers.deliver(delivery{
		command: &command{to: f.To, batch: f.Batch, forward: f},
		result:  messages.NewResult(f.Tag, nil, nil, err, nil), asked: true,
	})
}
