package supervisor

import (
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/scheduler"

	"github.com/isolink-go/isolink/actors"
)

// root is the manager's actor: parent and supervisor of the links' actors. It
// is its own strategy (Proto.Actor asks the actor before its properties).
type root struct {
	manager    *Manager
	ctx        actor.Context
	restarting bool
	children   map[string]*entry // by PID; those that were spawned and are not gone
}

// Messages to the manager's actor, from its own timers.
type (
	restartChild struct{ pid *actor.PID }
	spawnAgain   struct{ entry *entry }
)

// IgnoreDeadLetterLogging keeps timers that came too late out of the log.
func (restartChild) IgnoreDeadLetterLogging() {}

// IgnoreDeadLetterLogging keeps timers that came too late out of the log.
func (spawnAgain) IgnoreDeadLetterLogging() {}

// spawn starts the manager's actor, which starts the links'.
func (m *Manager) spawn(id string) error {
	props := actor.PropsFromProducer(func() actor.Actor {
		return &root{manager: m, children: make(map[string]*entry)}
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
		for _, e := range a.manager.links {
			a.spawn(e)
		}
	case *actor.Restarting, *actor.Stopping:
		a.restarting = true
	case *actor.Stopped:
		close(a.manager.gone)
	case *actor.Terminated:
		a.terminated(msg.Who)
	case restartChild:
		if e := a.children[msg.pid.Id]; e != nil {
			a.restart(ctx.(actor.Supervisor), msg.pid, e)
		}
	case spawnAgain:
		a.spawn(msg.entry)
	}
}

// spawn starts a link's actor, unless the link was closed.
func (a *root) spawn(e *entry) {
	if e.record.Want() == actors.WantClose {
		e.finish()
		return
	}
	// The PID is there before the link can show a state: who waited for that one
	// may have something to tell.
	self := a.ctx.Self()
	e.pid.Store(actor.NewPID(self.Address, self.Id+"/"+e.record.Name()))
	pid, err := a.ctx.SpawnNamed(actors.LinkProps(e.record), e.record.Name())
	if err != nil {
		panic("supervisor: spawn link " + e.record.Name() + ": " + err.Error())
	}
	a.children[pid.Id] = e
}

// terminated deals with a link's actor that is gone: closed, or stopped by
// somebody else, who has no right to.
func (a *root) terminated(who *actor.PID) {
	e := a.children[who.Id]
	if e == nil {
		return
	}
	delete(a.children, who.Id)
	switch {
	case e.record.Want() == actors.WantClose:
		e.finish()
	case !a.restarting:
		a.later(e.record.MinDelay(), spawnAgain{e})
	}
}

// HandleFailure restarts a failed link at once: the wait is the new
// incarnation's. One that failed before it began would only fail again: it
// gets its least delay here.
func (a *root) HandleFailure(_ *actor.ActorSystem, s actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, _, _ any) {
	e := a.children[child.Id]
	if e == nil {
		return
	}
	if a.restarting || e.record.Begun() || e.record.Want() == actors.WantClose {
		a.restart(s, child, e)
		return
	}
	a.later(e.record.MinDelay(), restartChild{child})
}

// restart restarts a link, unless it is being closed, or stopped with the
// manager: a restart that meets a stop would revive it.
func (a *root) restart(s actor.Supervisor, child *actor.PID, e *entry) {
	if a.restarting || e.record.Want() == actors.WantClose {
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
