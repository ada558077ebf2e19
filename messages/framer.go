package messages

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/moov-io/iso8583"
	iso8583errors "github.com/moov-io/iso8583/errors"

	"github.com/isolink-go/isolink/framing"
)

// MessageReader reads one message from a stream. It is the interface of that
// name of github.com/moov-io/iso8583-connection: what implements the one
// implements the other.
type MessageReader interface {
	// ReadMessage returns nil and no error for what is no message, such as a
	// keep-alive.
	ReadMessage(r io.Reader) (*iso8583.Message, error)
}

// MessageWriter writes one message to a stream. It is the interface of that name
// of github.com/moov-io/iso8583-connection.
type MessageWriter interface {
	// WriteMessage writes the message with all that is around it.
	WriteMessage(w io.Writer, message *iso8583.Message) error
}

// MessageFramer is a framing that is made of a pair which reads and writes whole
// messages, for programs that have one for github.com/moov-io/iso8583-connection.
// Where the pair does no more than to put a length in front of each message, one
// of the framings of package framing is the better choice: the body of a frame is
// a packed message, and the pair's are unpacked, so each message is unpacked and
// packed once more in either direction. What is on the wire is what the pair makes
// of a message, which need not be byte for byte the frame that was sent.
//
// A link's reader and writer, and any number of links, use the pair at the same
// time: reader and writer must not share what they change. A panic in one is not
// caught here; it reaches the caller of Read or Append. Neither may keep the
// stream that it is given.
//
// The pair's own errors can be found by errors.Is and errors.As. Their text is
// left out, since it may quote the message.
type MessageFramer struct {
	// Spec unpacks the frames that are given to Append. It should be the link's,
	// and that of the messages that Reader returns, which are packed as they say
	// themselves. It must not be changed while the framer is in use. Required.
	Spec *iso8583.MessageSpec

	// Reader reads the next message from a stream that is given to it at the start
	// of one. It must consume the whole message with all that is around it, and no
	// byte more, at least one byte. Nil without an error is a keep-alive. Required.
	Reader MessageReader

	// Writer writes a message, and all that is around it. What it writes goes to
	// the frame only when it returns no error. Required.
	Writer MessageWriter
}

var _ framing.Framer = MessageFramer{}

const (
	messageFramerName = "messages"

	// messageEnvelope is how many bytes a pair may read around a message: its
	// length, header and trailer. Nothing tells them from the message, whose size
	// the limit of Read is about, until it was read.
	messageEnvelope = 256
)

// Append is described at [framing.Framer]. It unpacks body, has the message
// written by Writer, and keeps nothing. The errors are a [*CodecError] with
// ErrPack (body does not unpack by Spec, or Writer failed with a PackError of
// github.com/moov-io/iso8583), framing.ErrHeader (a header: the pair has no place
// for one), framing.ErrLength (no body: the pair cannot write a keep-alive; or
// Writer wrote nothing) and Writer's own in a [*framing.Error], and
// framing.ErrOptions.
func (f MessageFramer) Append(dst, header, body []byte) ([]byte, error) {
	if err := f.Validate(); err != nil {
		return dst, err
	}
	switch {
	case len(header) > 0:
		return dst, messageRefused(len(header)+len(body), "%w: a header of %d bytes, which this framing has no place for",
			framing.ErrHeader, len(header))
	case len(body) == 0:
		return dst, messageRefused(0, "%w: a frame without a message: this framing writes no keep-alive", framing.ErrLength)
	}
	msg, err := Unpack(f.Spec, body)
	if err != nil {
		return dst, notWritable(err)
	}
	w := &messageSink{frame: dst}
	if err := f.Writer.WriteMessage(w, msg); err != nil {
		return dst, notWritten(msg, err)
	}
	if len(w.frame) == len(dst) {
		return dst, messageRefused(len(body), "%w: WriteMessage wrote nothing", framing.ErrLength)
	}
	return w.frame, nil
}

// notWritable is the error for a body that is no message. To the caller of a send
// it is one that cannot be packed: ErrUnpack is about the peer's.
func notWritable(err error) error {
	e := &CodecError{Kind: fmt.Errorf("%w: the frame does not unpack by the framing's Spec", ErrPack)}
	var codec *CodecError
	if errors.As(err, &codec) {
		e.Field = codec.Field
	}
	return e
}

