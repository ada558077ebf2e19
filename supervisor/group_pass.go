package supervisor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/actors"
	"github.com/isolink-go/isolink/messages"
)

// groupPass is one send on its way through a group, in its caller's goroutine:
// from link to link, until one of them has sent it, or may have.
//
// The links share its frame. One that did not send it may still read it, in a
// queue that it was taken back from; none of them writes to it.
type groupPass struct {
	group         *Group
	header, frame []byte
	post          bool // it gets no response
	unpack        bool // the response is to be unpacked

	start              time.Time
	tried              []*groupMember // did not send it
	link               *groupMember   // has it
	replyHeader, reply []byte
	answer             *iso8583.Message
}

// run passes the send on. Every error is a *messages.SendError. Where spans are wanted,
// it is one, with those of its exchanges below it.
func (p *groupPass) run(ctx context.Context) error { return p.traced(ctx, p.pass) }

func (p *groupPass) pass(ctx context.Context) error {
	p.start = time.Now()
	var last error // of a link that did not send it
	for {
		trial, err := p.choose()
		if err != nil {
			if last == nil {
				last = p.group.refused(p.start, err)
			}
			return p.result(last)
		}
		if last != nil {
			p.group.passedOn.Add(1)
		}
		err = p.try(ctx, trial)
		if err == nil || !curable(err) || ctx.Err() != nil || !time.Now().Before(p.deadline(ctx)) {
			return p.result(err)
		}
		last = err
		p.tried = append(p.tried, p.link)
	}
}

// try gives the send to its link, and draws from a request's result what it says of it.
func (p *groupPass) try(ctx context.Context, trial bool) (err error) {
	if p.post {
		return p.give(ctx)
	}
	noted := false
	defer func() {
		if !noted { // a function of the configuration has ended the goroutine
			p.group.note(p.link, trial, saysNothing)
		}
	}()
	err = p.give(ctx)
	noted = true
	p.note(trial, err)
	return err
}

// note draws from a request's result what it says of its link. A trial that was
// not sent is none, and neither is one whose judge ended the goroutine: the next
// request may be it.
func (p *groupPass) note(trial bool, err error) {
	v := saysNothing
	defer func() { p.group.note(p.link, trial, v) }()
	v = p.group.judge(p.link, p.reply, err)
}

// curable reports whether another link may send what this one did not. That is
// so for what the link's own state, limits or slowness has refused. It is not for
// the faults of a message, nor for a key in use: the key is to keep the peer from
// getting a message again, and the peer is the same.
func curable(err error) bool {
	if !errors.Is(err, messages.ErrNotSent) {
		return false
	}
	for _, cause := range []error{
		messages.ErrLinkDown, messages.ErrNotSignedOn, messages.ErrOverloaded,
		messages.ErrDraining, messages.ErrClosed, messages.ErrTimeout,
	} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

func (p *groupPass) hasTried(m *groupMember) bool { return slices.Contains(p.tried, m) }

var (
	errNoneUp     = fmt.Errorf("%w: no link of the group is up", messages.ErrLinkDown)
	errNoneChosen = errors.New("the group's strategy chose no link")
)

// whyNone is the cause for a group without a link that is up.
func (g *Group) whyNone() error {
	if g.over() {
		return messages.ErrClosed
	}
	return errNoneUp
}

// over reports whether the group takes nothing any more.
func (g *Group) over() bool {
	select {
	case <-g.ended:
		return true
	default:
		return false
	}
}

// choose sets p.link to the link that the strategy chose.
func (p *groupPass) choose() (trial bool, err error) {
	c := choices.Get().(*Choice)
	defer c.release()
	for {
		c.fill(p)
		if c.Len() == 0 {
			return false, p.group.whyNone()
		}
		i := p.group.pick(c)
		if i < 0 || i >= c.Len() {
			return false, errNoneChosen
		}
		p.link = c.links[i]
		if c.doubtful {
			return false, nil
		}
		if trial, ok := p.link.suspicion.enter(p); ok {
			return trial, nil
		}
		// Somebody else is the trial: it is not among those of the next choice.
	}
}

// pick asks the strategy, which may be the embedding program's own.
func (g *Group) pick(c *Choice) (i int) {
	i = -1
	defer g.recovered("Strategy")
	return g.set.Load().config.Strategy(c)
}

// give hands the send to p.link and waits for its settling.
func (p *groupPass) give(ctx context.Context) error {
	// On the first link, its own SendTimeout is the deadline unless the group's is
	// earlier: there is no need to say so.
	limit := p.group.set.Load().timeout
	if len(p.tried) > 0 || limit < p.link.record.SendTimeout() {
		ctx = deadlineContext{ctx, p.deadline(ctx)}
	}
	if p.group.tracer(ctx) != nil {
		ctx = actors.WithAttempt(ctx, len(p.tried)+1)
	}
	door := p.link.record.Door()
	if p.post {
		return door.PostWith(ctx, p.header, p.frame)
	}
	var err error
	if p.unpack {
		p.reply, p.answer, err = door.SendFrame(ctx, p.header, p.frame)
	} else {
		p.replyHeader, p.reply, err = door.ExchangeWith(ctx, p.header, p.frame)
	}
	return err
}

// deadline is when the send is over, on whatever link.
func (p *groupPass) deadline(ctx context.Context) time.Time {
	at := p.start.Add(p.group.set.Load().timeout)
	if own, ok := ctx.Deadline(); ok && own.Before(at) {
		return own
	}
	return at
}

// deadlineContext is a context with an earlier deadline, for links, which keep
// deadlines by themselves: it needs no timer. Its Done is not closed by it.
type deadlineContext struct {
	context.Context
	at time.Time
}

func (c deadlineContext) Deadline() (time.Time, bool) { return c.at, true }

// result is the error of the last link, with the time since the call.
func (p *groupPass) result(err error) error {
	if e, ok := err.(*messages.SendError); ok && len(p.tried) > 0 {
		whole := *e
		whole.Took = time.Since(p.start)
		return &whole
	}
	return err
}

// refused is the error of a send that no link was given.
func (g *Group) refused(start time.Time, cause error) error {
	return &messages.SendError{Link: g.name, Took: time.Since(start), Outcome: messages.ErrNotSent, Cause: cause}
}
