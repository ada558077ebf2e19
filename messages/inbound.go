package messages

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/moov-io/iso8583"
)

// Inbound is a request of the peer, as a link's Handler gets it. It may be
// answered once. It can be kept, and answered after the handler has returned,
// from any goroutine, until its deadline or its session's end; only then nobody
// but its keeper bounds how many there are, and a link that drains does not wait
// for it.
type Inbound struct {
	// Link is the name of the link, or of the acceptor's session, that it came by.
	Link string
	// Session is the number of the session.
	Session uint64
	// Peer is the address at the other end: as configured for a link that
	// connects, and as the connection has it for one that is connected to.
	Peer string
	// MTI is always valid: what has none is no request.
	MTI MTI
	// Key is the key that its response is found by; the zero value when a key
	// field is absent or cannot be read, KeyErr then says why. It can be answered
	// all the same.
	Key    Key
	KeyErr error
	// Frame is the packed message, Header what stood in front of it where the
	// framing has headers. The handler owns both, but must leave Header as it is
	// until it has replied.
	Frame  []byte
	Header []byte
	// ReceivedAt is when it was read; Deadline is HandleTimeout later, and that of
	// the handler's context. What is replied later is not sent.
	ReceivedAt time.Time
	Deadline   time.Time

	spec    *iso8583.MessageSpec
	replier Replier
	replied uint32 // by sync/atomic: 1 when a reply was taken
}

// Replier is how an Inbound gets its reply to the peer; links are ones.
type Replier interface {
	// Reply sends header and frame, which it owns from here on; see
	// Inbound.ReplyWith.
	Reply(ctx context.Context, in *Inbound, header, frame []byte) error
	// ReplyHeader is Inbound's.
	ReplyHeader(in *Inbound) []byte
}

// NewInbound is for links: the caller fills in the exported fields. spec is what
// Message unpacks with; a Replier has View's Viewer where it has a method Viewer.
func NewInbound(spec *iso8583.MessageSpec, r Replier) *Inbound {
	return &Inbound{spec: spec, replier: r}
}

// Message unpacks the request, in the caller's goroutine, anew with each call.
// It returns a *CodecError when it cannot be unpacked.
func (in *Inbound) Message() (*iso8583.Message, error) { return Unpack(in.spec, in.Frame) }

// View looks into Frame, without unpacking it. The error is that of Viewer.View. A
// link makes its Viewer once; with another Replier that has no method Viewer, each
// call makes one.
func (in *Inbound) View() (View, error) {
	if s, ok := in.replier.(interface{ Viewer() *Viewer }); ok {
		return s.Viewer().View(in.Frame)
	}
	viewer, err := NewViewer(in.spec)
	if err != nil {
		return View{}, err
	}
	return viewer.View(in.Frame)
}

// Reply packs msg and sends it to the peer, in the session that the request came
// by, behind the request's header as ReplyHeader gives it. The message is the
// caller's again when Reply has returned. It returns nil when the bytes were
// handed to the network. It may block until the context ends, or the request's
// deadline.
//
// Every error is a *SendError: ErrNotSent or ErrInDoubt, and the cause:
// ErrReplied, ErrNoResponse, ErrTimeout, ErrLinkDown, ErrFrameTooLarge, ErrPack,
// or the context's error. A reply that was not sent may be tried again.
func (in *Inbound) Reply(ctx context.Context, msg *iso8583.Message) error {
	frame, err := Pack(msg)
	if err != nil {
		return in.notSent(err)
	}
	return in.ReplyFrame(ctx, frame)
}

// ReplyFrame is Reply for a packed message; the link owns frame from here on.
func (in *Inbound) ReplyFrame(ctx context.Context, frame []byte) error {
	return in.ReplyWith(ctx, in.ReplyHeader(), frame)
}

// ReplyWith is ReplyFrame with a header of the caller's; the link owns both from
// here on. An empty header means the framing's default.
func (in *Inbound) ReplyWith(ctx context.Context, header, frame []byte) error {
	if !in.TakeReply() {
		return in.notSent(ErrReplied)
	}
	return in.replier.Reply(ctx, in, header, frame)
}

// ReplyHeader is the header that a reply carries back: the request's, with source
// and destination swapped where the framing says so; nil where there is none. It
// is the caller's.
func (in *Inbound) ReplyHeader() []byte { return in.replier.ReplyHeader(in) }

// SignedOff says that by this request the peer has signed off: the link refuses
// requests with ErrNotSignedOn, in the state SignedOff, until SignedOn, Link.SignOn or
// the next session. Nothing is sent: reply yourself.
func (in *Inbound) SignedOff() { in.signed(true) }

// SignedOn takes SignedOff back: the link signs on where it is configured to, and is
// up. Where the link's operator has signed off, it stays so.
func (in *Inbound) SignedOn() { in.signed(false) }

func (in *Inbound) signed(off bool) {
	if s, ok := in.replier.(interface{ PeerSigned(off bool) }); ok {
		s.PeerSigned(off)
	}
}

// told has the link tell an event.
func (in *Inbound) told(e Event) {
	if s, ok := in.replier.(interface{ Told(e Event) }); ok {
		s.Told(e)
	}
}

// Replier is for links: what NewInbound was given.
func (in *Inbound) Replier() Replier { return in.replier }

// TakeReply is for links: it reports whether the one reply is the caller's to
// send. GiveBackReply lets another be tried.
func (in *Inbound) TakeReply() bool { return atomic.CompareAndSwapUint32(&in.replied, 0, 1) }

// GiveBackReply takes TakeReply back: nothing was sent.
func (in *Inbound) GiveBackReply() { atomic.StoreUint32(&in.replied, 0) }

// Replied reports whether a reply was sent, or is being sent.
func (in *Inbound) Replied() bool { return atomic.LoadUint32(&in.replied) == 1 }

func (in *Inbound) notSent(cause error) error {
	return &SendError{
		Link: in.Link, Key: in.Key, Took: max(time.Since(in.ReceivedAt), 0), Outcome: ErrNotSent, Cause: cause,
	}
}

// Format prints link, MTI and key, whatever the verb.
func (in Inbound) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "isolink inbound (link %s, session %d, %s, key %s)", in.Link, in.Session, in.MTI, in.Key)
}

// LogValue logs what Format prints.
func (in Inbound) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(in)) }

// MarshalText gives what Format prints, to encoders that look into what they
// are given.
func (in Inbound) MarshalText() ([]byte, error) { return fmt.Append(nil, in), nil }
