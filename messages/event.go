package messages

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/moov-io/iso8583"
)

// Event is what a link or an acceptor tells its observers: the hook for its kind,
// the OnEvent hook, and the actor system's EventStream, which share it and must not
// change it. It is sealed. Events of one link come in
// order, one at a time, from a goroutine of their own; an acceptor and all of
// its sessions share one.
type Event interface {
	event()
	// Origin is the name of the link, session or acceptor that the event comes
	// from.
	Origin() string
}

// StateChanged says that a link went from one state to another.
type StateChanged struct {
	Link string
	From State
	To   State
	// Session is the number of the current session, or of the last one; 0
	// before the first.
	Session uint64
	// Reason is why; nil where the change needs none (a timer, a success).
	Reason error
	At     time.Time
}

func (*StateChanged) event() {}

// Origin is the link's name.
func (e *StateChanged) Origin() string { return e.Link }

// LateReply is a response whose request was already settled in doubt. It is
// told once, to the OnLate hook and as an event.
type LateReply struct {
	// Link is the link that the request went out on, ReceivedLink the one that the
	// response came on: another one only where they share a scope.
	Link         string
	ReceivedLink string
	Key          Key
	// Request and Response are packed messages; the receiver must not change
	// them, since several observers share them.
	Request  []byte
	Response []byte
	// Header stood in front of the response, where the framing has headers; it
	// is shared likewise.
	Header []byte
	// RejectCode is set where the response is a reject: the link's Reject gave it.
	RejectCode string
	// SentSession and ReceivedSession, each of its link, are equal unless the link
	// restarted between request and response.
	SentSession     uint64
	ReceivedSession uint64
	// SentAt is when the request was handed to the network, SettledAt when its
	// caller was told that it is in doubt.
	SentAt     time.Time
	SettledAt  time.Time
	ReceivedAt time.Time

	spec *iso8583.MessageSpec
}

// NewLateReply is for links: spec is what Messages unpacks with.
func NewLateReply(l LateReply, spec *iso8583.MessageSpec) *LateReply {
	l.spec = spec
	return &l
}

func (*LateReply) event() {}

// Origin is the link's name.
func (e *LateReply) Origin() string { return e.Link }

// Messages unpacks request and response. It returns a *CodecError when either
// cannot be unpacked.
func (e *LateReply) Messages() (request, response *iso8583.Message, err error) {
	if request, err = Unpack(e.spec, e.Request); err != nil {
		return nil, nil, err
	}
	if response, err = Unpack(e.spec, e.Response); err != nil {
		return nil, nil, err
	}
	return request, response, nil
}

// Unmatched is a frame of the peer that nobody waits for: a response that
// answers no request in flight or in doubt, or one whose key cannot be read,
// or a request of the peer on a link that handles none.
type Unmatched struct {
	Link    string
	Session uint64
	// MTI is the zero value when it cannot be read.
	MTI MTI
	// Key is the zero value when it cannot be read; Err then says why, except of a
	// reject.
	Key Key
	Err error
	// RejectCode is set where it is a reject: the link's Reject gave it.
	RejectCode string
	// Frame is the packed message, Header what stood in front of it where the
	// framing has headers; the receiver must not change them.
	Frame  []byte
	Header []byte
}

func (*Unmatched) event() {}

// Origin is the link's name.
func (e *Unmatched) Origin() string { return e.Link }

// RequestsDropped says that requests of the peer were not handled, because
// MaxInbound of them waited already and no Overload answered, because their
// deadline passed while they waited, or because the link was closed. The first is told at once, and then at most
// one a second, with the count since; the link's counters have all.
type RequestsDropped struct {
	Link    string
	Session uint64
	Count   uint64
	// Reason is ErrOverloaded, ErrTimeout or ErrClosed.
	Reason error
}

func (*RequestsDropped) event() {}

// Origin is the link's name.
func (e *RequestsDropped) Origin() string { return e.Link }

// Refused says that an acceptor refused connections. The first one for a cause
// is told at once, and then at most one a second, with the count since.
type Refused struct {
	Acceptor string
	// Cause is one of ErrDenied, ErrSessionLimit, ErrAddrLimit, ErrHandshakeLimit,
	// ErrHandshake, ErrUnknownPeer, ErrLinkTaken.
	Cause error
	// Peer is the address of the last one.
	Peer string
	// Count is how many there were since the cause was told last.
	Count uint64
	// Err is what the last one failed with; nil where the cause says it all.
	Err error
}

func (*Refused) event() {}

// Origin is the acceptor's name.
func (e *Refused) Origin() string { return e.Acceptor }

// AcceptFailed says that the operating system gave an acceptor no connection,
// for want of file descriptors, say. It tries again.
type AcceptFailed struct {
	Acceptor string
	Reason   error
}

func (*AcceptFailed) event() {}

// Origin is the acceptor's name.
func (e *AcceptFailed) Origin() string { return e.Acceptor }

// EchoFailed says that an echo was not answered in time, or could not be built.
type EchoFailed struct {
	Link    string
	Session uint64
	// Missed counts the echoes missed in a row; at MaxMissedEchoes the session
	// is ended.
	Missed int
	Reason error
}

func (*EchoFailed) event() {}

// Origin is the link's name.
func (e *EchoFailed) Origin() string { return e.Link }

// SignFailed says that a sign-on or a sign-off was not answered, was refused, or
// could not be built. A sign-on that failed ends its session.
type SignFailed struct {
	Link    string
	Session uint64
	// Off is true for a sign-off.
	Off bool
	// Reason is ErrTimeout, ErrLinkDown, what Build or Check returned (a *CodeError
	// of WantCode), or another cause of a send.
	Reason error
}

