package actors

import (
	"slices"
	"sync"

	"github.com/asynkron/protoactor-go/actor"
	"go.opentelemetry.io/otel/trace"

	"github.com/isolink-go/isolink/messages"
)

// command is where the result of an actor's request goes.
type command struct {
	to    *actor.PID // nil: nobody wants it
	tag   any
	batch bool
	// answers is the request of the peer that this is the reply to; nil for others.
	answers *messages.Inbound
	// forward is the group's command that this is a part of; nil for others.
	forward *Forward
	// admitted is the request whose slot is held until delivery; nil for one that was
	// refused at the door.
	admitted *request
	// span is that of the exchange; nil where none is wanted.
	span trace.Span
}

// release gives up the slot, and with it the request.
func (c *command) release() {
	q := c.admitted
	if q == nil {
		return
	}
	q.record.door.leave(q.size())
	if q.err == nil {
		q.letGo()
	}
}

// Couriers bring results to other actors, each requester's in order and by a
// goroutine of its own while there are any: a requester whose mailbox is full
// blocks who posts to it, and must hold up nobody else. What waits is bounded
// by the admission of links.
type Couriers struct {
	system   *actor.ActorSystem
	workers  *Workers
	panicked func() // counts a panic of a requester's mailbox

	mu    sync.Mutex
	lanes map[address]*lane // those that have something to deliver
}

// address tells requesters apart.
type address struct{ host, id string }

// lane is one requester's queue.
type lane struct {
	to     *actor.PID // nil: of those that want no result
	queue  []delivery // Couriers.mu guards it
	inHand []delivery // of the goroutine that walks the lane
}

type delivery struct {
	command *command
	result  *messages.Result // nil: it was passed on
	asked   bool             // its group was, and its span has ended
}

// NewCouriers makes couriers; panicked is called for each panic of a requester's
// mailbox.
func NewCouriers(system *actor.ActorSystem, workers *Workers, panicked func()) *Couriers {
	return &Couriers{system: system, workers: workers, panicked: panicked, lanes: make(map[address]*lane)}
}

// traced ends the span of the command, which is foreign code and takes its time.
func (c *command) traced(err error) {
	if c.span != nil {
		spanOutcome(c.span, err)
		c.span.End()
	}
}

// deliver queues a result of the link; it never blocks.
func (r *Record) deliver(cmd *command, header, reply []byte, err error) {
	couriers := r.couriers
	switch {
	case cmd.forward != nil:
		couriers = cmd.forward.Couriers
	case cmd.to == nil && cmd.span == nil:
		cmd.release()
		return
	}
	couriers.deliver(delivery{command: cmd, result: messages.NewResult(cmd.tag, header, reply, err, r.config.Spec)})
}

func (c *Couriers) deliver(d delivery) {
	var key address
	to := d.command.to
	if to != nil {
		key = address{to.Address, to.Id}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.lanes[key]; l != nil {
		l.queue = append(l.queue, d)
		return
	}
	l := &lane{to: to, queue: []delivery{d}}
	c.lanes[key] = l
	c.workers.Go(func() { c.walk(key, l) })
}

// walk delivers until the lane is empty. A panic of the requester's mailbox
// costs the results in hand, and is counted; foreign code that ends the goroutine
// gets another one.
func (c *Couriers) walk(key address, l *lane) {
	empty := false
	defer func() {
		if !empty {
			c.workers.Go(func() { c.walk(key, l) })
		}
	}()
	for c.take(key, l) {
		c.ask(l)
		c.handOver(l)
	}
	empty = true
}

// take gets what is to be delivered next; without any the lane ends.
func (c *Couriers) take(key address, l *lane) bool {
	if len(l.inHand) > 0 {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	l.inHand, l.queue = l.queue, nil
	if len(l.inHand) == 0 {
		delete(c.lanes, key)
		return false
	}
	return true
}

// ask ends the spans of commands, and asks groups about the results of theirs; what they
// pass on is not delivered.
func (c *Couriers) ask(l *lane) {
	for i := range l.inHand {
		d := &l.inHand[i]
		if d.asked {
			continue
		}
		d.asked = true
		d.command.traced(d.result.Err)
		if f := d.command.forward; f != nil && !f.Settled(d.result) {
			d.result = nil
			d.command.release()
		}
	}
	l.inHand = slices.DeleteFunc(l.inHand, func(d delivery) bool { return d.result == nil })
}

func (c *Couriers) handOver(l *lane) {
	batch := l.inHand
	l.inHand = nil
	defer func() {
		for _, d := range batch {
			d.command.release()
		}
	}()
	if l.to == nil {
		return
	}
	var joined []*messages.Result
	for _, d := range batch {
		if d.command.batch {
			joined = append(joined, d.result)
		} else {
			c.send(l.to, d.result)
		}
	}
	switch len(joined) {
	case 0:
	case 1:
		c.send(l.to, joined[0])
	default:
		c.send(l.to, &messages.Results{Results: joined})
	}
}

func (c *Couriers) send(to *actor.PID, msg messages.Reply) {
	defer func() {
		if p := recover(); p != nil {
			c.panicked()
		}
	}()
	c.system.Root.Send(to, msg)
}
