package actors

import (
	"context"
	"errors"
	"fmt"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/scheduler"

	"github.com/isolink-go/isolink/messages"
)

// link is the actor of one link: it feeds the machine with events and performs
// its actions. It owns the socket and is not on the data path. All fields are
// touched only in Receive.
type link struct {
	record  *Record
	machine machine
	mailbox *Mailbox
	ctx     actor.Context

	timers     [timerKinds]timer
	scheduler  *scheduler.TimerScheduler
	attempt    uint64 // the token of the dial that is awaited; 0: none
	cancelDial context.CancelFunc
	socket     *socket // dialled, not yet a session's
	session    *session
	echoSent   int64  // clock time
	readAsked  int64  // clock time of the echo that asks whether the peer is there
	signing    uint64 // the token of the sign-on or sign-off that is awaited; 0: none
	reason     error  // of the transition under way
	over       bool   // this incarnation ends: nothing is taken any more
}

// timer is one scheduler message; a token tells its last arming.
type timer struct {
	token  uint64
	cancel scheduler.CancelFunc // nil: not armed
}

// Props are the properties to spawn a link's actor with. They serve one
// actor; a supervisor restarts it when a session ends.
func (r *Record) Props() *actor.Props {
	mailbox := r.mailbox.next()
	return actor.PropsFromProducer(func() actor.Actor { return &link{record: r, mailbox: mailbox} },
		mailbox.producer(), actor.WithSupervisor(escalate{mailbox}))
}

// dropSocket closes what a link or an acceptor failed to take.
func dropSocket(msg any) {
	switch m := msg.(type) {
	case dialled:
		m.drop()
	case arrived:
		m.socket.closeHard()
	case admitted:
		m.socket.closeHard()
	}
}

// escalate is a link's strategy: whatever fails below it ends the session, and
// the link's own supervisor decides.
type escalate struct{ mailbox *Mailbox }

// HandleFailure escalates, without Proto.Actor's log line (see Mailbox.escalate).
func (e escalate) HandleFailure(_ *actor.ActorSystem, s actor.Supervisor, _ *actor.PID, _ *actor.RestartStatistics, reason, _ any) {
	e.mailbox.failTo(s.(actor.Context), reason)
}

// spawnChild starts a child of the link under its name.
func spawnChild(ctx actor.Context, name string, a actor.Actor, m *Mailbox) *actor.PID {
	props := actor.PropsFromProducer(func() actor.Actor { return a }, m.producer())
	pid, err := ctx.SpawnNamed(props, name)
	if err != nil {
		panic(fmt.Sprintf("actors: spawn %s: %v", name, err))
	}
	return pid
}

// Receive is the only way in.
func (l *link) Receive(ctx actor.Context) {
	l.ctx = ctx
	l.handle(ctx.Message())
}

func (l *link) handle(msg any) {
	if _, last := msg.(*actor.Stopped); l.over && !last {
		// While its children stop, messages still come: one that failed the link
		// now would let its supervisor restart what is being stopped.
		if m, ok := msg.(arrived); ok {
			l.keepArrived(m.socket) // for the next incarnation, if there is one
			return
		}
		dropSocket(msg)
		return
	}
	switch m := msg.(type) {
	case *actor.Started:
		l.start()
	case *actor.Restarting, *actor.Stopping:
		l.end()
	case *actor.Stopped:
		l.record.tellEnded()
		l.keepArrived(nil)
		l.mailbox.close()
	case *actor.Terminated:
		l.childGone(m.Who)
	case Obey:
		l.command(l.record.Want())
	case Restart:
		w := l.record.Want()
		if w == wantRun {
			w = wantRestart
		}
		// Never dropped: who asked waits for the end of the session, and a pause
		// may be taken back before its own Obey is here.
		l.command(w)
	case Cut:
		if p := l.machine.phase; p == phaseDraining || p == phaseEnding || (p == phaseSigningOff && l.machine.draining) {
			l.session.cut.Store(true)
			l.step(evCut, nil)
		}
	case dialled:
		l.dialled(m)
	case arrived:
		l.arrived(m)
	case timerFired:
		l.fired(m)
	case sessionEnded:
		if m.session == l.session {
			l.step(evEnded, m.session.why())
		}
	case sessionFailing:
		if m.session == l.session {
			l.step(evFailing, m.session.why())
		}
	case sessionDrained:
		if m.session == l.session {
			l.step(evDrained, nil)
		}
	case echoDone:
		l.echoDone(m)
	case signDone:
		l.signDone(m)
	case Sign:
		if l.machine.off = l.record.SignedOff(); !l.machine.off {
			l.machine.peerOff = false
		}
		if l.machine.phase != phaseNew {
			l.step(evSign, nil)
		}
	case peerSigns:
		if m.session == l.session {
			l.machine.peerOff = m.off
			l.step(evSign, nil)
		}
	case scopeMoved:
		if m.session == l.session {
			l.lookAtScope()
		}
	}
}

