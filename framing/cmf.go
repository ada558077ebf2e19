package framing

import (
	"bufio"
)

// CMF is a length of three bytes, big-endian, in front of header and body. It
// carries 16,777,215 bytes, three less when inclusive.
//
// The zero value counts header and body, and splits no header off.
type CMF struct {
	// Inclusive: the length counts its own three bytes as well, so that a keep-alive
	// is 00 00 03. Default: it does not.
	Inclusive bool

	// HeaderLen is how many bytes of a frame Read returns as its header. Zero,
	// the default, means no header: Read returns all as the body. A frame that
	// is shorter, but not empty, is refused.
	HeaderLen int
}

var _ Framer = CMF{}

// Append is described at [Framer]. It does not allocate, except to make dst
// longer. The errors are ErrTooLarge and ErrLength (shorter than HeaderLen) in
// an [*Error], and ErrOptions.
func (f CMF) Append(dst, header, body []byte) ([]byte, error) {
	c := f.counted()
	return c.append(dst, header, body)
}

// Read is described at [Framer]. It allocates once for a frame, and not at all
// for a keep-alive.
func (f CMF) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	c := f.counted()
	return c.readFrame(r, limit)
}

// AppendKeepAlive is described at [KeepAliver]: 00 00 00, or 00 00 03 when
// inclusive.
func (f CMF) AppendKeepAlive(dst []byte) ([]byte, bool) { return appendKeepAlive(f, dst) }

// Validate reports options that no frame can be read or written with; the
// error wraps ErrOptions. Append and Read return the same.
func (f CMF) Validate() error {
	c := f.counted()
	return c.validateHeaderLen()
}

// String returns the name of the framing, as [Parse] reads it: "cmf", "cmf
// inclusive header=5".
func (f CMF) String() string {
	c := f.counted()
	return c.title()
}

func (f CMF) counted() counted {
	c := counted{
		name:      "cmf",
		encoding:  binaryEncoding,
		width:     3,
		max:       1<<24 - 1,
		headerLen: f.HeaderLen,
	}
	if f.Inclusive {
		return c.including("cmf inclusive")
	}
	return c
}
