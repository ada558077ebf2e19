package framing

import (
	"bufio"
	"math"
)

// Binary4 is a length of four bytes, big-endian, in front of header and body.
// It carries 2,147,483,647 bytes, four less when inclusive; a length that needs
// the highest bit is refused, so that all platforms agree.
//
// The zero value counts header and body, and splits no header off.
type Binary4 struct {
	// Inclusive: the length counts its own four bytes as well, so that a keep-alive
	// is 00 00 00 04. Default: it does not.
	Inclusive bool

	// HeaderLen is how many bytes of a frame Read returns as its header. Zero,
	// the default, means no header: Read returns all as the body. A frame that
	// is shorter, but not empty, is refused.
	HeaderLen int
}

var _ Framer = Binary4{}

// Append is described at [Framer]. It does not allocate, except to make dst
// longer. The errors are ErrTooLarge and ErrLength (shorter than HeaderLen) in
// an [*Error], and ErrOptions.
func (f Binary4) Append(dst, header, body []byte) ([]byte, error) {
	c := f.counted()
	return c.append(dst, header, body)
}

// Read is described at [Framer]. It allocates once for a frame, and not at all
// for a keep-alive.
func (f Binary4) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	c := f.counted()
	return c.readFrame(r, limit)
}

// AppendKeepAlive is described at [KeepAliver]: 00 00 00 00, or 00 00 00 04 when
// inclusive.
func (f Binary4) AppendKeepAlive(dst []byte) ([]byte, bool) { return appendKeepAlive(f, dst) }

// Validate reports options that no frame can be read or written with; the
// error wraps ErrOptions. Append and Read return the same.
func (f Binary4) Validate() error {
	c := f.counted()
	return c.validateHeaderLen()
}

// String returns the name of the framing, as [Parse] reads it: "binary4",
// "binary4 inclusive header=5".
func (f Binary4) String() string {
	c := f.counted()
	return c.title()
}

func (f Binary4) counted() counted {
	c := counted{
		name:      "binary4",
		encoding:  binaryEncoding,
		width:     4,
		max:       math.MaxInt32,
		headerLen: f.HeaderLen,
	}
	if f.Inclusive {
		return c.including("binary4 inclusive")
	}
	return c
}
