package framing

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Trailer is a framing without a length: the byte 03 behind each message ends it.
// So no message may contain that byte, as binary bitmaps and packed fields do:
// Append refuses it, and what a peer sends with it comes apart here.
//
// It has no keep-alive, and no header that Read could split off. How much Read
// takes in before a trailer comes is bounded by its limit alone.
type Trailer struct{}

var _ Framer = Trailer{}

const trailerName = "trailer"

// Append is described at [Framer]. It does not allocate, except to make dst
// longer. The errors, in an [*Error], are ErrTrailer for a header or a body that
// contains the byte 03, and ErrLength where both are empty.
func (f Trailer) Append(dst, header, body []byte) ([]byte, error) {
	size := len(header) + len(body)
	if size == 0 {
		return dst, &Error{
			Framing: trailerName, Err: ErrLength,
			detail: "a frame without a message: this framing has no keep-alive",
		}
	}
	if bytes.IndexByte(header, etx[0]) >= 0 || bytes.IndexByte(body, etx[0]) >= 0 {
		return dst, &Error{
			Framing: trailerName, Err: ErrTrailer, Size: size,
			detail: fmt.Sprintf("a message of %d bytes contains the byte that would end it (03)", size),
			Hint:   "messages with binary fields need a framing with a length",
		}
	}
	dst = slices.Grow(dst, size+len(etx))
	dst = append(dst, header...)
	dst = append(dst, body...)
	return append(dst, etx...), nil
}

// Read is described at [Framer]. It takes no byte behind the trailer. More than
// limit bytes without a trailer are refused with ErrTooLarge as soon as they are
// there, a trailer without a message with ErrLength. A message that came in one
// piece is one allocation.
func (f Trailer) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	limit = max(limit, 0)
	var first opening
	for {
		if _, err := r.Peek(1); err != nil {
			return nil, nil, untrailed(first, len(body), err)
		}
		if body == nil {
			first = opens(r)
		}
		// What is buffered can be peeked.
		chunk, _ := r.Peek(r.Buffered())
		end := bytes.IndexByte(chunk, etx[0])
		if end >= 0 {
			chunk = chunk[:end]
		}
		size := len(body) + len(chunk)
		if size > limit {
			return nil, nil, aboveLimit(first, limit)
		}
		body = append(slices.Grow(body, len(chunk)), chunk...)
		_, _ = r.Discard(len(chunk)) // peeked: it cannot fail
		if end < 0 {
			continue
		}
		_, _ = r.Discard(len(etx))
		if size == 0 {
			return nil, nil, &Error{Framing: trailerName, Err: ErrLength, detail: "a trailer without a message"}
		}
		return nil, body, nil
	}
}

// untrailed is the error of a stream that failed after got bytes of a message.
func untrailed(first opening, got int, err error) error {
	if errors.Is(err, io.EOF) {
		if got == 0 {
			return io.EOF
		}
		err = io.ErrUnexpectedEOF
	}
	return &Error{
		Framing: trailerName, Err: err, Size: -1, Hint: otherProtocol(first.bytes()),
		detail: fmt.Sprintf("reading stopped after %d bytes without a trailer: %v", got, err),
	}
}

func aboveLimit(first opening, limit int) error {
	e := &Error{
		Framing: trailerName, Err: ErrTooLarge, Size: -1, Max: limit, Hint: otherProtocol(first.bytes()),
		detail: fmt.Sprintf("no trailer (03) within the limit of %d bytes", limit),
	}
	if e.Hint == "" {
		e.Hint = "does the peer write a trailer behind its messages?"
	}
	return e
}

// AppendKeepAlive is described at [KeepAliver]. There is none: it returns dst and
// false.
func (f Trailer) AppendKeepAlive(dst []byte) ([]byte, bool) { return dst, false }

// Validate returns nil: there are no options.
func (f Trailer) Validate() error { return nil }

// String returns the name of the framing, as [Parse] reads it: "trailer".
func (f Trailer) String() string { return trailerName }
