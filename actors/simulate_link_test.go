package actors

import (
	"errors"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// simLink does for a machine what the link's actor does, in the simulation's time.
// Its record, with door, scope and notifier, is a real one.
type simLink struct {
	*simulation
	name   string
	number uint64
	host   *simHost
	config LinkConfig
	tls    bool // there is no writing without blocking

	record    *Record
	scope     *simScope
	process   *Process // takes the messages to the link's actor
	world     world
	session   *simSession // of this incarnation; nil: none yet
	stopping  *simSession // of the last one, whose actors still stop
	timers    [timerKinds]simTimer
	tokens    uint64
	attempt   uint64   // the token of the dial that is awaited; 0: none
	due       int64    // when the dial, or the supervisor's restart, is over
	dialled   *simConn // not yet a session's
	signing   uint64
	echoSent  int64
	readAsked int64
	wasUp     bool
	excused   int64 // when something last kept the link from being up
}

// simTimer is one timer of a link; a token tells its last arming.
type simTimer struct {
	token uint64
	armed bool
	at    int64
}

// open makes the record of a link, as a manager does, and its first incarnation.
func (l *simLink) open() {
	record, err := NewRecord(l.config, l.system, l.workers)
	if err != nil {
		panic(err)
	}
	l.record = record
	if l.scope == nil || !l.scope.scope.shared {
		l.scope = l.newScope(record)
	}
	if l.scope.scope.shared {
		if err := record.Share(l.scope.scope); err != nil {
			panic(err)
		}
	} else {
		record.scope = l.scope.scope
	}
	l.tokens++
	l.process = NewProcess(l.system, l.takes)
	if err := l.process.Register(fmt.Sprintf("sim/%s/%d", l.name, l.tokens)); err != nil {
		panic(err)
	}
	l.session, l.stopping = nil, nil
	l.excused = l.now()
	l.world = world{}
	l.begin()
}

// begin is link.start.
func (l *simLink) begin() {
	r := l.record
	l.world = world{told: true, wanted: r.Want(), machine: machine{
		want: r.Want(), failures: r.memory.failures,
		signOn: l.config.SignOn.Build != nil, signOff: l.config.SignOff.Build != nil,
		offOnStop: l.config.SignOffOnStop, off: r.SignedOff(),
		offFirst:  l.config.DrainOrder == SignOffFirst,
		keepAlive: l.config.SendKeepAlive > 0, readIdle: l.config.ReadIdle > 0,
		echo: l.config.Echo.Build != nil, maxMissed: uint8(r.config.MaxMissedEchoes),
	}}
	l.session = nil
	l.step("", evStart, nil)
}

// over reports whether the incarnation takes nothing any more.
func (l *simLink) over() bool {
	return l.world.machine.phase == phaseFailed || l.world.machine.phase == phaseClosed
}

// takes queues a message to the link's actor.
func (l *simLink) takes(msg any, _ *actor.PID) bool {
	l.in(l.moment(), "told "+l.name, l.number, func() { l.told(msg) })
	return true
}

func (l *simLink) told(msg any) {
	current := func(s *session) bool { return !l.over() && l.session != nil && l.session.session == s }
	switch m := msg.(type) {
	case sessionEnded:
		if current(m.session) {
			l.step("", evEnded, nil)
		}
	case sessionFailing:
		if current(m.session) {
			l.step("", evFailing, nil)
		}
	case sessionDrained:
		if current(m.session) {
			l.step("", evDrained, nil)
		}
	default:
		l.fault("illegal", "a message that nobody sends: %T", msg)
	}
}

// step is link.step. before is what has changed around the machine.
func (l *simLink) step(name string, ev event, before func(*world)) {
	if name == "" {
		name = eventNames[ev]
	}
	was := l.world.machine
	next, actions, fault := l.world.after(name, ev, before)
	if fault != "" {
		l.fault("illegal", "%s: %s in %+v: %s", l.name, name, l.world, fault)
		return
	}
	l.world = next
	l.figures.machineSteps++
	l.record.memory.failures = next.machine.failures
	if next.machine.phase != was.phase {
		l.note(l.name+": "+phaseNames[next.machine.phase], l.number)
		l.signing = 0
		left := timerKinds
		if next.machine.hasSession() {
			left = phaseTimers
		}
		for kind := range left {
			l.timers[kind].armed = false
		}
	}
	for _, a := range actions {
		l.perform(a)
	}
	if l.world.machine.phase != phaseClosed {
		l.record.show(l.world.machine.state(), nil)
	}
}

// perform is link.perform.
func (l *simLink) perform(a action) {
	switch a {
	case actWait:
		delay := l.record.config.Backoff.Delay(int(l.world.machine.failures), l.rng.Int64N)
		l.arm(timerBackoff, delay)
	case actDial:
		l.attempt = l.token()
		l.host.dial(l, l.attempt)
	case actCancelDial:
		l.attempt = 0
	case actOpen:
		l.openSession()
	case actSignOn:
		l.sign(l.config.SignOn, false)
	case actSignOff:
		l.sign(l.config.SignOff, true)
	case actAdmit:
		l.record.session.Store(l.session.session)
	case actRefuse:
		l.record.session.Store(nil)
	case actWatchIdle:
		l.arm(timerIdle, l.record.config.IdleTime)
	case actEcho:
		l.echoSent = l.now()
		l.echo()
		l.arm(timerEcho, l.record.config.Echo.Timeout)
	case actWatchStable:
		l.arm(timerStable, l.record.config.Backoff.StableAfter)
	case actWatchWrite:
		l.arm(timerKeepAlive, l.config.SendKeepAlive)
	case actKeepAlive:
		l.figures.keepAlives++
		l.session.session.sendKeepAlive()
	case actWatchRead:
		l.watchRead()
	case actAskRead:
		l.readAsked = l.now()
		l.echo()
		l.arm(timerReadAsked, l.record.config.Echo.Timeout)
	case actDrain:
		l.session.session.correlator.PostUserMessage(drain{})
	case actClose:
		l.session.session.ends(errors.New("closed by us"))
		s := l.session
		l.in(l.between(0, closeWait), "close "+l.name, l.number, s.socket.close)
		l.arm(timerEnd, endTimeout)
	case actAbort:
		l.session.session.ends(errors.New("cut short by us"))
		l.session.socket.closeHard()
		l.arm(timerEnd, endTimeout)
	case actGuardEnd:
		l.arm(timerEnd, endTimeout)
	case actFail, actStop:
		l.end()
	case actAskScope:
		panic("no scope of this simulation signs on")
	}
}

// dialOver is link.dialled.
func (l *simLink) dialOver(attempt uint64, c *simConn) {
	if attempt != l.attempt {
		if c != nil {
			_ = c.Close() // nobody takes it
		}
		return
	}
	l.attempt = 0
	if c == nil {
		l.excused = l.now()
		l.step("", evConnectFailed, func(n *world) { n.dialling = false })
		return
	}
	l.dialled = c
	l.step("", evConnected, func(n *world) { n.dialling, n.socket = false, dialledSocket })
}

// end is link.end, with what the supervisor does then: the actors of the session
// stop, in any order, and a new incarnation follows, or none.
func (l *simLink) end() {
	l.record.session.Store(nil)
	l.record.current.Store(nil)
	l.attempt = 0
	if l.dialled != nil {
		_ = l.dialled.Close()
		l.dialled = nil
	}
	wait := l.moment()
	if s := l.session; s != nil {
		s.session.ends(errors.New("the link was stopped"))
		s.socket.closeHard()
		close(s.session.over)
		l.stopping = s
		for _, i := range l.rng.Perm(2) {
			wait += l.moment()
			l.in(wait, "stop "+l.name, uint64(i), []func(){s.stopWriter, s.stopCorrelator}[i])
		}
	}
	wait += l.moment()
	l.due = l.now() + int64(wait)
	l.in(wait, "supervisor "+l.name, l.number, l.supervised)
}

func (l *simLink) supervised() {
	if s := l.stopping; s != nil {
		s.judgeEnd()
		l.stopping = nil
	}
	if l.world.machine.phase == phaseClosed || l.record.Ends() {
		l.record.MarkClosed()
		l.figures.closes++
		l.abandon()
		return
	}
	failures := l.world.machine.failures
	l.begin()
	if l.world.machine.failures != failures {
		l.fault("illegal", "%s: failures are lost between incarnations", l.name)
	}
}

// abandon settles what a closed link still waits for, when its Close waits no
// longer, and opens the link anew.
func (l *simLink) abandon() {
	l.in(l.between(0, 3*time.Second), "abandon "+l.name, l.number, func() {
		l.record.Abandon()
		l.look()
		if l.record.open != 0 {
			l.fault("hung", "%s: %d requests of a closed link wait", l.name, l.record.open)
		}
		if l.closing {
			return
		}
		l.in(l.between(time.Second, time.Minute), "open "+l.name, l.number, func() {
			if l.scope.scope.shared {
				l.record.Unshare()
			}
			l.process.Unregister()
			l.open()
		})
	})
}
