package framing

import (
	"bufio"
	"math"
)

// Padded is a length of two bytes, big-endian, filled up to four with zeros,
// which are checked: behind it (hi lo 00 00, as in VAP and CS), or in front of it
// (00 00 hi lo, as in GICC). It carries 65,535 bytes of header and body.
//
// The zero value has the zeros behind, counts header and body, and splits no
// header off.
type Padded struct {
	// Leading: the two zeros stand in front of the length. Default: behind it.
	Leading bool

	// HeaderLen is how many bytes of a frame Read returns as its header. Zero,
	// the default, means no header: Read returns all as the body. A frame that
	// is shorter, but not empty, is refused.
	HeaderLen int
}

var _ Framer = Padded{}

// padding fills a length of two bytes up.
const padding = "\x00\x00"

// Append is described at [Framer]. It does not allocate, except to make dst
// longer. The errors are ErrTooLarge and ErrLength (shorter than HeaderLen) in
// an [*Error], and ErrOptions.
func (f Padded) Append(dst, header, body []byte) ([]byte, error) {
	c := f.counted()
	return c.append(dst, header, body)
}

// Read is described at [Framer]. A length whose padding is not zero is refused with
// ErrLength. It allocates once for a frame, and not at all for a keep-alive.
func (f Padded) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	c := f.counted()
	return c.readFrame(r, limit)
}

// AppendKeepAlive is described at [KeepAliver]: 00 00 00 00.
func (f Padded) AppendKeepAlive(dst []byte) ([]byte, bool) { return appendKeepAlive(f, dst) }

// Validate reports options that no frame can be read or written with; the
// error wraps ErrOptions. Append and Read return the same.
func (f Padded) Validate() error {
	c := f.counted()
	return c.validateHeaderLen()
}

// String returns the name of the framing, as [Parse] reads it: "padded",
// "padded leading header=22".
func (f Padded) String() string {
	c := f.counted()
	return c.title()
}

func (f Padded) counted() counted {
	c := counted{
		name:      "padded",
		encoding:  binaryEncoding,
		width:     4,
		max:       math.MaxUint16,
		headerLen: f.HeaderLen,
	}
	if f.Leading {
		c.name = "padded leading"
		c.prefix = padding
		return c
	}
	c.suffix = padding
	return c
}