func (l *link) start() {
	r := l.record
	r.begun.Store(false)
	r.tellEnded()
	l.scheduler = scheduler.NewTimerScheduler(l.ctx.ActorSystem().Root)
	l.socket, r.memory.arrived = r.memory.arrived, nil
	l.machine = machine{
		want: r.Want(), failures: r.memory.failures,
		expects: r.config.Accept != "", once: r.once, arrived: l.socket != nil,
		signOn: r.config.SignOn.Build != nil, signOff: r.config.SignOff.Build != nil,
		offOnStop: r.config.SignOffOnStop, off: r.SignedOff(),
		offFirst: r.config.DrainOrder == SignOffFirst, scoped: r.config.SignOnScope == PerScope,
		keepAlive: r.config.SendKeepAlive > 0, readIdle: r.config.ReadIdle > 0,
		echo: r.config.Echo.Build != nil, maxMissed: uint8(r.config.MaxMissedEchoes), // at most 255, by Validate
	}
	l.step(evStart, nil)
	if l.socket != nil { // the link is paused or closed
		l.socket.closeHard()
		l.socket = nil
	}
	r.begun.Store(true)
}

func (l *link) command(w want) {
	if l.machine.phase == phaseNew {
		return // told before it has started: start reads what is wanted
	}
	l.machine.want = w
	l.step(evCommand, nil)
}

// dialled takes the outcome of a dial. The machine knows one dial only; the
// outcome of one that was given up is dropped here.
func (l *link) dialled(d dialled) {
	if d.attempt != l.attempt {
		d.drop()
		return
	}
	l.attempt = 0
	l.record.memory.nextAddr = d.next
	if d.err != nil {
		l.step(evConnectFailed, d.err)
		return
	}
	l.socket = d.socket
	l.step(evConnected, nil)
}

// arrived takes a connection that the peer has opened, in the place of the one
// that there is, if any: a session that still ends hands over to it.
func (l *link) arrived(m arrived) {
	want := l.machine.want
	switch {
	case want == wantPause || want == wantClose,
		l.machine.serves() && l.record.config.OnSecond == Refuse:
		m.refuse()
	case l.machine.phase == phaseWaiting:
		l.socket = m.socket
		l.step(evConnected, nil)
	default:
		l.keepArrived(m.socket)
		if l.machine.serves() {
			l.step(evReplaced, messages.ErrReplaced)
		}
	}
}

// keepArrived remembers a connection for the next incarnation; the one before
// it gives way.
func (l *link) keepArrived(s *socket) {
	if older := l.record.memory.arrived; older != nil {
		older.closeHard()
	}
	l.record.memory.arrived = s
}

func (l *link) fired(m timerFired) {
	t := &l.timers[m.kind]
	if t.cancel == nil || t.token != m.token {
		return
	}
	t.cancel = nil
	switch m.kind {
	case timerBackoff:
		l.step(evBackoff, nil)
	case timerIdle:
		l.idle()
	case timerEcho:
		if l.session.lastMatch.Load() >= l.echoSent {
			l.step(evEchoAnswered, nil)
			return
		}
		l.record.counters.missed.Add(1)
		l.record.notifier.event(&messages.EchoFailed{
			Link: l.record.name, Session: l.session.number,
			Missed: int(l.machine.missed) + 1, Reason: messages.ErrTimeout,
		})
		l.step(evEchoMissed, fmt.Errorf("%w: %d in a row", messages.ErrNoEcho, l.machine.missed+1))
	case timerStable:
		l.step(evStable, nil)
	case timerSign:
		l.signed(messages.ErrTimeout)
	case timerEnd:
		l.step(evEndTimeout, errors.New("the reader did not end"))
	case timerKeepAlive:
		l.writeIdle()
	case timerReadIdle:
		l.readIdle()
	case timerReadAsked:
		l.readAnswered()
	case timerKinds:
	}
}

// step feeds the machine, shows its state, and performs its actions.
func (l *link) step(ev event, reason error) {
	before := l.machine.phase
	l.reason = reason
	stood := l.machine.standing()
	actions := l.machine.step(ev)
	l.record.memory.failures = l.machine.failures
	if l.machine.phase != before {
		l.signing = 0
		left := timerKinds
		if l.machine.hasSession() {
			left = phaseTimers
		}
		l.cancelTimers(left)
	}
	l.moveInScope(stood)
	for _, a := range actions {
		l.perform(a)
	}
	if l.machine.phase == phaseClosed {
		// It shows when the actors are gone: until then they may settle something.
		l.record.memory.closedBy = reason
		return
	}
	l.record.show(l.machine.state(), reason)
}

// end is what a restart or a stop begins with, whatever brought it about: no
// socket, timer or dial stays behind. A panic here would burn the restart.
func (l *link) end() {
	defer func() {
		if p := recover(); p != nil {
			l.record.panicked("link", p)
		}
	}()
	l.over = true
	l.leaveScope()
	l.record.session.Store(nil)
	l.record.current.Store(nil)
	if p := l.machine.phase; p != phaseFailed && p != phaseClosed {
		// An actor panicked, or was stopped by somebody else: it counts as a
		// failure like any other.
		l.machine.fails()
		l.record.memory.failures = l.machine.failures
		l.record.show(messages.Waiting, errFailed)
	}
	l.cancelTimers(timerKinds)
	l.giveUpDial()
	if l.socket != nil {
		l.socket.closeHard()
	}
	if l.session != nil {
		l.session.ends(errors.New("the link was stopped"))
		l.session.socket.closeHard()
		close(l.session.over)
		l.record.memory.ended = l.session.event(true, l.session.why())
	}
}

// childGone fails the link when somebody else has stopped a child of its
// session, who has no right to.
func (l *link) childGone(who *actor.PID) {
	l.mailbox.failTo(l.ctx, fmt.Errorf("actor %s was stopped", who.Id))
}
