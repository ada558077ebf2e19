package actors

import (
	"fmt"

	"github.com/isolink-go/isolink/messages"
)

// phase is where one incarnation of a link stands. It lives from one attempt
// to connect to the end of at most one session; the supervisor then restarts
// the link into a new incarnation, which begins at phaseNew.
type phase uint8

const (
	// phaseNew: nothing was done yet. Left by evStart only.
	phaseNew phase = iota
	// phaseWaiting: no socket; timerBackoff is armed, unless the peer connects.
	// Left by the timer, by the peer's connection, or by a command.
	phaseWaiting
	// phaseConnecting: a dial is under way, with its own time limits. Left by
	// its outcome, or by a command.
	phaseConnecting
	// phaseUp: a session takes requests; timerIdle or timerEcho is armed where
	// echoes are configured, timerStable until it fired. Left by the session's
	// end, its failure, a missed echo, or a command.
	phaseUp
	// phaseDraining: the session takes no new requests; those in flight go on
	// until all have settled or the command is cut short. No timer is armed:
	// every request in flight has its deadline. Left by evDrained, evCut, or
	// the session's end.
	phaseDraining
	// phaseEnding: the socket is being closed; timerEnd is armed in case its
	// reader never says so. Left by the session's end or the timer.
	phaseEnding
	// phasePaused: no socket, no timer. Left by a command.
	phasePaused
	// phaseClosed: the actor stops. Never left.
	phaseClosed
	// phaseFailed: the supervisor was told; a new incarnation follows. Never
	// left.
	phaseFailed
)

// want is what the operator asked for last.
type want uint8

const (
	wantRun     want = iota // be up
	wantRestart             // end this session in order, then be up
	wantPause               // be without a session
	wantClose               // end
)

type timerKind uint8

const (
	timerBackoff timerKind = iota
	timerIdle
	timerEcho
	timerStable
	timerEnd
	timerKinds // how many there are
)

// event is what happens to a link. A timer belongs to the phase that armed it
// and is cancelled when that is left; the outcome of a dial comes only while
// it is awaited, session events only from the current session, evCut only
// while that is being ended. The actor drops all others.
type event uint8

const (
	evStart         event = iota // the incarnation begins
	evBackoff                    // timerBackoff fired
	evConnected                  // the dial gave a socket, or the peer has connected
	evConnectFailed              // the dial failed
	evIdle                       // silent for IdleTime
	evEchoAnswered               // the echo was answered, or timerEcho fired and a response had come
	evEchoMissed                 // timerEcho fired, and none had come
	evStable                     // timerStable fired
	evReplaced                   // the peer has connected once more
	evFailing                    // the session cannot write any more
	evDrained                    // nothing is in flight
	evCut                        // the command's context ended
	evEndTimeout                 // timerEnd fired
	evEnded                      // the session is over and everything settled
	evCommand                    // want changed
)

// action is what the actor does for the machine, in the order given.
type action uint8

const (
	actWait        action = iota // arm timerBackoff for the failures so far
	actDial                      // start to connect
	actCancelDial                // give up connecting
	actOpen                      // make the session of the socket
	actAdmit                     // publish the session: requests may come
	actRefuse                    // withdraw the session
	actWatchIdle                 // arm timerIdle
	actEcho                      // send an echo, arm timerEcho
	actWatchStable               // arm timerStable
	actDrain                     // ask to be told when nothing is in flight
	actClose                     // close the socket in order, arm timerEnd
	actAbort                     // close the socket hard, arm timerEnd
	actGuardEnd                  // arm timerEnd
	actFail                      // tell the supervisor: a new incarnation
	actStop                      // stop the actor for good
)

// machine is the life of one incarnation: no clock, socket or PID. It is a
// comparable value, so that all its states can be visited.
type machine struct {
	phase phase
	want  want
	// failures in a row, at most maxFailures; it outlives the incarnation.
	failures uint8
	missed   uint8 // echoes in a row

	expects   bool  // the peer connects: this end never dials
	once      bool  // a session of an acceptor: it ends with its socket
	arrived   bool  // the peer's connection is there from the start
	echo      bool  // echoes are configured
	maxMissed uint8 // of them end the session
}

// maxFailures is where counting stops: every cap is reached long before.
const maxFailures = 63

// state is what is shown outside.
func (m *machine) state() messages.State {
	switch m.phase {
	case phaseNew, phaseWaiting, phaseFailed:
		return messages.Waiting
	case phaseConnecting:
		return messages.Connecting
	case phaseUp:
		return messages.Up
	case phaseDraining:
		return messages.Draining
	case phaseEnding:
		if m.want == wantRun && !m.once {
			return messages.Waiting // it does not drain: the link is down
		}
		return messages.Draining
	case phasePaused:
		return messages.Paused
	case phaseClosed:
		return messages.Closed
	}
	panic(fmt.Sprintf("actors: phase %d", m.phase))
}

// step is the whole life of a link. An event that the phase cannot have is a
// bug of the actor: it panics, and the supervisor deals with it.
func (m *machine) step(ev event) []action {
	switch m.phase {
	case phaseNew:
		return m.stepNew(ev)
	case phaseWaiting:
		return m.stepWaiting(ev)
	case phaseConnecting:
		return m.stepConnecting(ev)
	case phaseUp:
		return m.stepUp(ev)
	case phaseDraining:
		return m.stepDraining(ev)
	case phaseEnding:
		return m.stepEnding(ev)
	case phasePaused:
		return m.stepPaused(ev)
	case phaseClosed, phaseFailed:
		return nil
	}
	panic(m.illegal(ev))
}

func (m *machine) illegal(ev event) string {
	return fmt.Sprintf("actors: link in phase %d cannot have event %d", m.phase, ev)
}

