package supervisor

import (
	"context"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/scheduler"

	"github.com/isolink-go/isolink/actors"
	"github.com/isolink-go/isolink/messages"
)

// member is a child of the manager's actor: a link or an acceptor, as far as its
// supervision goes.
type member interface {
	Name() string
	Props() *actor.Props
	SetPID(*actor.PID)
	Begun() bool             // the incarnation got beyond its start
	MinDelay() time.Duration // before one that did not is started again
	Ends() bool              // it is not to be restarted
	MarkClosed()             // its actor is gone for good
}

var (
	_ member = (*actors.Record)(nil)
	_ member = (*actors.AcceptorRecord)(nil)
)

// root is the manager's actor: parent and supervisor of the links' and
// acceptors' actors. It is its own strategy (Proto.Actor asks the actor before
// its properties).
type root struct {
	manager    *Manager
	ctx        actor.Context
	restarting bool
	children   map[string]member // by PID; those that were spawned and are not gone
}

// Messages to the manager's actor, from its own timers, Listen and AddLink.
type (
	restartChild struct{ pid *actor.PID }
	spawnMember  struct{ member member }
)

// IgnoreDeadLetterLogging keeps timers that came too late out of the log.
func (restartChild) IgnoreDeadLetterLogging() {}

// IgnoreDeadLetterLogging keeps timers that came too late out of the log.
func (spawnMember) IgnoreDeadLetterLogging() {}

// spawn starts the manager's actor, which starts the links'.
func (m *Manager) spawn(id string) error {
	props := actor.PropsFromProducer(func() actor.Actor {
		return &root{manager: m, children: make(map[string]member)}
	}, actors.WorkerMailbox(m.workers))
	managers.Store(managerKey{m.system, id}, m)
	pid, err := m.system.Root.Copy().WithGuardian(theGuardian).SpawnNamed(props, id)
	if err != nil {
		managers.Delete(managerKey{m.system, id})
		return err
	}
	m.pid = pid
	return nil
}

// stop ends the manager's actor, and waits for it.
func (m *Manager) stop() {
	if m.pid == nil {
		return
	}
	m.stopMu.Lock()
	m.stopping = true
	m.system.Root.Stop(m.pid)
	m.stopMu.Unlock()
	<-m.gone
	managers.Delete(managerKey{m.system, m.pid.Id})
}

// Receive is the only way in.
func (a *root) Receive(ctx actor.Context) {
	a.ctx = ctx
	switch msg := ctx.Message().(type) {
	case *actor.Started:
		for _, m := range a.manager.members() {
			a.spawn(m)
		}
	case *actor.Restarting, *actor.Stopping:
		a.restarting = true
	case *actor.Stopped:
		close(a.manager.gone)
	case *actor.Terminated:
		a.terminated(msg.Who)
	case restartChild:
		if m := a.children[msg.pid.Id]; m != nil {
			a.restart(ctx.(actor.Supervisor), msg.pid, m)
		}
	case spawnMember:
		a.spawn(msg.member)
	}
}

// spawn starts a member's actor, unless it was closed, or is there.
func (a *root) spawn(m member) {
	if m.Ends() {
		m.MarkClosed()
		return
	}
	self := a.ctx.Self()
	pid := actor.NewPID(self.Address, self.Id+"/"+m.Name())
	if a.children[pid.Id] != nil {
		return // a manager that was restarted meanwhile has started it
	}
	m.SetPID(pid)
	if _, err := a.ctx.SpawnNamed(m.Props(), m.Name()); err != nil {
		panic("supervisor: spawn " + m.Name() + ": " + err.Error())
	}
	a.children[pid.Id] = m
}

// terminated deals with an actor that is gone: closed, or stopped by somebody
// else, who has no right to.
func (a *root) terminated(who *actor.PID) {
	m := a.children[who.Id]
	if m == nil {
		return
	}
	delete(a.children, who.Id)
	switch {
	case m.Ends():
		m.MarkClosed()
	case !a.restarting:
		a.later(m.MinDelay(), spawnMember{m})
	}
}

// HandleFailure restarts a failed link at once: the wait is the new
// incarnation's. One that failed before it began would only fail again: it
// gets its least delay here.
func (a *root) HandleFailure(_ *actor.ActorSystem, s actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, _, _ any) {
	m := a.children[child.Id]
	if m == nil {
		return
	}
	if a.restarting || m.Begun() || m.Ends() {
		a.restart(s, child, m)
		return
	}
	a.later(m.MinDelay(), restartChild{child})
}

// restart restarts a member, unless it is being closed, or stopped with the
// manager: a restart that meets a stop would revive it.
func (a *root) restart(s actor.Supervisor, child *actor.PID, m member) {
	if a.restarting || m.Ends() {
		s.StopChildren(child)
		return
	}
	s.RestartChildren(child)
}

func (a *root) later(d time.Duration, msg any) {
	scheduler.NewTimerScheduler(a.ctx.ActorSystem().Root).SendOnce(d, a.ctx.Self(), msg)
}

// guardian supervises managers. There is one for all: Proto.Actor never lets
// a guardian go.
type guardian struct{}

var (
	theGuardian actor.SupervisorStrategy = &guardian{}
	managers    sync.Map                 // managerKey → *Manager, those that run
)

// managerKey tells managers apart: ids are counted anew in each actor system.
type managerKey struct {
	system *actor.ActorSystem
	id     string
}

// guardianDelay keeps a manager that fails at its start from failing without
// end; its links go on meanwhile.
const guardianDelay = 100 * time.Millisecond

// HandleFailure restarts a manager after guardianDelay, unless it is being
// stopped: a restart that comes behind the stop would revive it.
func (*guardian) HandleFailure(system *actor.ActorSystem, s actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, _, _ any) {
	time.AfterFunc(guardianDelay, func() {
		found, ok := managers.Load(managerKey{system, child.Id})
		if !ok {
			return
		}
		m := found.(*Manager)
		m.stopMu.Lock()
		defer m.stopMu.Unlock()
		if !m.stopping {
			s.RestartChildren(child)
		}
	})
}

// closeLink ends a link, or a session of an acceptor; it may be called more than
// once.
func closeLink(ctx context.Context, r *actors.Record) error {
	r.SetWant(actors.WantClose)
	r.Tell(actors.Obey{}) // without an actor, its supervisor sees what is wanted
	if over(ctx, r.Gone()) && over(ctx, r.AllSettled()) {
		return nil
	}
	return cut(ctx, r, func() {
		r.StopActor()
		<-r.Gone() // nothing that the link's actors do can block
		r.Abandon()
		r.CutHandlers()
	})
}

// over waits for done; false when ctx ended first.
func over(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// cut runs hard, which ends what is in flight, and reports what that was; nil
// when there was nothing.
func cut(ctx context.Context, r *actors.Record, hard func()) error {
	before := r.Status()
	hard()
	err := &messages.DrainError{
		Link: r.Name(), InDoubt: r.Status().Counters.InDoubt - before.Counters.InDoubt,
		Unhandled: uint64(before.Unhandled), Cause: context.Cause(ctx),
	}
	err.NotSent = uint64(max(before.InFlight-int64(err.InDoubt), 0))
	if err.InDoubt == 0 && err.NotSent == 0 && err.Unhandled == 0 {
		return nil
	}
	return err
}
