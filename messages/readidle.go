package messages

import (
	"fmt"
	"log/slog"
	"time"
)

// ReadIdle says that nothing was received in a session for ReadIdle. The peer is
// asked by an echo where one is configured; otherwise the session ends.
type ReadIdle struct {
	Link    string
	Session uint64
	// Since is when something was received last, or the session began.
	Since time.Time
}

func (*ReadIdle) event() {}

// Origin is the link's name.
func (e *ReadIdle) Origin() string { return e.Link }

// Format prints link and time, whatever the verb.
func (e ReadIdle) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "link %s: session %d: nothing was received since %s", e.Link, e.Session, e.Since.Format(time.RFC3339))
}

// LogValue logs the event's parts.
func (e ReadIdle) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(e)) }
