package actors

import (
	"log/slog"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/testdata/carddata"
)

// quietSystem makes an actor system that prints nothing, unless somebody wants to see
// it.
func quietSystem() *actor.ActorSystem { return loggingSystem(carddata.LogHandler()) }

func loggingSystem(h slog.Handler) *actor.ActorSystem {
	return actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(h) }))
}

// receiveFunc is an actor's Receive; instance counts its incarnations from 1.
type receiveFunc func(instance int, ctx actor.Context)

// decision is a parent's strategy.
type decision func(s actor.Supervisor, child *actor.PID, reason, message any)

// restartAtOnce is the strategy of a family that names none.
func restartAtOnce(s actor.Supervisor, child *actor.PID, _, _ any) { s.RestartChildren(child) }

// family is an actor that supervises one child, in Proto.Actor proper. Like a
// manager, it stops its child itself, and never restarts one that it stops.
type family struct {
	system    *actor.ActorSystem
	mailbox   actor.Mailbox // the child's
	parent    *actor.PID
	child     *actor.PID
	instances int           // of the child; the child's until it is gone
	gone      chan struct{} // closed when the parent got the child's Terminated

	decide   decision
	stopping bool // the parent's
}

// newFamily starts a child with that mailbox, and its parent. A nil mailbox is
// Proto.Actor's own, a nil decide restarts at once; more are further options of
// the child.
func newFamily(t *testing.T, system *actor.ActorSystem, mailbox actor.Mailbox, receive receiveFunc, decide decision, more ...actor.PropsOption) *family {
	t.Helper()
	if mailbox == nil {
		mailbox = actor.Unbounded()()
	}
	if decide == nil {
		decide = restartAtOnce
	}
	f := &family{system: system, mailbox: mailbox, gone: make(chan struct{}), decide: decide}
	props := actor.PropsFromProducer(func() actor.Actor {
		f.instances++
		instance := f.instances
		return actor.ReceiveFunc(func(ctx actor.Context) { receiveAll(mailbox, ctx, func(ctx actor.Context) { receive(instance, ctx) }) })
	}, append(more, actor.WithMailbox(func() actor.Mailbox { return mailbox }))...)
	f.parent = system.Root.Spawn(actor.PropsFromProducer(func() actor.Actor { return (*familyParent)(f) }))
	f.inParent(t, func(ctx actor.Context) { f.child = ctx.Spawn(props) })
	return f
}

// familyParent is the parent's view of a family.
type familyParent family

// receiveAll gives receive the message of an invocation, and those that its mailbox
// joins.
func receiveAll(mailbox actor.Mailbox, ctx actor.Context, receive func(actor.Context)) {
	receive(ctx)
	m, ok := mailbox.(*Mailbox)
	if !ok || m.joins == nil || !m.joins(ctx.Message()) {
		return
	}
	for msg := m.more(); msg != nil; msg = m.more() {
		receive(joinedContext{ctx, msg})
	}
}

// joinedContext is the context of a message that was joined.
type joinedContext struct {
	actor.Context
	msg any
}

// Message is the message.
func (c joinedContext) Message() any { return c.msg }

// Receive runs what it is given.
func (p *familyParent) Receive(ctx actor.Context) {
	switch msg := ctx.Message().(type) {
	case func(actor.Context):
		msg(ctx)
	case *actor.Terminated:
		if p.child.Equal(msg.Who) {
			close(p.gone)
		}
	}
}

// HandleFailure asks the test.
func (p *familyParent) HandleFailure(_ *actor.ActorSystem, s actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, reason, message any) {
	if p.stopping {
		s.StopChildren(child)
		return
	}
	p.decide(s, child, reason, message)
}

// inParent runs do in the parent's Receive, and waits for it.
func (f *family) inParent(t *testing.T, do func(ctx actor.Context)) {
	t.Helper()
	done := make(chan struct{})
	f.system.Root.Send(f.parent, func(ctx actor.Context) {
		do(ctx)
		close(done)
	})
	awaitClosed(t, done, "the parent")
}

// resume lets a child that failed go on.
func (f *family) resume(t *testing.T) {
	t.Helper()
	f.inParent(t, func(ctx actor.Context) { ctx.(actor.Supervisor).ResumeChildren(f.child) })
}

// restart gives a child that failed a new instance.
func (f *family) restart(t *testing.T) {
	t.Helper()
	f.inParent(t, func(ctx actor.Context) { ctx.(actor.Supervisor).RestartChildren(f.child) })
}

// stop stops the child through its parent, and waits until it is gone.
func (f *family) stop(t *testing.T) {
	t.Helper()
	f.inParent(t, func(ctx actor.Context) {
		f.stopping = true
		ctx.Stop(f.child)
	})
	awaitClosed(t, f.gone, "the child's end")
	f.end(t)
}

// end stops the parent too.
func (f *family) end(t *testing.T) {
	t.Helper()
	require.NoError(t, f.system.Root.StopFuture(f.parent).Wait())
}
