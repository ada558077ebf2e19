package framing

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// readFrame is Read of the framings that are described in full.
func (c *counted) readFrame(r *bufio.Reader, limit int) (header, body []byte, err error) {
	if err := c.validateHeaderLen(); err != nil {
		return nil, nil, err
	}
	block, _, err := c.readCounted(r, limit)
	if err != nil {
		return nil, nil, err
	}
	header, body = c.split(block)
	return header, body, nil
}

// readCounted reads a frame whose length is described in full, and returns its
// block with what the frame began with.
func (c *counted) readCounted(r *bufio.Reader, limit int) ([]byte, opening, error) {
	length, err := c.length(r, limit)
	if err != nil {
		return nil, opening{}, err
	}
	first := opens(r)
	size, err := c.accept(first, limit, length)
	if err != nil {
		return nil, first, err
	}
	// The bytes were peeked, so they are in the buffer and Discard cannot fail.
	_, _ = r.Discard(c.width)
	block, err := c.readBlock(r, first, size)
	return block, first, err
}

// peekLength returns the bytes of the length field, still unread. Peek needs
// no array of its own, which would be one allocation more for each frame.
func (c *counted) peekLength(r *bufio.Reader) ([]byte, error) {
	raw, err := r.Peek(c.width)
	if err != nil {
		return nil, c.noLength(len(raw), err)
	}
	return raw, nil
}

// noLength is the error of a stream that failed after got bytes of a length.
func (c *counted) noLength(got int, err error) error {
	if errors.Is(err, io.EOF) {
		if got == 0 {
			return io.EOF
		}
		err = io.ErrUnexpectedEOF
	}
	return &Error{
		Framing: c.title(), Err: err, Size: -1,
		detail: fmt.Sprintf("reading a length stopped after %d bytes: %v", got, err),
	}
}

// accept returns the size of the block that a length announces.
func (c *counted) accept(first opening, limit, length int) (int, error) {
	size := length - c.own
	switch {
	case length < c.own:
		return 0, c.tooShort(first, limit, length)
	case size == 0:
		return 0, nil
	case size > limit:
		e := &Error{Err: ErrTooLarge, Size: size, Max: limit}
		e.detail = fmt.Sprintf("a frame of %d bytes is above the limit of %d", size, limit)
		if size > largestShown {
			e.detail = fmt.Sprintf("a frame of more than %d bytes is above the limit of %d", max(limit, largestShown), limit)
		}
		return 0, c.refuse(first, limit, e)
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
func (c *counted) tooShort(first opening, limit, length int) error {
	e := &Error{Err: ErrLength, Size: -1, detail: "a length is negative"}
	if length >= -largestShown {
		e.detail = fmt.Sprintf("a length of %d is negative", length)
	}
	if c.own > 0 {
		e.detail = fmt.Sprintf("a length of %d does not count the %d bytes of the length itself", length, c.own)
	}
	if c.own > 0 && length == 0 {
		e.Hint = "a zero is the keep-alive of a length that does not count itself: is the framing inclusive?"
	}
	return c.refuse(first, limit, e)
}

// refuse completes e with what was read and what it looks like.
func (c *counted) refuse(first opening, limit int, e *Error) error {
	c.shown(first, e)
	if e.Hint == "" {
		e.Hint = c.diagnose(first.bytes(), limit)
	}
	return e
}

// shown completes e with the name of the framing and the length bytes.
func (c *counted) shown(first opening, e *Error) {
	e.Framing = c.title()
	if c.width > 0 {
		e.Bytes = bytes.Clone(first.bytes()[:c.width])
		e.detail = "length bytes " + hexadecimal(e.Bytes) + ": " + e.detail
	}
}

// readBlock reads a block of size bytes and the trailer behind it, in one
// allocation.
func (c *counted) readBlock(r *bufio.Reader, first opening, size int) ([]byte, error) {
	if size == 0 && c.trailer == "" {
		return nil, nil
	}
	block := make([]byte, size+len(c.trailer))
	if got, err := io.ReadFull(r, block); err != nil {
		return nil, c.truncated(first, block[:got], len(block), err)
	}
	if string(block[size:]) != c.trailer {
		return nil, c.noTrailer(first, size)
	}
	return block[:size:size], nil
}

// split takes the header off a block.
func (c *counted) split(block []byte) (header, body []byte) {
	if c.headerLen == 0 || len(block) == 0 {
		return nil, block
	}
	return block[:c.headerLen:c.headerLen], block[c.headerLen:]
}

// truncated is the error of a stream that failed inside a block. A length that
// passed the limit by chance, such as that of a TLS record, ends here: the
// peer gives up waiting before so many bytes have come.
func (c *counted) truncated(first opening, got []byte, size int, err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	e := &Error{
		Err: err, Size: size - len(c.trailer),
		detail: fmt.Sprintf("reading stopped after %d of %d bytes: %v", len(got), size, err),
	}
	if c.width > 0 {
		first = first.from(c.width, got)
	}
	c.shown(first, e)
	e.Hint = c.diagnoseTruncated(first.bytes(), size)
	return e
}
