package actors

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// world is a machine with all of its surroundings that decide what can happen
// next: the operator's wish, and what the actor holds because of the actions so
// far. It is comparable, so that every world there is can be visited.
type world struct {
	machine machine
	wanted  want // Record.Want; never taken back once it is wantClose
	told    bool // the machine has heard of it
	gone    bool // the supervisor stopped the actor instead of restarting it
	kept    bool // a connection of the peer waits for the next incarnation

	armed      [timerKinds]bool
	stable     bool // timerStable fired in this session
	dialling   bool
	socket     socketStage
	admitting  bool // the session is published
	drainAsked bool
	failed     int // calls of actFail and actStop
}

type socketStage uint8

const (
	noSocket socketStage = iota
	dialledSocket
	openSocket
	closingSocket
)

// move is one thing that can happen in a world.
type move struct {
	name     string
	event    event // of the machine, where it is one
	isEvent  bool
	operator bool // somebody decides it; all others come about by themselves
	to       world
}

// moves are all that can happen next, as the comments of event and of the
// actor's Receive have it. It fails the test when the machine asks its actor
// for what cannot be done.
func (w world) moves(t *testing.T) []move {
	var all []move
	if w.gone {
		return nil
	}
	if w.machine.phase != phaseClosed && w.wanted != wantClose {
		for _, name := range []string{"resume", "pause", "close"} {
			next := w
			next.wanted, next.told = commandNames[name], false
			all = append(all, move{name: "operator: " + name, operator: true, to: next})
		}
	}
	switch w.machine.phase {
	case phaseClosed:
		return all
	case phaseFailed:
		next := w
		if w.wanted == wantClose {
			next.gone = true
		} else {
			next = world{machine: nextIncarnation(w.machine, w.wanted), wanted: w.wanted, told: true}
			if next.machine.arrived = w.kept; w.kept {
				next.socket = dialledSocket
			}
		}
		return append(w.keepMoves(all), move{name: "supervisor", to: next})
	case phaseNew:
		return append(all, w.take(t, "", evStart, nil))
	case phaseWaiting, phaseConnecting, phaseSigningOn, phaseUp, phaseSigningOff, phaseSignedOff, phaseDraining, phaseEnding, phasePaused:
	}
	if w.machine.signOn || w.machine.signOff { // where it makes a difference
		m := w.take(t, "sign", evSign, func(n *world) {
			if n.machine.off = !n.machine.off; !n.machine.off {
				n.machine.peerOff = false
			}
		})
		m.operator = true
		all = append(all, m)
	}
	if w.socket == openSocket && (w.machine.signOn || w.machine.signOff) {
		m := w.take(t, "peer signs", evSign, func(n *world) { n.machine.peerOff = !n.machine.peerOff })
		m.operator = true // it may never happen
		all = append(all, m)
	}
	all = append(all, w.take(t, "obey", evCommand, func(n *world) { n.machine.want, n.told = n.wanted, true }))
	if w.wanted == wantRun {
		m := w.take(t, "restart", evCommand, func(n *world) { n.machine.want = wantRestart })
		m.operator = true
		all = append(all, m)
	}
	return append(w.keepMoves(all), w.sessionMoves(t)...)
}

// keepMoves are the peer's connection that comes while another one ends, as
// link.arrived has it.
func (w world) keepMoves(all []move) []move {
	switch w.machine.phase {
	case phaseDraining, phaseEnding, phaseFailed:
		if w.machine.expects && w.machine.want != wantPause && w.machine.want != wantClose {
			next := w
			next.kept = true
			all = append(all, move{name: "peer connects", to: next})
		}
	case phaseSigningOff:
		if w.machine.expects && w.machine.draining && w.machine.want != wantPause && w.machine.want != wantClose {
			next := w
			next.kept = true
			all = append(all, move{name: "peer connects", to: next})
		}
	case phaseNew, phaseWaiting, phaseConnecting, phaseSigningOn, phaseUp, phaseSignedOff, phasePaused, phaseClosed:
	}
	return all
}

