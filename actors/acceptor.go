package actors

import (
	"fmt"
	"strconv"

	"github.com/asynkron/protoactor-go/actor"
)

// acceptor is the actor of one acceptor: parent and supervisor of its sessions,
// each of which is a link's actor. A session that ends, or fails, is stopped,
// never restarted. All fields are touched only in Receive.
type acceptor struct {
	record   *AcceptorRecord
	mailbox  *Mailbox
	children map[string]*Record // by PID
}

// admitted is a connection that has passed all checks and is no link's.
type admitted struct {
	socket *socket
	name   string
}

// Format is that of arrived.
func (m admitted) Format(f fmt.State, verb rune) { arrived{socket: m.socket}.Format(f, verb) }

// IgnoreDeadLetterLogging keeps what came too late for an acceptor out of the log.
func (admitted) IgnoreDeadLetterLogging() {}

// Props are the properties to spawn an acceptor's actor with. They serve one actor.
func (a *AcceptorRecord) Props() *actor.Props {
	mailbox := a.mailbox.next()
	return actor.PropsFromProducer(func() actor.Actor {
		return &acceptor{record: a, mailbox: mailbox, children: make(map[string]*Record)}
	}, mailbox.producer())
}

// Receive is the only way in.
func (a *acceptor) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		a.record.begun.Store(true)
		if a.record.ends.Load() { // the stop may have come before there was an actor
			ctx.Stop(ctx.Self())
		}
	case *actor.Stopped:
		a.mailbox.close()
	case *actor.Terminated:
		if r := a.children[m.Who.Id]; r != nil {
			delete(a.children, m.Who.Id)
			a.record.endSession(r)
		}
	case admitted:
		a.admit(ctx, m)
	}
}

// admit makes a session of a connection.
func (a *acceptor) admit(ctx actor.Context, m admitted) {
	if a.record.ends.Load() {
		m.socket.closeHard()
		return
	}
	r, err := a.record.newSession(m)
	if err != nil {
		panic("actors: session of " + a.record.config.Name + ": " + err.Error())
	}
	name := strconv.FormatUint(r.number, 10)
	self := ctx.Self()
	pid := actor.NewPID(self.Address, self.Id+"/"+name)
	r.SetPID(pid)
	a.children[pid.Id] = r
	if _, err := ctx.SpawnNamed(r.Props(), name); err != nil {
		panic("actors: spawn session of " + a.record.config.Name + ": " + err.Error())
	}
}

// HandleFailure stops a session that failed: its peer connects again.
func (a *acceptor) HandleFailure(_ *actor.ActorSystem, s actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, _, _ any) {
	s.StopChildren(child)
}
