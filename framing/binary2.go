package framing

import (
	"bufio"
	"encoding/binary"
	"math"
	"slices"
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

// Append is described at [Framer]. It does not allocate, except to make dst
// longer. The errors are ErrTooLarge and ErrLength (shorter than HeaderLen) in
// an [*Error], and ErrOptions.
func (f Binary2) Append(dst, header, body []byte) ([]byte, error) {
	c := f.counted()
	if err := c.validateHeaderLen(); err != nil {
		return dst, err
	}
	size, err := c.size(header, body)
	if err != nil {
		return dst, err
	}
	dst = slices.Grow(dst, c.width+size)
	dst = binary.BigEndian.AppendUint16(dst, uint16(size+c.own))
	dst = append(dst, header...)
	return append(dst, body...), nil
}

// Read is described at [Framer]. It allocates once for a frame, and not at all
// for a keep-alive.
func (f Binary2) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	c := f.counted()
	if err := c.validateHeaderLen(); err != nil {
		return nil, nil, err
	}
	raw, err := c.peekLength(r)
	if err != nil {
		return nil, nil, err
	}
	return c.read(r, limit, bigEndian(raw))
}

// Validate reports options that no frame can be read or written with; the
// error wraps ErrOptions. Append and Read return the same.
func (f Binary2) Validate() error {
	return f.counted().validateHeaderLen()
}

// String returns the name of the framing: "binary2" or "binary2 inclusive".
func (f Binary2) String() string {
	if f.Inclusive {
		return "binary2 inclusive"
	}
	return "binary2"
}

func (f Binary2) counted() counted {
	c := counted{
		name:      f.String(),
		encoding:  binaryEncoding,
		width:     binary2Width,
		max:       math.MaxUint16,
		headerLen: f.HeaderLen,
	}
	if f.Inclusive {
		c.own = binary2Width
		c.max -= binary2Width
	}
	return c
}