func notWritten(msg *iso8583.Message, err error) error {
	var p *iso8583errors.PackError
	if errors.As(err, &p) {
		return &CodecError{Kind: ErrPack, Field: notPacking(msg)}
	}
	return &framing.Error{Framing: messageFramerName, Err: &pairError{"WriteMessage", err}, Size: -1}
}

// Read is described at [framing.Framer]. The header is always nil, and the body
// the message that Reader has read, packed again. A message above limit is refused
// when it was packed, one of which Reader asks for more than limit and 256 bytes
// (for what is around it) as soon as it does. What Reader allocates for a length
// that it believes is its own affair.
//
// A message that Reader could not unpack is returned as it came, where its error
// is an UnpackError of github.com/moov-io/iso8583 that has the raw message:
// nothing of the stream is lost, and what cannot be read of the message is judged
// behind the framing, as with any other.
//
// The errors are io.EOF bare, framing.ErrTooLarge, framing.ErrLength (Reader read
// nothing), io.ErrUnexpectedEOF, also for an io.EOF of Reader's own, the error of
// r, and Reader's own in a [*framing.Error]; a [*CodecError] with ErrPack (the
// message does not pack) or ErrUnpack (an UnpackError without the raw message);
// and framing.ErrOptions.
func (f MessageFramer) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	if err := f.Validate(); err != nil {
		return nil, nil, err
	}
	if _, err := r.Peek(1); errors.Is(err, io.EOF) {
		return nil, nil, io.EOF
	} else if err != nil {
		return nil, nil, streamFailed(err)
	}
	limit = max(limit, 0)
	s := &messageSource{stream: r, room: min(limit, math.MaxInt-messageEnvelope) + messageEnvelope}
	msg, err := f.Reader.ReadMessage(s)
	body, err = s.body(msg, err)
	switch {
	case s.refused:
		// Whatever the pair has made of it.
		e := messageRefused(-1, "%w: more than the limit of %d bytes, and %d around them", framing.ErrTooLarge, limit, messageEnvelope)
		e.Max = limit
		return nil, nil, e
	case err != nil:
		return nil, nil, err
	case len(body) > limit:
		e := messageRefused(len(body), "%w: a message of %d bytes is above the limit of %d", framing.ErrTooLarge, len(body), limit)
		e.Max = limit
		return nil, nil, e
	}
	return nil, body, nil
}

// body is the packed message that ReadMessage has made of the source, given what
// it returned.
func (s *messageSource) body(msg *iso8583.Message, err error) ([]byte, error) {
	var u *iso8583errors.UnpackError
	switch {
	case s.failed != nil && (err != nil || msg == nil):
		return nil, streamFailed(s.failed)
	case errors.As(err, &u):
		if u.RawMessage == nil {
			// The name of the field is left out too: it may be a tag from the message.
			return nil, &CodecError{Kind: ErrUnpack}
		}
		return bytes.Clone(u.RawMessage), nil
	case errors.Is(err, io.EOF):
		return nil, streamFailed(err)
	case err != nil:
		return nil, &framing.Error{Framing: messageFramerName, Err: &pairError{"ReadMessage", err}, Size: -1}
	case !s.read:
		return nil, messageRefused(-1, "%w: ReadMessage read nothing", framing.ErrLength)
	case msg == nil:
		return nil, nil
	}
	return Pack(msg)
}

// Validate reports what is missing, all of it at once; the error wraps
// framing.ErrOptions. Append and Read return the same.
func (f MessageFramer) Validate() error {
	if f.Spec != nil && f.Reader != nil && f.Writer != nil {
		return nil
	}
	var errs []error
	for _, option := range []struct {
		name    string
		missing bool
	}{{"Spec", f.Spec == nil}, {"Reader", f.Reader == nil}, {"Writer", f.Writer == nil}} {
		if option.missing {
			errs = append(errs, fmt.Errorf("%w: %s: %s is nil", framing.ErrOptions, messageFramerName, option.name))
		}
	}
	return errors.Join(errs...)
}

// String returns the name of the framing, "messages". framing.Parse does not read
// it: no name can hold the pair.
func (f MessageFramer) String() string { return messageFramerName }
