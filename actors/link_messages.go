package actors

import "fmt"

// Messages to the link's actor, beside those of its session, its dial and its
// timers.
type (
	// Obey tells it that Record.Want changed.
	Obey struct{}
	// Restart ends the session in order and starts another one.
	Restart struct{}
	// Cut ends at once what is being drained: who asked for it waits no longer.
	Cut struct{}

	// Sign tells it that Record.SignedOff changed.
	Sign struct{}

	// peerSigns: the peer has signed off by a request of its own, or on again.
	peerSigns struct {
		session *session
		off     bool
	}
	// scopeMoved: what the scope says of the session's sign-on may be another thing
	// now.
	scopeMoved struct{ session *session }

	// arrived is a connection that the peer of the link has opened.
	arrived struct {
		socket *socket
		refuse func() // instead of closing it: it is counted
	}

	timerFired struct {
		kind  timerKind
		token uint64
	}
)

// IgnoreDeadLetterLogging keeps what came too late for a link out of the log.
func (Obey) IgnoreDeadLetterLogging() {}

// IgnoreDeadLetterLogging keeps what came too late for a link out of the log.
func (Restart) IgnoreDeadLetterLogging() {}

// IgnoreDeadLetterLogging keeps what came too late for a link out of the log.
func (Cut) IgnoreDeadLetterLogging() {}

// IgnoreDeadLetterLogging keeps what came too late for a link out of the log.
func (Sign) IgnoreDeadLetterLogging() {}

// IgnoreDeadLetterLogging keeps what came too late for a link out of the log.
func (peerSigns) IgnoreDeadLetterLogging() {}

// IgnoreDeadLetterLogging keeps what came too late for a link out of the log.
func (scopeMoved) IgnoreDeadLetterLogging() {}

// IgnoreDeadLetterLogging keeps what came too late for a link out of the log.
func (signDone) IgnoreDeadLetterLogging() {}

// Format prints whose connection it is, whatever the verb: the first message may have
// been read of it.
func (m arrived) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "isolink connection (%s)", m.socket.addr)
}

// IgnoreDeadLetterLogging keeps what came too late for a link out of the log.
func (arrived) IgnoreDeadLetterLogging() {}

// IgnoreDeadLetterLogging keeps timers that came too late out of the log.
func (timerFired) IgnoreDeadLetterLogging() {}

// IgnoreDeadLetterLogging keeps what came too late for a link out of the log.
func (dialled) IgnoreDeadLetterLogging() {}

// IgnoreDeadLetterLogging keeps what came too late for a link out of the log.
func (sessionEnded) IgnoreDeadLetterLogging() {}

// IgnoreDeadLetterLogging keeps what came too late for a link out of the log.
func (sessionFailing) IgnoreDeadLetterLogging() {}

// IgnoreDeadLetterLogging keeps what came too late for a link out of the log.
func (sessionDrained) IgnoreDeadLetterLogging() {}

// IgnoreDeadLetterLogging keeps what came too late for a link out of the log.
func (echoDone) IgnoreDeadLetterLogging() {}
