package messages

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// The three outcomes of a send that was not answered. Every error that a send
// returns matches exactly one of them with errors.Is.
var (
	// ErrNotSent means that the peer cannot have read a byte of the request:
	// it is safe to send it again, on this link or on another.
	ErrNotSent = errors.New("not sent")

	// ErrInDoubt means that the request, or a part of it, was handed to the
	// network and no response came: the peer may or may not have acted on it.
	// It has to be reversed or repeated as the scheme's rules say
	// (ISO 8583-1: reversal x400/x420, repeats x121, x201, x421).
	ErrInDoubt = errors.New("in doubt")

	// ErrRejected means that the peer answered that it did not process the
	// request: the link's Reject has recognised it. The cause is a *RejectError. A
	// repeat that was not written yet is rejected with its original.
	ErrRejected = errors.New("rejected")
)

// The causes. An error of a send matches at most one of them beside its
// outcome; the others are errors of the operating system, the context or the
// codec, wrapped as they came.
var (
	// ErrTimeout means: the deadline passed. It also matches context.DeadlineExceeded.
	ErrTimeout error = timeoutError{}
	// ErrLinkDown means: the link has no session, or its session ended.
	ErrLinkDown = errors.New("link is down")
	// ErrNotSignedOn means: the link has a session, and is not signed on.
	ErrNotSignedOn = errors.New("link is not signed on")
	// ErrOverloaded means: a limit of the link was reached (MaxInFlight,
	// MaxQueuedBytes or MaxLate). Send later, or elsewhere.
	ErrOverloaded = errors.New("link is overloaded")
	// ErrDuplicateKey means: a request with the same key is in flight, or in doubt
	// within the late window. Take another STAN, or declare the message a
	// repeat of that original by its MTI (x1x1).
	ErrDuplicateKey = errors.New("key is in use")
	// ErrNoRequest means: a message that is to be answered is no request by its MTI
	// (ISO 8583-1: its third digit is even). Post is for messages without one.
	ErrNoRequest = errors.New("message is no request")
	// ErrNoResponse means: what should answer a request of the peer is a request
	// itself by its MTI. Two ends that answered each other so would never stop.
	ErrNoResponse = errors.New("message is no response")
	// ErrReplied means: the request of the peer was replied to already.
	ErrReplied = errors.New("already replied")
	// ErrDraining means: the link finishes what is in flight and takes nothing new.
	ErrDraining = errors.New("link is draining")
	// ErrClosed means: the link was closed, and does not come back.
	ErrClosed = errors.New("link is closed")
	// ErrNoLink means: no link of that name is configured.
	ErrNoLink = errors.New("no such link")
	// ErrFrameTooLarge means: the frame is longer than the link's MaxFrame, or than
	// the framing's length field can say.
	ErrFrameTooLarge = errors.New("frame is too large")
	// ErrNotItsResponse is why a response was taken for nobody's (Unmatched): it has
	// the key of a request, and another value in a field of VerifyFields.
	ErrNotItsResponse = errors.New("response differs from its request")
	// ErrPack means: the message could not be packed by its specification.
	ErrPack = errors.New("message cannot be packed")
	// ErrUnpack means: the response could not be unpacked by the link's
	// specification. What the peer decided is in it, unread.
	ErrUnpack = errors.New("response cannot be unpacked")
)

// Why a session ended, where its own end says so: to be found with errors.Is in
// a status' LastError, a StateChanged's Reason, or behind ErrLinkDown. Others
// are errors of the operating system, TLS or the framing, wrapped as they came.
var (
	// ErrPeerClosed means that the peer closed the connection.
	ErrPeerClosed = errors.New("the peer closed the connection")
	// ErrNoEcho means that MaxMissedEchoes echoes in a row were not answered.
	ErrNoEcho = errors.New("echoes were not answered")
	// ErrReadIdle means that nothing was received for ReadIdle, nor when the peer was
	// asked by an echo.
	ErrReadIdle = errors.New("nothing was received")
	// ErrKeepAliveFlood means that the peer sent more keep-alives within a second than
	// MaxKeepAlives.
	ErrKeepAliveFlood = errors.New("too many keep-alives")
	// ErrSignOn means that the sign-on failed: it could not be built, was not
	// answered, or was refused (Check). The reason is wrapped too.
	ErrSignOn = errors.New("sign-on failed")
	// ErrReplaced means that the peer of a link that is connected to (Accept) has
	// connected anew: the older connection gave way.
	ErrReplaced = errors.New("replaced by a newer connection of the peer")
)

