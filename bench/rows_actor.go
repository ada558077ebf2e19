package main

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/messages"
)

// actorClients is how many actors share the link, where there are as many callers.
const actorClients = 4

// actorPath sends commands to the link's PID, from actors of the same actor system.
// Nobody waits for a response: each client keeps as many commands in flight as it
// has callers, and sends the next one from where it gets a result.
type actorPath struct {
	framePath
	clients []*actor.PID
}

func openActor(to target, shape *sample.Shape, callers int) (Path, error) {
	link, err := openLink(to, shape, callers)
	if err != nil {
		return nil, err
	}
	p := &actorPath{framePath: framePath{link}}
	for first := range min(actorClients, callers) {
		c := &actorClient{shape: shape, link: link.link(0).PID()}
		for caller := first; caller < callers; caller += actorClients {
			c.slots = append(c.slots, slot{caller: caller})
		}
		p.clients = append(p.clients, link.manager.System().Root.Spawn(actor.PropsFromProducer(func() actor.Actor { return c })))
	}
	return p, nil
}

// work is what a client is told to do.
type work struct {
	window int         // how many exchanges at a time
	more   func() bool // whether to begin another one
	done   chan<- worked
}

type worked struct {
	exchanges uint64
	err       error
}

func (p *actorPath) crew() int { return len(p.clients) }

func (p *actorPath) exchanges(client, window int, more func() bool) (uint64, error) {
	done := make(chan worked, 1)
	p.manager.System().Root.Send(p.clients[client], &work{window, more, done})
	w := <-done
	return w.exchanges, w.err
}

// Close stops the clients before their link.
func (p *actorPath) Close() error {
	root := p.manager.System().Root
	for _, pid := range p.clients {
		if err := root.StopFuture(pid).Wait(); err != nil {
			return err
		}
	}
	return p.framePath.Close()
}

// actorClient is an actor of a switch. Its fields are touched in Receive only.
type actorClient struct {
	shape *sample.Shape
	link  *actor.PID
	slots []slot

	work     *work
	inFlight int
	result   worked
}

// slot makes one exchange at a time; it is the tag of its command.
type slot struct {
	caller int
	seq    uint64
}

func (c *actorClient) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *work:
		c.work, c.result = m, worked{}
		for i := range m.window {
			c.next(ctx, &c.slots[i])
		}
		c.finish()
	case *messages.Results:
		for _, r := range m.Results {
			c.settle(ctx, r)
		}
		c.finish()
	case *messages.Result:
		c.settle(ctx, m)
		c.finish()
	}
}

func (c *actorClient) next(ctx actor.Context, s *slot) {
	if c.result.err != nil || !c.work.more() {
		return
	}
	c.inFlight++
	ctx.Request(c.link, &messages.Send{
		Frame:   c.shape.AppendBody(make([]byte, 0, c.shape.Size()), sample.STAN(s.caller, s.seq)),
		Tag:     s,
		Timeout: sendTimeout,
		Batch:   true,
	})
}

// settle checks a response, and makes the slot's next exchange.
func (c *actorClient) settle(ctx actor.Context, r *messages.Result) {
	c.inFlight--
	s := r.Tag.(*slot)
	err := r.Err
	if err == nil {
		err = c.shape.Verify(r.Frame, sample.STAN(s.caller, s.seq))
	}
	s.seq++
	if err != nil {
		c.result.err = err
		return
	}
	c.result.exchanges++
	c.next(ctx, s)
}

func (c *actorClient) finish() {
	if c.inFlight == 0 {
		c.work.done <- c.result
	}
}
