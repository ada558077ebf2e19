package messages

import (
	"fmt"
	"log/slog"
)

// CertificatesFailed says that the TLSFiles of a link or an acceptor changed, and
// cannot be used as they are: what was read before stays in use. It is told once for
// each change.
type CertificatesFailed struct {
	// Link is the name of the link or acceptor.
	Link string
	// Reason names the field, and the file where it cannot be read.
	Reason error
}

func (*CertificatesFailed) event() {}

// Origin is the name of the link or acceptor.
func (e *CertificatesFailed) Origin() string { return e.Link }

// Format prints link and reason, whatever the verb.
func (e CertificatesFailed) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "link %s: new certificates cannot be used: %v", e.Link, e.Reason)
}

// LogValue logs the event's parts.
func (e CertificatesFailed) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(e)) }