// Why an acceptor refused a connection: the Cause of a Refused event.
var (
	// ErrDenied means: the address is in Deny, or not in Allow.
	ErrDenied = errors.New("address is not allowed")
	// ErrSessionLimit means: MaxSessions connections are open.
	ErrSessionLimit = errors.New("too many sessions")
	// ErrAddrLimit means: MaxPerAddr connections of that address are open.
	ErrAddrLimit = errors.New("too many sessions of that address")
	// ErrHandshakeLimit means: MaxHandshakes connections are not yet sessions.
	ErrHandshakeLimit = errors.New("too many handshakes")
	// ErrHandshake means: TLS or the first message failed, or was not there in time.
	ErrHandshake = errors.New("handshake failed")
	// ErrUnknownPeer means: PeerName refused it or gave no usable name, or no
	// link expects that name.
	ErrUnknownPeer = errors.New("peer is unknown")
	// ErrLinkTaken means: the link that expects it is connected, and OnSecond is
	// Refuse; or it is paused or closed.
	ErrLinkTaken = errors.New("link takes no connection")
)

// timeoutError lets one sentinel answer both questions: ErrTimeout for users
// of this package, context.DeadlineExceeded for those who pass a context.
type timeoutError struct{}

func (timeoutError) Error() string        { return "deadline passed" }
func (timeoutError) Timeout() bool        { return true }
func (timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// SendError is the error of every send that was not answered. It carries no
// part of the message: it can be logged as it is.
type SendError struct {
	// Link is the name of the link that the send was given to.
	Link string
	// Session is the number of the session that took it, or 0 when none did.
	Session uint64
	// Key is the request's key; its zero value when none could be read.
	Key Key
	// Took is the time from the call to its settling.
	Took time.Duration
	// Outcome is ErrNotSent, ErrInDoubt or ErrRejected.
	Outcome error
	// Cause says why; it is never nil.
	Cause error
}

// Error says outcome, cause, link, session, key and time.
func (e *SendError) Error() string {
	return fmt.Sprintf("link %s: session %d: key %s: %v after %s: %v",
		e.Link, e.Session, e.Key, e.Outcome, e.Took.Round(time.Microsecond), e.Cause)
}

// Unwrap gives outcome and cause to errors.Is and errors.As.
func (e *SendError) Unwrap() []error { return []error{e.Outcome, e.Cause} }

// LogValue logs the error as a group of its parts.
func (e *SendError) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("link", e.Link),
		slog.Uint64("session", e.Session),
		slog.String("key", e.Key.String()),
		slog.Duration("took", e.Took),
		slog.String("outcome", e.Outcome.Error()),
		slog.String("cause", e.Cause.Error()),
	)
}

// CodecError is the cause of a send whose message could not be packed or
// whose response could not be unpacked. It names the field, and leaves out
// the codec's own words, which quote values.
type CodecError struct {
	// Kind is ErrPack or ErrUnpack.
	Kind error
	// Field is the number of the first field at fault, or empty when the
	// codec did not say.
	Field string
}

// Error names the field, never a value.
func (e *CodecError) Error() string {
	if e.Field == "" {
		return e.Kind.Error()
	}
	return fmt.Sprintf("%v: field %s", e.Kind, e.Field)
}

// Unwrap gives Kind to errors.Is.
func (e *CodecError) Unwrap() error { return e.Kind }

// DrainError is what closing, pausing or restarting a link returns when its
// context ended before all that was in flight had settled.
type DrainError struct {
	// Link is the link's name.
	Link string
	// InDoubt counts the requests that were on their way and got no response.
	InDoubt uint64
	// NotSent counts the requests that still waited to be written.
	NotSent uint64
	// Unhandled counts the requests of the peer that were being handled, or
	// waited for it.
	Unhandled uint64
	// Cause is the context's error.
	Cause error
}

// Error says how many sends were cut short.
func (e *DrainError) Error() string {
	return fmt.Sprintf("link %s: cut short: %d in doubt, %d not sent, %d of the peer's unhandled: %v",
		e.Link, e.InDoubt, e.NotSent, e.Unhandled, e.Cause)
}

// Unwrap gives Cause to errors.Is.
func (e *DrainError) Unwrap() error { return e.Cause }

// ConfigError is one fault of a configuration. All faults are reported at
// once, joined with errors.Join.
type ConfigError struct {
	// Link is the name of the link, group or acceptor. One without a name is called by
	// its place in the manager's configuration ("Links[2]"), and has none elsewhere.
	Link string
	// Field is the name of the field at fault.
	Field string
	// Problem says what is wrong and what would be right.
	Problem string
}

// Error names link or acceptor, field and way out.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("configuration of %s: %s: %s", e.Link, e.Field, e.Problem)
}
