package actors

import (
	"sync"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/isolink-go/isolink/messages"
)

// command is where the result of an actor's request goes.
type command struct {
	to    *actor.PID // nil: nobody wants it
	tag   any
	batch bool
	// answers is the request of the peer that this is the reply to; nil for others.
	answers *messages.Inbound
	// admitted is the request whose slot is held until delivery; nil for one
	// that was refused at the door.
	admitted *request
}

// couriers bring results to other actors, each requester's in order and by a
// goroutine of its own while there are any: a requester whose mailbox is full
// blocks who posts to it, and must hold up nobody else. What waits is bounded
// by the link's admission.
type couriers struct {
	record *Record
	mu     sync.Mutex
	lanes  map[address]*lane // those that have something to deliver
}

// address tells requesters apart.
type address struct{ host, id string }

// lane is one requester's queue; couriers.mu guards it.
type lane struct {
	to    *actor.PID
	queue []delivery
}

type delivery struct {
	command *command
	result  *messages.Result
}

func (c *couriers) init(r *Record) {
	c.record = r
	c.lanes = make(map[address]*lane)
}

// deliver queues a result; it never blocks.
func (c *couriers) deliver(cmd *command, header, reply []byte, err error) {
	if cmd.to == nil {
		c.release(cmd)
		return
	}
	d := delivery{cmd, messages.NewResult(cmd.tag, header, reply, err, c.record.config.Spec)}
	key := address{cmd.to.Address, cmd.to.Id}
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.lanes[key]; l != nil {
		l.queue = append(l.queue, d)
		return
	}
	l := &lane{to: cmd.to, queue: []delivery{d}}
	c.lanes[key] = l
	c.record.workers.Go(func() { c.walk(key, l) })
}

// walk delivers until the lane is empty. A panic of the requester's mailbox
// costs the results in hand, and is counted; the lane goes on.
func (c *couriers) walk(key address, l *lane) {
	for {
		c.mu.Lock()
		batch := l.queue
		l.queue = nil
		if len(batch) == 0 {
			delete(c.lanes, key)
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		c.handOver(l.to, batch)
	}
}

func (c *couriers) handOver(to *actor.PID, batch []delivery) {
	var joined []*messages.Result
	for _, d := range batch {
		if d.command.batch {
			joined = append(joined, d.result)
		} else {
			c.send(to, d.result)
		}
	}
	switch len(joined) {
	case 0:
	case 1:
		c.send(to, joined[0])
	default:
		c.send(to, &messages.Results{Results: joined})
	}
	for _, d := range batch {
		c.release(d.command)
	}
}

func (c *couriers) send(to *actor.PID, msg messages.Reply) {
	defer func() {
		if p := recover(); p != nil {
			c.record.counters.panics.Add(1)
		}
	}()
	c.record.system.Root.Send(to, msg)
}

func (c *couriers) release(cmd *command) {
	if cmd.admitted != nil {
		c.record.door.leave(cmd.admitted)
	}
}
