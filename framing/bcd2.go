package framing

import (
	"bufio"
)

// BCD2 is a length of four decimal digits, packed into two bytes, in front of
// header and body: a message of 123 bytes begins with 01 23. It carries 9,999
// bytes, or 9,997 when inclusive. More is refused with ErrTooLarge: other
// libraries write such a message with a length of other bytes, or of none.
//
// The zero value counts header and body, and splits no header off.
type BCD2 struct {
	// Inclusive: the length counts its own two bytes as well, so that a keep-alive
	// is 00 02. Default: it does not.
	Inclusive bool

	// HeaderLen is how many bytes of a frame Read returns as its header. Zero,
	// the default, means no header: Read returns all as the body. A frame that
	// is shorter, but not empty, is refused.
	HeaderLen int
}

var _ Framer = BCD2{}

// Append is described at [Framer]. It does not allocate, except to make dst
// longer. The errors are ErrTooLarge and ErrLength (shorter than HeaderLen) in
// an [*Error], and ErrOptions.
func (f BCD2) Append(dst, header, body []byte) ([]byte, error) {
	c := f.counted()
	return c.append(dst, header, body)
}

// Read is described at [Framer]. It refuses nibbles that are no decimal digits. It
// allocates once for a frame, and not at all for a keep-alive.
func (f BCD2) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	c := f.counted()
	return c.readFrame(r, limit)
}

// AppendKeepAlive is described at [KeepAliver]: 00 00, or 00 02 when inclusive.
func (f BCD2) AppendKeepAlive(dst []byte) ([]byte, bool) { return appendKeepAlive(f, dst) }

// Validate reports options that no frame can be read or written with; the
// error wraps ErrOptions. Append and Read return the same.
func (f BCD2) Validate() error {
	c := f.counted()
	return c.validateHeaderLen()
}

// String returns the name of the framing, as [Parse] reads it: "bcd2", "bcd2
// inclusive header=5".
func (f BCD2) String() string {
	c := f.counted()
	return c.title()
}

func (f BCD2) counted() counted {
	c := counted{
		name:      "bcd2",
		encoding:  bcdEncoding,
		width:     2,
		max:       9_999,
		headerLen: f.HeaderLen,
	}
	if f.Inclusive {
		return c.including("bcd2 inclusive")
	}
	return c
}