// sessionMoves are the events that timers, dials and sessions bring.
func (w world) sessionMoves(t *testing.T) []move {
	var all []move
	add := func(may bool, ev event, before func(*world)) {
		if may {
			all = append(all, w.take(t, "", ev, before))
		}
	}
	fires := func(k timerKind) func(*world) { return func(n *world) { n.armed[k] = false } }
	session := w.socket == openSocket || w.socket == closingSocket
	add(w.armed[timerBackoff], evBackoff, fires(timerBackoff))
	add(w.armed[timerIdle], evIdle, fires(timerIdle))
	add(w.armed[timerEcho], evEchoAnswered, fires(timerEcho))
	add(w.armed[timerEcho], evEchoMissed, fires(timerEcho))
	add(w.armed[timerKeepAlive], evWriteIdle, fires(timerKeepAlive))
	add(w.armed[timerReadIdle], evReadIdle, fires(timerReadIdle))
	add(w.armed[timerReadAsked], evReadAgain, fires(timerReadAsked))
	add(w.armed[timerReadAsked], evReadSilent, fires(timerReadAsked))
	add(w.armed[timerStable], evStable, func(n *world) { n.armed[timerStable], n.stable = false, true })
	add(w.machine.phase == phaseSigningOn, evSignedOn, nil)
	add(w.machine.phase == phaseSigningOn && !w.machine.asking, evSignOnFailed, nil)
	add(w.machine.asking, evGranted, nil)
	add(w.machine.phase == phaseSigningOff, evSignedOff, nil)
	add(w.armed[timerEnd], evEndTimeout, fires(timerEnd))
	add(w.dialling, evConnected, func(n *world) { n.dialling, n.socket = false, dialledSocket })
	add(w.machine.expects && w.machine.phase == phaseWaiting, evConnected, func(n *world) { n.socket = dialledSocket })
	add(w.machine.expects && w.machine.serves(), evReplaced, func(n *world) { n.kept = true })
	add(w.dialling, evConnectFailed, func(n *world) { n.dialling = false })
	add(session, evFailing, nil)
	add(session, evEnded, nil)
	add(session && w.drainAsked, evDrained, nil)
	add(w.machine.phase == phaseDraining || w.machine.phase == phaseEnding ||
		(w.machine.phase == phaseSigningOff && w.machine.draining), evCut, nil)
	return all
}

// take feeds the machine with an event that the surroundings, changed by
// before, have brought, and does what link.step does with the actions.
func (w world) take(t *testing.T, name string, ev event, before func(*world)) move {
	if name == "" {
		name = eventNames[ev]
	}
	next, _, fault := w.after(name, ev, before)
	if fault != "" {
		require.Failf(t, fault, "%s in %+v leads to %+v", name, w, next)
	}
	return move{name: name, event: ev, isEvent: true, to: next}
}

// after is the world that an event leads to, and what the actor has to do; fault is
// what must not be.
func (w world) after(name string, ev event, before func(*world)) (next world, actions []action, fault string) {
	next = w
	if before != nil {
		before(&next)
	}
	waiting := next.machine.phase == phaseWaiting
	if actions, fault = tryStep(&next.machine, ev); fault != "" {
		return next, nil, fault
	}
	if next.machine.phase != w.machine.phase {
		kept := next.armed
		next.armed, next.stable = [timerKinds]bool{}, false
		if socketIn(next.machine.phase) == openSocket { // the session's timers go on
			copy(next.armed[phaseTimers:], kept[phaseTimers:])
		}
	}
	for _, a := range actions {
		if fault := next.perform(a); fault != "" {
			return next, actions, actionNames[a] + ": " + fault
		}
		asked := name == "restart" || (name == "obey" && !waiting)
		if a == actDial && w.machine.failures > 0 && ev != evBackoff && !asked {
			return next, actions, "dials without a wait"
		}
	}
	if ev == evStart && socketIn(next.machine.phase) == noSocket {
		next.socket = noSocket // link.start closes what it does not need
	}
	return next, actions, next.judge(w.machine, ev)
}

// tryStep is machine.step; fault is what it panicked with.
func tryStep(m *machine, ev event) (actions []action, fault string) {
	defer func() {
		if p := recover(); p != nil {
			fault = fmt.Sprint("panic: ", p)
		}
	}()
	return m.step(ev), ""
}

// perform does to the surroundings what the actor does, and says why it could not.
func (w *world) perform(a action) string {
	expect := func(ok bool, fault string) string {
		if ok {
			return ""
		}
		return fault
	}
	session := w.socket == openSocket || w.socket == closingSocket
	switch a {
	case actWait:
		w.armed[timerBackoff] = true
		return expect(w.socket == noSocket && !w.dialling, "waits with a socket")
	case actDial:
		fault := expect(!w.dialling && w.socket == noSocket, "a second socket")
		w.dialling = true
		return fault
	case actCancelDial:
		fault := expect(w.dialling, "nothing to cancel")
		w.dialling = false
		return fault
	case actOpen:
		fault := expect(w.socket == dialledSocket, "no socket to make a session of")
		w.socket = openSocket
		return fault
	case actAskScope:
		return expect(w.machine.scoped && session && !w.admitting, "asks without a scope or a session, or admits meanwhile")
	case actSignOn, actSignOff:
		w.armed[timerSign] = true
		return expect(session && !w.admitting, "signs without a session, or admits meanwhile")
	case actAdmit:
		w.admitting = true
		return expect(w.socket == openSocket, "admits without a session")
	case actRefuse:
		w.admitting = false
	case actWatchIdle:
		w.armed[timerIdle] = true
		return expect(session && !w.armed[timerEcho], "watches during an echo")
	case actEcho:
		w.armed[timerEcho] = true
		return expect(session && !w.armed[timerIdle], "an echo while it watches")
	case actWatchStable:
		w.armed[timerStable] = true
		return expect(session, "no session to watch")
	case actWatchWrite:
		w.armed[timerKeepAlive] = true
		return expect(session, "no session to watch")
	case actKeepAlive:
		return expect(w.socket == openSocket && w.machine.keepAlive, "a keep-alive without a session, or unasked")
	case actWatchRead:
		w.armed[timerReadIdle] = true
		return expect(session && !w.armed[timerReadAsked], "watches while it asks")
	case actAskRead:
		w.armed[timerReadAsked] = true
		return expect(session && w.machine.echo && !w.armed[timerReadIdle], "asks while it watches, or without an echo")
	case actDrain:
		w.drainAsked = true
		return expect(session && !w.admitting, "drains what still fills")
	case actClose, actAbort, actGuardEnd:
		fault := expect(session && !w.admitting, "closes what still fills")
		fault += expect(a == actAbort || w.socket == openSocket, "closed twice")
		w.socket = closingSocket
		w.armed[timerEnd] = true
		return fault
	case actFail, actStop:
		fault := expect(w.failed == 0, "ended twice")
		fault += expect(!w.dialling && !w.admitting && w.armed == [timerKinds]bool{}, "something stays behind")
		w.failed++
		w.socket = noSocket // link.end closes it
		return fault
	}
	return ""
}