func (*SignFailed) event() {}

// Origin is the link's name.
func (e *SignFailed) Origin() string { return e.Link }

// Panicked says that a function given by the embedding program, or an actor of
// the link, panicked, and that the link goes on.
type Panicked struct {
	Link string
	// Where is the name of the configuration's field that holds the function, TLS for
	// what is in a tls.Config; "Conn" for a connection that Dial or Listener gave, or
	// the name of the actor.
	Where string
	// Reason is the type of the panic's value; the value itself is left out,
	// since it may hold anything.
	Reason string
}

func (*Panicked) event() {}

// Origin is the link's name.
func (e *Panicked) Origin() string { return e.Link }

// EventsDropped says how many events were dropped since the last one told,
// because observers were too slow (MaxEvents).
type EventsDropped struct {
	Link  string
	Count uint64
}

func (*EventsDropped) event() {}

// Origin is the link's name.
func (e *EventsDropped) Origin() string { return e.Link }

// Format prints link, states and reason, whatever the verb.
func (e StateChanged) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "link %s: %v -> %v (session %d)", e.Link, e.From, e.To, e.Session)
	if e.Reason != nil {
		_, _ = fmt.Fprintf(f, ": %v", e.Reason)
	}
}

// LogValue logs the event's parts.
func (e StateChanged) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("link", e.Link), slog.String("from", e.From.String()),
		slog.String("to", e.To.String()), slog.Uint64("session", e.Session),
	}
	if e.Reason != nil {
		attrs = append(attrs, slog.String("reason", e.Reason.Error()))
	}
	return slog.GroupValue(attrs...)
}

// Format prints link, key and times, whatever the verb.
func (e LateReply) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "link %s: late reply to %s: %s after it was sent (sessions %d, %d)",
		e.Link, e.Key, e.ReceivedAt.Sub(e.SentAt), e.SentSession, e.ReceivedSession)
	if e.ReceivedLink != "" && e.ReceivedLink != e.Link {
		_, _ = fmt.Fprintf(f, " on link %s", e.ReceivedLink)
	}
}

// LogValue logs the event's parts, without the messages.
func (e LateReply) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("link", e.Link), slog.String("received_link", e.ReceivedLink), slog.String("key", e.Key.String()),
		slog.Uint64("sent_session", e.SentSession), slog.Uint64("received_session", e.ReceivedSession),
		slog.Duration("after_sent", e.ReceivedAt.Sub(e.SentAt)),
		slog.Duration("after_settled", e.ReceivedAt.Sub(e.SettledAt)),
	)
}

// MarshalText gives what Format prints, to encoders that look into what they
// are given.
func (e LateReply) MarshalText() ([]byte, error) { return fmt.Append(nil, e), nil }

// Format prints link, MTI and key, whatever the verb.
func (e Unmatched) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "link %s: session %d: nobody waits for this %s, key %s", e.Link, e.Session, e.MTI, e.Key)
	if e.Err != nil {
		_, _ = fmt.Fprintf(f, ": %v", e.Err)
	}
}

// LogValue logs the event's parts, without the message.
func (e Unmatched) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(e)) }

// MarshalText gives what Format prints, to encoders that look into what they
// are given.
func (e Unmatched) MarshalText() ([]byte, error) { return fmt.Append(nil, e), nil }

// Format prints link, count and reason, whatever the verb.
func (e RequestsDropped) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "link %s: session %d: %d requests of the peer dropped: %v", e.Link, e.Session, e.Count, e.Reason)
}

// LogValue logs the event's parts.
func (e RequestsDropped) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(e)) }

// Format prints acceptor, cause, count and peer, whatever the verb.
func (e Refused) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "acceptor %s: %d refused: %v: the last from %s", e.Acceptor, e.Count, e.Cause, e.Peer)
	if e.Err != nil {
		_, _ = fmt.Fprintf(f, ": %v", e.Err)
	}
}

// LogValue logs the event's parts.
func (e Refused) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(e)) }

// Format prints acceptor and reason, whatever the verb.
func (e AcceptFailed) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "acceptor %s: no connection: %v", e.Acceptor, e.Reason)
}

// LogValue logs the event's parts.
func (e AcceptFailed) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(e)) }

// Format prints link, count and reason, whatever the verb.
func (e EchoFailed) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "link %s: session %d: echo %d missed: %v", e.Link, e.Session, e.Missed, e.Reason)
}

// LogValue logs the event's parts.
func (e EchoFailed) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(e)) }

// Format prints link, what failed, and reason, whatever the verb.
func (e SignFailed) Format(f fmt.State, _ rune) {
	what := "sign-on"
	if e.Off {
		what = "sign-off"
	}
	_, _ = fmt.Fprintf(f, "link %s: session %d: %s failed: %v", e.Link, e.Session, what, e.Reason)
}

// LogValue logs the event's parts.
func (e SignFailed) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(e)) }

// Format prints link and place, whatever the verb.
func (e Panicked) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "link %s: %s panicked: %s", e.Link, e.Where, e.Reason)
}

// LogValue logs the event's parts.
func (e Panicked) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(e)) }

// Format prints link and count, whatever the verb.
func (e EventsDropped) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "link %s: %d events dropped", e.Link, e.Count)
}

// LogValue logs the event's parts.
func (e EventsDropped) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(e)) }
