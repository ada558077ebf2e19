package framing

import (
	"bufio"
	"math"
)

// Hex4 is a length of four hexadecimal digits in ASCII, in front of header and
// body: "0027" for a message of 39 bytes. Append writes the letters large, Read
// takes both. It carries 65,535 bytes, or 65,531 when inclusive.
//
// The zero value counts header and body, and splits no header off.
type Hex4 struct {
	// Inclusive: the length counts its own four digits as well, so that a keep-alive
	// is "0004". Default: it does not.
	Inclusive bool

	// HeaderLen is how many bytes of a frame Read returns as its header. Zero,
	// the default, means no header: Read returns all as the body. A frame that
	// is shorter, but not empty, is refused.
	HeaderLen int
}

var _ Framer = Hex4{}

// Append is described at [Framer]. It does not allocate, except to make dst
// longer. The errors are ErrTooLarge and ErrLength (shorter than HeaderLen) in
// an [*Error], and ErrOptions.
func (f Hex4) Append(dst, header, body []byte) ([]byte, error) {
	c := f.counted()
	return c.append(dst, header, body)
}

// Read is described at [Framer]. It accepts digits only: no sign, no space. It
// allocates once for a frame, and not at all for a keep-alive.
func (f Hex4) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	c := f.counted()
	return c.readFrame(r, limit)
}

// AppendKeepAlive is described at [KeepAliver]: "0000", or "0004" when
// inclusive.
func (f Hex4) AppendKeepAlive(dst []byte) ([]byte, bool) { return appendKeepAlive(f, dst) }

// Validate reports options that no frame can be read or written with; the
// error wraps ErrOptions. Append and Read return the same.
func (f Hex4) Validate() error {
	c := f.counted()
	return c.validateHeaderLen()
}

// String returns the name of the framing, as [Parse] reads it: "hex4", "hex4
// inclusive header=5".
func (f Hex4) String() string {
	c := f.counted()
	return c.title()
}

func (f Hex4) counted() counted {
	c := counted{
		name:      "hex4",
		encoding:  hexEncoding,
		width:     4,
		max:       math.MaxUint16,
		headerLen: f.HeaderLen,
	}
	if f.Inclusive {
		return c.including("hex4 inclusive")
	}
	return c
}