// judge says what of the comments on phase and machine does not hold in a world
// that was reached from one with the machine before, by ev.
func (w world) judge(before machine, ev event) string {
	var faults []string
	must := func(ok bool, fault string) {
		if !ok {
			faults = append(faults, fault)
		}
	}
	m, p := w.machine, w.machine.phase
	must(w.armed == w.shouldBeArmed(), "other timers are armed")
	must(w.admitting == (p == phaseUp), "admits while it is not up, or the reverse")
	must(w.dialling == (p == phaseConnecting), "dials while it is not connecting, or the reverse")
	must(w.socket == socketIn(p), "a socket that should not be there, or none")
	must(w.drainAsked || p != phaseDraining, "drains without asking")
	must(m.signOn || p != phaseSigningOn, "signs on, though it cannot")
	must(m.signOff || p != phaseSigningOff, "signs off, though it cannot")
	must(!m.isOff() || p != phaseUp, "up, and signed off")
	must(!m.asking || (m.scoped && (p == phaseSigningOn || p == phaseSigningOff)), "asks what nobody answers")
	must(p != phaseUp || m.on == m.signOn, "up without its sign-on")
	must(p != phaseSignedOff || m.isOff(), "signed off, unasked")
	must((w.failed == 1) == (p == phaseFailed || p == phaseClosed), "ended without telling, or the reverse")
	must(m.failures <= m.mostFailures(), "too many failures")
	must(m.failures >= before.failures || (ev == evStable && m.failures == 0), "failures forgotten")
	must(m.failures <= before.failures+1, "several failures at once")
	must(m.failures > before.failures || before.failures == m.mostFailures() ||
		(p != phaseFailed && ev != evConnectFailed), "a failure that is not counted")
	must(m.missed <= m.maxMissed, "too many echoes missed")
	must(!m.echo || (p != phaseUp && p != phaseSignedOff) || m.missed < m.maxMissed, "up after too many missed echoes")
	must(m.echo == before.echo && m.maxMissed == before.maxMissed, "another configuration")
	must(!w.told || w.wanted != wantPause || m.want == wantPause, "a pause is forgotten")
	must(!w.told || w.wanted != wantClose || m.want == wantClose, "a close is forgotten")
	must(!w.told || w.wanted != wantRun || m.want == wantRun || m.want == wantRestart, "a resume is forgotten")
	must(p != phasePaused || m.want == wantPause, "paused, unasked")
	must(p != phaseClosed || m.want == wantClose || m.once, "closed, unasked")
	must(!m.expects || p != phaseConnecting, "connects, though its peer does")
	must(!m.once || (p != phaseFailed && p != phaseWaiting && p != phasePaused), "goes on after its only session")
	return strings.Join(faults, "; ")
}

// socketIn is what becomes of the one socket of an incarnation.
func socketIn(p phase) socketStage {
	switch p {
	case phaseSigningOn, phaseUp, phaseSigningOff, phaseSignedOff, phaseDraining:
		return openSocket
	case phaseEnding:
		return closingSocket
	case phaseNew, phaseWaiting, phaseConnecting, phasePaused, phaseClosed, phaseFailed:
	}
	return noSocket
}

// shouldBeArmed is what the phases' comments say.
func (w world) shouldBeArmed() (armed [timerKinds]bool) {
	switch w.machine.phase {
	case phaseWaiting:
		armed[timerBackoff] = !w.machine.expects
	case phaseSigningOn, phaseSigningOff:
		armed[timerSign] = !w.machine.asking
	case phaseUp, phaseSignedOff:
		armed[timerStable] = w.machine.phase == phaseUp && !w.stable
		if w.machine.echo {
			armed[timerIdle], armed[timerEcho] = !w.armed[timerEcho], w.armed[timerEcho]
		}
	case phaseEnding:
		armed[timerEnd] = true
	case phaseNew, phaseConnecting, phaseDraining, phasePaused, phaseClosed, phaseFailed:
	}
	if socketIn(w.machine.phase) == openSocket {
		armed[timerKeepAlive] = w.machine.keepAlive
		if w.machine.readIdle {
			armed[timerReadIdle], armed[timerReadAsked] = !w.armed[timerReadAsked], w.armed[timerReadAsked]
		}
	}
	return armed
}
