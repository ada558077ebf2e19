package framing

import (
	"bufio"
	"math"
)

// RBP is a length of two bytes, big-endian, between fixed bytes: D0 4A in front
// of it, 00 00 behind. Both are checked. It carries 65,535 bytes of header and
// body.
//
// The zero value counts header and body, and splits no header off.
type RBP struct {
	// HeaderLen is how many bytes of a frame Read returns as its header. Zero,
	// the default, means no header: Read returns all as the body. A frame that
	// is shorter, but not empty, is refused.
	HeaderLen int
}

var _ Framer = RBP{}

// rbpID stands in front of every length.
const rbpID = "\xD0\x4A"

// Append is described at [Framer]. It does not allocate, except to make dst
// longer. The errors are ErrTooLarge and ErrLength (shorter than HeaderLen) in
// an [*Error], and ErrOptions.
func (f RBP) Append(dst, header, body []byte) ([]byte, error) {
	c := f.counted()
	return c.append(dst, header, body)
}

// Read is described at [Framer]. A length without its fixed bytes is refused with
// ErrLength. It allocates once for a frame, and not at all for a keep-alive.
func (f RBP) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	c := f.counted()
	return c.readFrame(r, limit)
}

// AppendKeepAlive is described at [KeepAliver]: D0 4A 00 00 00 00.
func (f RBP) AppendKeepAlive(dst []byte) ([]byte, bool) { return appendKeepAlive(f, dst) }

// Validate reports options that no frame can be read or written with; the
// error wraps ErrOptions. Append and Read return the same.
func (f RBP) Validate() error {
	c := f.counted()
	return c.validateHeaderLen()
}

// String returns the name of the framing, as [Parse] reads it: "rbp", "rbp
// header=5".
func (f RBP) String() string {
	c := f.counted()
	return c.title()
}

func (f RBP) counted() counted {
	return counted{
		name:      "rbp",
		encoding:  binaryEncoding,
		width:     6,
		max:       math.MaxUint16,
		headerLen: f.HeaderLen,
		prefix:    rbpID,
		suffix:    padding,
	}
}
