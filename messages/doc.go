// Package messages is the vocabulary of isolink: what callers, actors and
// observers of a link say to each other.
//
// A switch that is made of actors talks to a link by its PID:
//
//	ctx.Request(link.PID(), &messages.Send{Frame: frame, Tag: id})
//	…
//	case *messages.Result:
//		switch {
//		case msg.Err == nil:                              // answered
//		case errors.Is(msg.Err, messages.ErrNotSent):     // safe to send elsewhere
//		case errors.Is(msg.Err, messages.ErrInDoubt):     // reverse or repeat
//		}
//
// # The messages
//
//	message         from          to                       answer
//	Send            any actor     a link's or group's PID  Result or Results
//	Post            any actor     a link's or group's PID  Result or Results
//	Answer          any actor     a link's PID             Result or Results
//	Result          a link        the requester            none
//	Results         a link        the requester            none
//	StateChanged    a link        OnState                  none
//	SessionChanged  a link        OnSession                none
//	LateReply       a link        OnLate                   none
//	Unmatched       a link        OnUnmatched              none
//	RequestsDropped a link        OnError                  none
//	EchoFailed      a link        OnError                  none
//	ReadIdle        a link        OnError                  none
//	SignFailed      a link        OnError                  none
//	NetworkRefused  a link        OnError                  none
//	Panicked        a link        OnError                  none
//	CertificatesFailed  either    OnError                  none
//	EventsDropped   a link        OnError                  none
//	Refused         an acceptor   OnError                  none
//	AcceptFailed    an acceptor   OnError                  none
//
// Events go to the hook that is named, then to OnEvent, then to the actor system's
// EventStream.
//
// An Inbound, a request of the peer, goes to a link's Handler; it is answered by
// its own methods, or by an Answer to the link.
//
// Command, Reply and Event are sealed: the table is complete.
//
// # Numbers and network management
//
// STANs gives systems trace audit numbers, from blocks that a STANStore keeps, and
// RRN makes retrieval reference numbers of them. A Network (ISO87, ISO93, ISO2003,
// VisaNetwork, MastercardNetwork) makes and judges sign-ons, sign-offs and echoes.
// A Rejecter recognises the rejects of a network.
//
// # Other libraries' framings
//
// A MessageFramer makes a framing of the MessageReader and MessageWriter of
// github.com/moov-io/iso8583-connection; framing.Funcs makes one of its pair of
// length functions.
//
// # Keys
//
// A request and its response share a Key: MTI version, class and function
// pair, and the values of the key fields. A KeyReader reads it from a packed
// message without unpacking it: of other fields for other classes (WithClass), and
// without what hosts pad in their own ways (Normalized). A KeyFunc makes it of
// something else; HeaderKey is one.
//
// # Views
//
// A Viewer, made once for a specification, looks into packed messages: a View reads
// MTI, bitmaps and fields without unpacking the message, and its Patch makes another
// message of it, a response of a request for instance, with changes of some fields
// and all others as they came.
//
//	v, err := in.View() // or link.Viewer().View(frame)
//	terminal, err := v.String(41)
//	reply, err := v.Patch(nil, messages.SetMTI(response), messages.SetField(39, "00"))
//
// # Card data
//
// Errors, events and commands print and log without any part of a message;
// frames are in fields that only the receiver's own code looks at.
package messages
