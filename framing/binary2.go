package framing

import (
	"bufio"
	"math"
)

// Binary2 is the most common framing: a length of two bytes, big-endian, in
// front of header and body. It carries 65,535 bytes, or 65,533 when inclusive.
//
// The zero value counts header and body, and splits no header off.
type Binary2 struct {
	// Inclusive: the length counts its own two bytes as well, as American
	// Express does, so that a keep-alive is 00 02. Default: it does not.
	Inclusive bool

	// HeaderLen is how many bytes of a frame Read returns as its header, such
	// as 5 for a TPDU. Zero, the default, means no header: Read returns all
	// as the body. A frame that is shorter, but not empty, is refused.
	HeaderLen int
}

var _ Framer = Binary2{}

const binary2Width = 2

// binary2 is that of the zero value: to put it together for every frame takes
// longer than to use it.
var binary2 = Binary2{}.counted()

// Append is described at [Framer]. It does not allocate, except to make dst
// longer. The errors are ErrTooLarge and ErrLength (shorter than HeaderLen) in
// an [*Error], and ErrOptions.
func (f Binary2) Append(dst, header, body []byte) ([]byte, error) {
	if f == (Binary2{}) {
		return binary2.append(dst, header, body)
	}
	c := f.counted()
	return c.append(dst, header, body)
}

// Read is described at [Framer]. It allocates once for a frame, and not at all
// for a keep-alive.
func (f Binary2) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	if f == (Binary2{}) {
		return binary2.readFrame(r, limit)
	}
	c := f.counted()
	return c.readFrame(r, limit)
}

// AppendKeepAlive is described at [KeepAliver]: 00 00, or 00 02 when inclusive.
func (f Binary2) AppendKeepAlive(dst []byte) ([]byte, bool) { return appendKeepAlive(f, dst) }

// Validate reports options that no frame can be read or written with; the
// error wraps ErrOptions. Append and Read return the same.
func (f Binary2) Validate() error {
	c := f.counted()
	return c.validateHeaderLen()
}

// String returns the name of the framing, as [Parse] reads it: "binary2",
// "binary2 inclusive header=5".
func (f Binary2) String() string {
	c := f.counted()
	return c.title()
}

func (f Binary2) counted() counted {
	c := counted{
		name:      "binary2",
		encoding:  binaryEncoding,
		width:     binary2Width,
		max:       math.MaxUint16,
		headerLen: f.HeaderLen,
	}
	if f.Inclusive {
		return c.including("binary2 inclusive")
	}
	return c
}
