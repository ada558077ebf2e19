package actors

import (
	"fmt"
	"sync"

	"github.com/asynkron/protoactor-go/actor"
)

// Process takes commands from other actors. It is a Process of Proto.Actor's
// registry, not an actor: it runs in the goroutine of whoever sends, and whatever
// actors behind it do cannot hold that up.
type Process struct {
	system *actor.ActorSystem
	take   func(msg any, sender *actor.PID) bool // false: it is no command

	mu       sync.Mutex
	pid      *actor.PID
	watchers actor.PIDSet
	gone     bool
}

var _ actor.Process = (*Process)(nil)

// NewProcess makes a process, to be registered. take gets each message and its
// sender, and reports whether it was a command.
func NewProcess(system *actor.ActorSystem, take func(msg any, sender *actor.PID) bool) *Process {
	p := new(Process)
	p.init(system, take)
	return p
}

func (p *Process) init(system *actor.ActorSystem, take func(msg any, sender *actor.PID) bool) {
	p.system, p.take = system, take
}

// Register enters the process into the actor system under that id.
func (p *Process) Register(id string) error {
	pid, ok := p.system.ProcessRegistry.Add(p, id)
	if !ok {
		return fmt.Errorf("actors: %w: %s", actor.ErrNameExists, id)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pid = pid
	return nil
}

// Unregister takes the process out of the actor system, and tells its watchers.
func (p *Process) Unregister() {
	p.mu.Lock()
	pid, watchers := p.pid, p.watchers.Clone()
	p.watchers.Clear()
	p.gone = true
	p.mu.Unlock()
	if pid == nil {
		return
	}
	p.system.ProcessRegistry.Remove(pid)
	watchers.ForEach(func(_ int, w *actor.PID) { p.terminated(w) })
}

func (p *Process) terminated(watcher *actor.PID) {
	if w, ok := p.system.ProcessRegistry.Get(watcher); ok {
		w.SendSystemMessage(watcher, &actor.Terminated{Who: p.PID()})
	}
}

// PID is where other actors send commands to.
func (p *Process) PID() *actor.PID {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pid
}

// SendUserMessage takes commands from other actors. What is no command becomes
// a dead letter, as with any actor that does not know a message.
func (p *Process) SendUserMessage(pid *actor.PID, message any) {
	_, msg, sender := actor.UnwrapEnvelope(message)
	if !p.take(msg, sender) {
		p.system.DeadLetter.SendUserMessage(pid, message)
	}
}

// SendSystemMessage lets other actors watch: they get Terminated when it is out of
// the actor system.
func (p *Process) SendSystemMessage(_ *actor.PID, message any) {
	switch m := message.(type) {
	case *actor.Watch:
		p.mu.Lock()
		gone := p.gone
		if !gone {
			p.watchers.Add(m.Watcher)
		}
		p.mu.Unlock()
		if gone {
			p.terminated(m.Watcher)
		}
	case *actor.Unwatch:
		p.mu.Lock()
		defer p.mu.Unlock()
		p.watchers.Remove(m.Watcher)
	}
}

// Stop does nothing: what is behind a process is closed by its handle or manager.
func (p *Process) Stop(*actor.PID) {}
