package framing

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// encoding is how a length field writes its number: what a diagnosis has to
// know about it.
type encoding int

const (
	unknownEncoding encoding = iota // read by a function of the user
	binaryEncoding
	asciiEncoding
)

// counted describes a framing with the length in front, which counts header
// and body as one block: what such framings share, apart from how the length
// is encoded.
type counted struct {
	name      string
	encoding  encoding
	width     int // of the length field, in bytes; 0 with unknownEncoding
	own       int // what the length counts besides the block
	max       int // the largest block that the length can say
	headerLen int // what Read splits off the block
}

// size returns the size of the block that header and body make, or an error
// when the length field cannot say it.
func (c counted) size(header, body []byte) (int, error) {
	// Not by the sum: it can overflow where int has 32 bits.
	if len(body) > c.max-len(header) {
		return 0, c.tooLong(len(header) + len(body))
	}
	size := len(header) + len(body)
	if size > 0 && size < c.headerLen {
		return 0, &Error{
			Framing: c.name, Err: ErrLength, Size: size,
			detail: fmt.Sprintf("a frame of %d bytes is shorter than its header of %d", size, c.headerLen),
		}
	}
	return size, nil
}

func (c counted) tooLong(size int) error {
	e := &Error{
		Framing: c.name, Err: ErrTooLarge, Size: size, Max: c.max,
		detail: fmt.Sprintf("a frame of %d bytes is larger than its length field can say (%d)", size, c.max),
	}
	if c.encoding == unknownEncoding {
		e.Hint = "MaxLength tells what WriteLength can express"
	}
	return e
}

// peekLength returns the bytes of the length field, still unread. Peek needs
// no array of its own, which would be one allocation more for each frame.
func (c counted) peekLength(r *bufio.Reader) ([]byte, error) {
	raw, err := r.Peek(c.width)
	if err != nil {
		return nil, c.noLength(len(raw), err)
	}
	return raw, nil
}

// noLength is the error of a stream that failed after got bytes of a length.
func (c counted) noLength(got int, err error) error {
	if errors.Is(err, io.EOF) {
		if got == 0 {
			return io.EOF
		}
		err = io.ErrUnexpectedEOF
	}
	return &Error{
		Framing: c.name, Err: err, Size: -1,
		detail: fmt.Sprintf("reading a length stopped after %d bytes: %v", got, err),
	}
}

// read reads the rest of a frame whose length is still in r.
func (c counted) read(r *bufio.Reader, limit, length int) (header, body []byte, err error) {
	first := opens(r)
	size, err := c.accept(first, limit, length)
	if err != nil {
		return nil, nil, err
	}
	// The bytes were peeked, so they are in the buffer and Discard cannot fail.
	_, _ = r.Discard(c.width)
	return c.readBlock(r, first, size)
}

// accept returns the size of the block that a length announces.
func (c counted) accept(first opening, limit, length int) (int, error) {
	size := length - c.own
	switch {
	case length < c.own:
		return 0, c.tooShort(first, limit, length)
	case size == 0:
		return 0, nil
	case size > limit:
		return 0, c.refuse(first, limit, &Error{
			Err: ErrTooLarge, Size: size, Max: limit,
			detail: fmt.Sprintf("a frame of %d bytes is above the limit of %d", size, limit),
		})
	case size < c.headerLen:
		return 0, c.refuse(first, limit, &Error{
			Err: ErrLength, Size: size,
			detail: fmt.Sprintf("a frame of %d bytes is shorter than its header of %d", size, c.headerLen),
		})
	}
	return size, nil
}

// tooShort is the error for a length below the least that the framing can
// have: zero, or its own size where it is inclusive.
func (c counted) tooShort(first opening, limit, length int) error {
	e := &Error{Err: ErrLength, Size: -1, detail: fmt.Sprintf("a length of %d is negative", length)}
	if c.own > 0 {
		e.detail = fmt.Sprintf("a length of %d does not count the %d bytes of the length itself", length, c.own)
	}
	if c.own > 0 && length == 0 {
		e.Hint = "a zero is the keep-alive of a length that does not count itself: is the framing inclusive?"
	}
	return c.refuse(first, limit, e)
}

// refuse completes e with what was read and what it looks like.
func (c counted) refuse(first opening, limit int, e *Error) error {
	e.Framing = c.name
	if c.width > 0 {
		e.Bytes = bytes.Clone(first.bytes()[:c.width])
		e.detail = "length bytes " + hexadecimal(e.Bytes) + ": " + e.detail
	}
	if e.Hint == "" {
		e.Hint = c.diagnose(first.bytes(), limit)
	}
	return e
}

// readBlock reads a block of size bytes, in one allocation, and splits the
// header off.
func (c counted) readBlock(r *bufio.Reader, first opening, size int) (header, body []byte, err error) {
	if size == 0 {
		return nil, nil, nil
	}
	block := make([]byte, size)
	if got, err := io.ReadFull(r, block); err != nil {
		return nil, nil, c.truncated(first, block[:got], size, err)
	}
	if c.headerLen == 0 {
		return nil, block, nil
	}
	return block[:c.headerLen:c.headerLen], block[c.headerLen:], nil
}

// truncated is the error of a stream that failed inside a block. A length that
// passed the limit by chance, such as that of a TLS record, ends here: the
// peer gives up waiting before so many bytes have come.
func (c counted) truncated(first opening, got []byte, size int, err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	e := &Error{
		Framing: c.name, Err: err, Size: size,
		detail: fmt.Sprintf("reading stopped after %d of %d bytes: %v", len(got), size, err),
	}
	if c.width > 0 {
		first = first.from(c.width, got)
		e.Bytes = bytes.Clone(first.bytes()[:c.width])
		e.detail = "length bytes " + hexadecimal(e.Bytes) + ": " + e.detail
	}
	e.Hint = c.diagnoseTruncated(first.bytes(), size)
	return e
}
