package messages

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/moov-io/iso8583"
)

// Command is what an actor may send to a link's PID. It is sealed.
type Command interface{ command() }

// Send asks a link to exchange a request for its response. The sender gets one
// *Result (or it comes in a *Results) by the deadline, whatever happens.
//
// Packing and reading the key run in the sender's goroutine, before the
// sender's call returns.
type Send struct {
	// Message is packed by the link. Leave it nil when Frame is given.
	Message *iso8583.Message
	// Frame is a packed message; the link owns it from here on.
	Frame []byte
	// Header stands in front of the message where the framing has one; the link
	// owns it too. Empty means the framing's default.
	Header []byte
	// Tag comes back in the Result, untouched and unread.
	Tag any
	// Timeout counts from the arrival of the command; 0 means the link's
	// SendTimeout.
	Timeout time.Duration
	// Batch allows the result to come together with others in a *Results:
	// fewer wake-ups for a client that has many requests in flight.
	Batch bool
}

func (*Send) command() {}

// Post asks a link to send a message that gets no response. The sender gets
// one *Result when its bytes were handed to the network, or with its error.
type Post struct {
	// Message is packed by the link. Leave it nil when Frame is given.
	Message *iso8583.Message
	// Frame is a packed message; the link owns it from here on.
	Frame []byte
	// Header is as in Send.
	Header []byte
	// Tag comes back in the Result, untouched and unread.
	Tag any
	// Timeout counts from the arrival of the command; 0 means the link's
	// SendTimeout.
	Timeout time.Duration
	// Batch allows the result to come together with others in a *Results.
	Batch bool
}

func (*Post) command() {}

// Answer asks a link to reply to a request of its peer: Inbound.Reply for
// actors, which must not block. The sender, when there is one, gets one *Result
// when the bytes were handed to the network, or with its error.
type Answer struct {
	// To is the request. It must be one of the link that the command is sent to.
	To *Inbound
	// Message is packed by the link. Leave it nil when Frame is given.
	Message *iso8583.Message
	// Frame is a packed message; the link owns it from here on.
	Frame []byte
	// Header is what to send in front of it; the link owns it too. Empty means
	// the request's, as Inbound.ReplyHeader gives it.
	Header []byte
	// Tag comes back in the Result, untouched and unread.
	Tag any
	// Batch allows the result to come together with others in a *Results.
	Batch bool
}

func (*Answer) command() {}

// Reply is what a link answers to an actor. It is sealed.
type Reply interface{ reply() }

// Result is the outcome of one Send, Post or Answer.
type Result struct {
	// Tag is the command's.
	Tag any
	// Frame is the response's packed message; the receiver owns it. Nil for a
	// Post or an Answer, and when Err is set.
	Frame []byte
	// Header is what stood in front of it, where the framing has headers; the
	// receiver owns it.
	Header []byte
	// Err is nil or a *SendError.
	Err error

	spec *iso8583.MessageSpec
}

// NewResult is for links: spec is what Message unpacks with.
func NewResult(tag any, header, frame []byte, err error, spec *iso8583.MessageSpec) *Result {
	return &Result{Tag: tag, Frame: frame, Header: header, Err: err, spec: spec}
}

// Message unpacks the response, in the caller's goroutine. It returns Err when
// that is set, a *CodecError when the response cannot be unpacked, and nil
// without an error for a Post or an Answer.
func (r *Result) Message() (*iso8583.Message, error) {
	if r.Err != nil || r.Frame == nil {
		return nil, r.Err
	}
	return Unpack(r.spec, r.Frame)
}

func (*Result) reply() {}

// Results are several results for the same requester, in the order in which
// they were settled.
type Results struct {
	Results []*Result
}

func (*Results) reply() {}

// The messages may be printed by the actor system (dead letters, failure
// reports), also when somebody has sent one by value: they show what helps to
// find the cause, and no part of a message.

// Format prints type and size, whatever the verb.
func (c Send) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "isolink send (%d bytes)", len(c.Frame))
}

// LogValue logs type and size.
func (c Send) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// MarshalText gives what Format prints, to encoders that look into what they
// are given: a log in JSON that has it in a list, say.
func (c Send) MarshalText() ([]byte, error) { return fmt.Append(nil, c), nil }

// Format prints type and size, whatever the verb.
func (c Post) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "isolink post (%d bytes)", len(c.Frame))
}

// LogValue logs type and size.
func (c Post) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// MarshalText gives what Format prints, to encoders that look into what they
// are given: a log in JSON that has it in a list, say.
func (c Post) MarshalText() ([]byte, error) { return fmt.Append(nil, c), nil }

// Format prints type and size, whatever the verb.
func (c Answer) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "isolink answer (%d bytes)", len(c.Frame))
}

// LogValue logs type and size.
func (c Answer) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// MarshalText gives what Format prints, to encoders that look into what they
// are given: a log in JSON that has it in a list, say.
func (c Answer) MarshalText() ([]byte, error) { return fmt.Append(nil, c), nil }

// Format prints the size or the error, whatever the verb.
func (r Result) Format(f fmt.State, _ rune) {
	if r.Err != nil {
		_, _ = fmt.Fprintf(f, "isolink result (%v)", r.Err)
		return
	}
	_, _ = fmt.Fprintf(f, "isolink result (%d bytes)", len(r.Frame))
}

// LogValue logs the size or the error.
func (r Result) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// MarshalText gives what Format prints, to encoders that look into what they
// are given: a log in JSON that has it in a list, say.
func (r Result) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }

// Format prints how many there are, whatever the verb.
func (r Results) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "isolink results (%d)", len(r.Results))
}

// LogValue logs how many there are.
func (r Results) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }
