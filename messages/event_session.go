package messages

import (
	"fmt"
	"log/slog"
	"time"
)

// SessionChanged says that a session of a link began, or ended. Each session is
// told twice, unless the link's events were dropped: when its socket is there,
// before the sign-on, and behind all that it had in flight.
type SessionChanged struct {
	Link string
	// Session is its number.
	Session uint64
	// Peer is the address at the other end: as configured for a link that
	// connects, and as the connection has it for one that is connected to.
	Peer string
	// Ended is false when it began.
	Ended bool
	// Reason is why it ended; nil when it began.
	Reason error
	At     time.Time
}

func (*SessionChanged) event() {}

// Origin is the link's name.
func (e *SessionChanged) Origin() string { return e.Link }

// Format prints link, session, peer and reason, whatever the verb.
func (e SessionChanged) Format(f fmt.State, _ rune) {
	what := "began"
	if e.Ended {
		what = "ended"
	}
	_, _ = fmt.Fprintf(f, "link %s: session %d %s (peer %s)", e.Link, e.Session, what, e.Peer)
	if e.Reason != nil {
		_, _ = fmt.Fprintf(f, ": %v", e.Reason)
	}
}

// LogValue logs the event's parts.
func (e SessionChanged) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(e)) }
