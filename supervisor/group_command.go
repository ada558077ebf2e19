package supervisor

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/actors"
	"github.com/isolink-go/isolink/messages"
)

// PID is where other actors send messages.Send and messages.Post to, as to a link's:
// the command goes to the link that the strategy chooses, and on to the next one
// while it was not sent, within its Timeout or the group's SendTimeout. The result
// comes once, from the link that had it last, or with an error that names the group
// where no link was given it. A messages.Answer belongs to its request's link: it is
// refused with messages.ErrNoLink.
//
// The sender's goroutine asks the strategy and gives the command to the first link;
// nothing in it waits. What is passed on is so by the goroutine that brings results
// to the requester, which also calls Judge: a requester that does not take its
// results holds up its own commands. It answers as long as the manager lives. Nil for
// an unknown group.
func (g *Group) PID() *actor.PID {
	if g.manager == nil {
		return nil
	}
	return g.door.PID()
}

// groupCommand is a command of an actor on its way through a group. Who gives it to a
// link touches it no more until that has settled it.
type groupCommand struct {
	groupPass
	forward actors.Forward
	until   time.Time // its deadline, on whatever link
	trial   bool      // it is one for p.link
}

// commanded takes a command from an actor; false when it is none.
func (g *Group) commanded(msg any, sender *actor.PID) bool {
	c := &groupCommand{groupPass: groupPass{group: g, start: time.Now()}}
	c.forward.Couriers, c.forward.To, c.forward.Settled = g.couriers, sender, c.settled
	switch m := msg.(type) {
	case *messages.Send:
		c.forward.Tag, c.forward.Batch = m.Tag, m.Batch
		c.begin(m.Message, m.Header, m.Frame, m.Timeout)
	case *messages.Post:
		c.post = true
		c.forward.Tag, c.forward.Batch = m.Tag, m.Batch
		c.begin(m.Message, m.Header, m.Frame, m.Timeout)
	case *messages.Answer:
		c.forward.Tag, c.forward.Batch = m.Tag, m.Batch
		c.forward.Refuse(g.refused(c.start, messages.ErrNoLink))
	default:
		return false
	}
	return true
}

// begin gives the command to its first link.
func (c *groupCommand) begin(msg *iso8583.Message, header, frame []byte, timeout time.Duration) {
	if timeout <= 0 {
		timeout = c.group.set.Load().timeout
	}
	c.until = c.start.Add(min(timeout, actors.MaxDuration))
	if msg != nil {
		var err error
		if frame, _, err = c.group.pack(msg); err != nil {
			c.forward.Refuse(c.group.refused(c.start, err))
			return
		}
	}
	c.header, c.frame = header, frame
	c.forward.Post, c.forward.Header, c.forward.Frame = c.post, header, frame
	if err := c.next(); err != nil {
		c.forward.Refuse(c.group.refused(c.start, err))
	}
}

// next gives the command to the link that the strategy chooses, or returns why there
// is none.
func (c *groupCommand) next() (err error) {
	if c.trial, err = c.choose(); err != nil {
		return err
	}
	if len(c.tried) > 0 { // counted first: the link may settle it at once
		c.group.passedOn.Add(1)
	}
	// A link takes 0 for its own SendTimeout.
	left := max(min(time.Until(c.until), c.link.record.SendTimeout()), 1)
	c.link.record.Door().Forward(&c.forward, left)
	return nil
}

// settled takes the result of a link, and reports whether it is the command's.
func (c *groupCommand) settled(r *messages.Result) bool {
	if !c.post {
		c.reply = r.Frame
		c.note(c.trial, r.Err)
	}
	if r.Err == nil {
		return true
	}
	if curable(r.Err) && time.Now().Before(c.until) {
		c.tried = append(c.tried, c.link)
		if c.next() == nil {
			return false
		}
	}
	r.Err = c.result(r.Err)
	return true
}
