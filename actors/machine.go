package actors

import (
	"fmt"

	"github.com/isolink-go/isolink/messages"
)

// phase is where one incarnation of a link stands. It lives from one attempt
// to connect to the end of at most one session; the supervisor then restarts
// the link into a new incarnation, which begins at phaseNew.
//
// From phaseSigningOn to phaseDraining there is a session that goes on. Beside the
// timers of each phase, its own are armed where they are configured: timerKeepAlive,
// and timerReadIdle or timerReadAsked. The latter may end it.
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
	// phaseSigningOn: a session whose sign-on is under way; it takes no requests.
	// timerSign is armed, unless the scope was asked whether there is one to make
	// and has not said yet. Left by the outcome, the timer, the session's end or
	// failure, or a command.
	phaseSigningOn
	// phaseUp: a session takes requests; timerIdle or timerEcho is armed where
	// echoes are configured, timerStable until it fired. Left by the session's
	// end, its failure, a missed echo, or a command.
	phaseUp
	// phaseSigningOff: a sign-off is under way; the session takes no new requests.
	// timerSign is armed, unless the scope was asked and has not said yet. It leads
	// to phaseSignedOff, or, where the session is to end, to phaseEnding or
	// phaseDraining. Left by the outcome, the timer, the session's end or failure,
	// or a command.
	phaseSigningOff
	// phaseSignedOff: a session that takes no requests until it is signed on again;
	// the same timers are armed as in phaseUp, timerStable apart. Left as phaseUp is.
	phaseSignedOff
	// phaseDraining: the session takes no new requests; those in flight go on
	// until all have settled or the command is cut short. No timer of its own is
	// armed: every request in flight has its deadline. Left by evDrained, evCut, or
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
	timerSign
	timerEnd
	timerKeepAlive
	timerReadIdle
	timerReadAsked
	timerKinds // how many there are

	// phaseTimers are those below it; the others are a session's.
	phaseTimers = timerKeepAlive
)

// event is what happens to a link. A timer belongs to the phase that armed it, or
// to the session, and is cancelled when that is left; the outcome of a dial comes only while
// it is awaited, session events only from the current session, evCut only
// while that is being ended. The actor drops all others.
type event uint8

const (
	evStart         event = iota // the incarnation begins
	evBackoff                    // timerBackoff fired
	evConnected                  // the dial gave a socket, or the peer has connected
	evConnectFailed              // the dial failed
	evSignedOn                   // the sign-on was answered, and accepted; or another link's was
	evSignOnFailed               // it was refused, or not answered, or timerSign fired
	evSignedOff                  // the sign-off is over, whatever came of it, or is not to be made yet
	evSign                       // off or peerOff changed
	evGranted                    // the sign-on, or sign-off, of the scope is this link's to make
	evIdle                       // silent for IdleTime
	evEchoAnswered               // the echo was answered, or timerEcho fired and a response had come
	evEchoMissed                 // timerEcho fired, and none had come
	evStable                     // timerStable fired
	evWriteIdle                  // nothing was written for SendKeepAlive
	evReadIdle                   // nothing was received for ReadIdle
	evReadAgain                  // timerReadAsked fired, and something had come
	evReadSilent                 // timerReadAsked fired, and nothing had come
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
	actAskScope                  // ask whether the scope's sign-on or sign-off is to be made
	actSignOn                    // begin the sign-on, arm timerSign
	actSignOff                   // begin the sign-off, arm timerSign
	actAdmit                     // publish the session: requests may come
	actRefuse                    // withdraw the session
	actWatchIdle                 // arm timerIdle
	actEcho                      // send an echo, arm timerEcho
	actWatchStable               // arm timerStable
	actWatchWrite                // arm timerKeepAlive
	actKeepAlive                 // write a keep-alive
	actWatchRead                 // arm timerReadIdle
	actAskRead                   // send an echo, arm timerReadAsked
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
	// failures in a row, at most mostFailures; it outlives the incarnation.
	failures uint8
	missed   uint8 // echoes in a row
	off      bool  // the operator wants to be signed off
	peerOff  bool  // the peer has signed off, in this session
	on       bool  // the session was signed on, and not signed off since
	asking   bool  // the scope was asked, and has not said
	draining bool  // it was told to drain: that is not taken back

	expects   bool  // the peer connects: this end never dials
	once      bool  // a session of an acceptor: it ends with its socket
	arrived   bool  // the peer's connection is there from the start
	signOn    bool  // sign-on is configured
	signOff   bool  // sign-off is configured
	offOnStop bool  // and goes before a session that is closed or paused ends
	offFirst  bool  // and before it drains
	scoped    bool  // sign-on and sign-off are the scope's
	keepAlive bool  // SendKeepAlive is configured
	readIdle  bool  // ReadIdle is configured
	echo      bool  // echoes are configured
	maxMissed uint8 // of them end the session
	countsTo  uint8 // where failures stop being counted; 0: at maxFailures
}

// maxFailures is where counting stops: every cap is reached long before.
const maxFailures = 63

func (m *machine) mostFailures() uint8 {
	if m.countsTo > 0 {
		return m.countsTo
	}
	return maxFailures
}

// state is what is shown outside.
func (m *machine) state() messages.State {
	switch m.phase {
	case phaseNew, phaseWaiting, phaseFailed:
		return messages.Waiting
	case phaseConnecting:
		return messages.Connecting
	case phaseSigningOn:
		return messages.SigningOn
	case phaseUp:
		return messages.Up
	case phaseSignedOff:
		return messages.SignedOff
	case phaseSigningOff:
		if m.draining {
			return messages.Draining
		}
		return messages.SignedOff
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

// standing is what the sign-on of a scope knows of a link.
type standing uint8

const (
	standsApart      standing = iota // no session, or signed off
	standsAskingOn                   // waits for a sign-on, its own or another link's
	standsSigningOn                  // makes it
	standsOn                         // is signed on
	standsAskingOff                  // waits to be told whether it was the last one
	standsSigningOff                 // it was, and signs off
)

func (m *machine) standing() standing {
	switch m.phase {
	case phaseSigningOn:
		if m.asking {
			return standsAskingOn
		}
		return standsSigningOn
	case phaseSigningOff:
		if m.asking {
			return standsAskingOff
		}
		return standsSigningOff
	case phaseUp, phaseDraining:
		if m.on {
			return standsOn
		}
	case phaseNew, phaseWaiting, phaseConnecting, phaseSignedOff, phaseEnding, phasePaused, phaseClosed, phaseFailed:
	}
	return standsApart
}

// serves reports whether the phase has a session that another connection of the
// peer takes the place of.
func (m *machine) serves() bool {
	switch m.phase {
	case phaseSigningOn, phaseUp, phaseSignedOff:
		return true
	case phaseSigningOff:
		return !m.draining
	case phaseNew, phaseWaiting, phaseConnecting, phaseDraining, phaseEnding, phasePaused, phaseClosed, phaseFailed:
	}
	return false
}