func (m *machine) stepNew(ev event) []action {
	if ev != evStart {
		panic(m.illegal(ev))
	}
	switch m.want {
	case wantPause:
		return m.becomePaused()
	case wantClose:
		return m.becomeClosed()
	case wantRun, wantRestart:
	}
	m.want = wantRun
	switch {
	case m.arrived:
		return m.becomeUp()
	case m.failures == 0:
		return m.becomeSeeking()
	}
	return m.becomeWaiting()
}

func (m *machine) stepWaiting(ev event) []action {
	switch ev {
	case evBackoff:
		return m.becomeConnecting()
	case evConnected:
		if !m.expects {
			panic(m.illegal(ev))
		}
		return m.becomeUp()
	case evCommand:
		if m.want == wantRun {
			return nil // it is what it does; the host keeps its delay
		}
		return m.obeyWithoutSession(m.becomeSeeking)
	default:
		panic(m.illegal(ev))
	}
}

func (m *machine) stepConnecting(ev event) []action {
	switch ev {
	case evConnected:
		return m.becomeUp()
	case evConnectFailed:
		m.fails()
		return m.becomeWaiting()
	case evCommand:
		if m.want == wantRun || m.want == wantRestart {
			m.want = wantRun
			return nil // it is what it does
		}
		return append([]action{actCancelDial}, m.obeyWithoutSession(nil)...)
	default:
		panic(m.illegal(ev))
	}
}

func (m *machine) stepUp(ev event) []action {
	switch ev {
	case evIdle:
		return []action{actEcho}
	case evEchoAnswered:
		m.missed = 0
		return []action{actWatchIdle}
	case evEchoMissed:
		m.missed++
		if m.missed >= m.maxMissed {
			return m.becomeEnding(actAbort)
		}
		return []action{actEcho}
	case evStable:
		m.failures = 0
		return nil
	case evReplaced:
		return m.becomeEnding(actAbort)
	case evFailing:
		return m.becomeEnding(actGuardEnd)
	case evEnded:
		return m.becomeFailed()
	case evCommand:
		if m.want == wantRun {
			return nil
		}
		return m.becomeDraining()
	default:
		panic(m.illegal(ev))
	}
}

func (m *machine) stepDraining(ev event) []action {
	switch ev {
	case evDrained:
		return m.becomeEnding(actClose)
	case evCut:
		return m.becomeEnding(actAbort)
	case evFailing:
		return m.becomeEnding(actGuardEnd)
	case evEnded:
		return m.finish()
	case evCommand:
		m.keepDraining()
		return nil
	default:
		panic(m.illegal(ev))
	}
}

func (m *machine) stepEnding(ev event) []action {
	switch ev {
	case evEnded:
		return m.finish()
	case evEndTimeout:
		// The supervisor's restart stops the children, and what they still
		// held settles.
		return m.finish()
	case evCut:
		return []action{actAbort}
	case evCommand:
		m.keepDraining()
		return nil
	case evFailing, evDrained:
		return nil
	default:
		panic(m.illegal(ev))
	}
}

func (m *machine) stepPaused(ev event) []action {
	if ev != evCommand {
		panic(m.illegal(ev))
	}
	return m.obeyWithoutSession(m.becomeSeeking)
}

// obeyWithoutSession does what is wanted where there is nothing to drain; run
// is what wantRun and wantRestart lead to.
func (m *machine) obeyWithoutSession(run func() []action) []action {
	switch m.want {
	case wantPause:
		return m.becomePaused()
	case wantClose:
		return m.becomeClosed()
	case wantRun, wantRestart:
	}
	m.want = wantRun
	return run()
}

// keepDraining: a drain under way cannot be taken back. Resuming meanwhile
// means to be up again after it.
func (m *machine) keepDraining() {
	if m.want == wantRun {
		m.want = wantRestart
	}
}

// finish ends a session that was told to end.
func (m *machine) finish() []action {
	if m.want == wantClose {
		return m.becomeClosed()
	}
	return m.becomeFailed()
}

func (m *machine) fails() {
	if m.failures < maxFailures {
		m.failures++
	}
}

func (m *machine) becomeWaiting() []action {
	m.phase = phaseWaiting
	if m.expects {
		return nil // the peer decides when
	}
	return []action{actWait}
}

// becomeSeeking does without delay what this end can to get a socket.
func (m *machine) becomeSeeking() []action {
	if m.expects {
		return m.becomeWaiting()
	}
	return m.becomeConnecting()
}

func (m *machine) becomeConnecting() []action {
	m.phase = phaseConnecting
	return []action{actDial}
}

func (m *machine) becomeUp() []action {
	m.phase = phaseUp
	m.missed = 0
	actions := []action{actOpen, actAdmit, actWatchStable}
	if m.echo {
		actions = append(actions, actWatchIdle)
	}
	return actions
}

func (m *machine) becomeDraining() []action {
	m.phase = phaseDraining
	return []action{actRefuse, actDrain}
}

// becomeEnding closes the socket as how says: actClose, actAbort, or
// actGuardEnd where its reader is about to find its end.
func (m *machine) becomeEnding(how action) []action {
	m.phase = phaseEnding
	return []action{actRefuse, how}
}

func (m *machine) becomePaused() []action {
	if m.once {
		return m.becomeClosed() // nobody would connect again
	}
	m.phase = phasePaused
	return nil
}

func (m *machine) becomeClosed() []action {
	m.phase = phaseClosed
	return []action{actRefuse, actStop}
}

// becomeFailed counts every end of a session, asked for or not: the host gets
// its minimum delay. A session of an acceptor is over for good.
func (m *machine) becomeFailed() []action {
	if m.once {
		return m.becomeClosed()
	}
	m.phase = phaseFailed
	m.fails()
	return []action{actRefuse, actFail}
}
