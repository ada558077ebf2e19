package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
)

// caller makes one exchange after the other.
type caller struct {
	run *run
	rng *rand.Rand
	pid *actor.PID // of the actor that gets the results of commands
}

func (r *run) newCaller(n int) *caller {
	return &caller{run: r, rng: rand.New(rand.NewPCG(r.seed, 1<<32+uint64(n)))}
}

func (c *caller) chance(in int) bool { return c.rng.IntN(in) == 0 }

// work calls until ctx ends; what has begun is finished.
func (c *caller) work(ctx context.Context, pause time.Duration) {
	for ctx.Err() == nil {
		g := c.run.groups[c.rng.IntN(len(c.run.groups))]
		by, limit, leaves := door(c.rng.IntN(int(bySession))), sendTimeout, false
		switch n := c.rng.IntN(100); {
		case n < 20:
			limit = shortTimeout + time.Duration(c.rng.Int64N(int64(300*time.Millisecond)))
		case n < 25 && by < byLinkPID:
			limit, leaves = time.Duration(c.rng.Int64N(int64(20*time.Millisecond))), true
		}
		c.exchange(g, c.rng.IntN(len(g.links)), by, limit, leaves)
		wait(ctx, time.Duration(c.rng.ExpFloat64()*float64(pause)))
	}
}

// wait ends with ctx.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// exchange makes one, and enters all of it into the ledger. It has to settle within
// limit; leaves: its caller does not wait any longer.
func (c *caller) exchange(g *group, link int, by door, limit time.Duration, leaves bool) (id uint64) {
	r := c.run
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if leaves {
		defer time.AfterFunc(limit, cancel).Stop()
	} else if limit < sendTimeout {
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	begun := r.ledger.now()
	a := ask{door: by, start: begun, deadline: begun + int64(limit), link: groupLink}
	id, text := r.ledger.asked(a, func(id uint64) string { return contentOf(id, int(id%200)) })
	m := message{mti: "0200", id: id, content: text}
	switch by {
	case byLinkSend, byGroupSend:
		c.send(ctx, g, link, by, m)
	case byLinkPID, byGroupPID:
		c.command(g, link, by, m, limit)
	default:
		m.stan = c.stan(g, link)
		c.frame(ctx, g, link, by, m)
		if by == byLink && !g.kind.scope && c.chance(2) {
			c.repeat(g, link, m)
		}
	}
	return id
}

// repeat declares a repeat of an exchange that is in doubt: a message with an id of its
// own, which the original's response may answer, too. Where ids are compared, it could
// not.
func (c *caller) repeat(g *group, link int, original message) {
	r := c.run
	doubt := false
	r.ledger.with(original.id, func(a *ask) {
		doubt = a.outcome == inDoubt
		a.repeated = doubt
	})
	if !doubt {
		return
	}
	r.tally.came(repeated)
	begun := r.ledger.now()
	a := ask{door: byLink, start: begun, deadline: begun + int64(sendTimeout), link: groupLink, original: original.id}
	id, text := r.ledger.asked(a, func(id uint64) string { return contentOf(id, int(id%200)) })
	c.frame(context.Background(), g, link, byLink, message{mti: "0201", stan: original.stan, id: id, content: text})
}

// stan is one of the group's; now and then, the last one that was used on the link,
// where a second answer to that would be told from the own one (VerifyFields).
func (c *caller) stan(g *group, link int) string {
	last := &c.run.lastSTANs[g.first+link]
	if old := last.Load(); old != nil && g.kind.scope && c.chance(20) {
		return *old
	}
	stan, err := g.stans.Next()
	if err != nil {
		panic(err) // without a store it cannot fail
	}
	last.Store(&stan)
	return stan
}

func (c *caller) frame(ctx context.Context, g *group, link int, by door, m message) {
	exchange := g.links[link].Exchange
	if by == byGroup {
		exchange = g.group.Exchange
	}
	reply, err := exchange(ctx, m.pack())
	c.run.book.settle(m.id, reply, err)
}

func (c *caller) send(ctx context.Context, g *group, link int, by door, m message) {
	send := g.links[link].Send
	if by == byGroupSend {
		send = g.group.Send
	}
	msg := iso8583.NewMessage(spec)
	msg.MTI(m.mti)
	for field, value := range map[int]string{idField: idText(m.id), contentField: m.content} {
		if err := msg.Field(field, value); err != nil {
			panic(err) // strings always fit
		}
	}
	response, err := send(ctx, msg)
	var reply []byte
	if err == nil {
		reply, _ = response.Pack() // what it was made of; not the same bytes if it was mangled
	}
	c.run.book.settle(m.id, reply, err)
}

// tag comes back with a command's result.
type tag struct {
	id   uint64
	done chan struct{}
}

// command sends a command to a PID, and waits until the actor has its result.
func (c *caller) command(g *group, link int, by door, m message, limit time.Duration) {
	to := g.links[link].PID()
	if by == byGroupPID {
		to = g.group.PID()
	}
	m.stan = c.stan(g, link)
	t := &tag{id: m.id, done: make(chan struct{}, 1)}
	cmd := &messages.Send{Frame: m.pack(), Tag: t, Timeout: limit, Batch: c.chance(2)}
	c.run.manager.System().Root.RequestWithCustomSender(to, cmd, c.pid)
	select {
	case <-t.done:
	case <-c.run.hung:
	}
}

// client is the actor that gets the results.
type client struct{ book *book }

// Receive is the only way in.
func (c *client) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *messages.Results:
		for _, result := range m.Results {
			c.settle(result)
		}
	case *messages.Result:
		c.settle(m)
	}
}

func (c *client) settle(result *messages.Result) {
	t := result.Tag.(*tag)
	c.book.settle(t.id, result.Frame, result.Err)
	select {
	case t.done <- struct{}{}:
	default: // a second result: the book has it
	}
}

// askSessions asks links through the sessions of their acceptor, with STANs that
// the links use at the same time.
func (r *run) askSessions(ctx context.Context, n int, pause time.Duration) {
	rng := rand.New(rand.NewPCG(r.seed, 2<<32+uint64(n)))
	for ctx.Err() == nil {
		wait(ctx, time.Duration(rng.ExpFloat64()*float64(pause)))
		session, stan := r.session(), r.lastSTAN.Load()
		if session == nil || stan == nil {
			continue
		}
		begun := r.ledger.now()
		a := ask{door: bySession, start: begun, deadline: begun + int64(sendTimeout), link: sessionLink}
		id, text := r.ledger.asked(a, func(id uint64) string { return contentOf(id, int(id%200)) })
		r.tally.came(sameSTAN)
		m := message{mti: "0200", stan: *stan, id: id, content: text}
		reply, err := session.Exchange(context.Background(), m.pack())
		r.book.settle(id, reply, err)
	}
}

func isNotSent(err error) bool { return errors.Is(err, messages.ErrNotSent) }

// together runs functions at the same time.
func together(all ...func()) {
	var wg sync.WaitGroup
	for _, one := range all {
		wg.Go(one)
	}
	wg.Wait()
}
