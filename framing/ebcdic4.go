package framing

import (
	"bufio"
)

// EBCDIC4 is a length of four decimal digits in EBCDIC, as mainframe hosts
// write it, in front of header and body: F0 F0 F3 F9 for a message of 39 bytes.
// It carries 9,999 bytes, or 9,995 when inclusive.
//
// The zero value counts header and body, and splits no header off.
type EBCDIC4 struct {
	// Inclusive: the length counts its own four digits as well, so that a keep-alive
	// is F0 F0 F0 F4. Default: it does not.
	Inclusive bool

	// HeaderLen is how many bytes of a frame Read returns as its header. Zero,
	// the default, means no header: Read returns all as the body. A frame that
	// is shorter, but not empty, is refused.
	HeaderLen int
}

var _ Framer = EBCDIC4{}

// Append is described at [Framer]. It does not allocate, except to make dst
// longer. The errors are ErrTooLarge and ErrLength (shorter than HeaderLen) in
// an [*Error], and ErrOptions.
func (f EBCDIC4) Append(dst, header, body []byte) ([]byte, error) {
	c := f.counted()
	return c.append(dst, header, body)
}

// Read is described at [Framer]. It accepts digits only: no sign, no space. It
// allocates once for a frame, and not at all for a keep-alive.
func (f EBCDIC4) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	c := f.counted()
	return c.readFrame(r, limit)
}

// AppendKeepAlive is described at [KeepAliver]: F0 F0 F0 F0, or F0 F0 F0 F4 when
// inclusive.
func (f EBCDIC4) AppendKeepAlive(dst []byte) ([]byte, bool) { return appendKeepAlive(f, dst) }

// Validate reports options that no frame can be read or written with; the
// error wraps ErrOptions. Append and Read return the same.
func (f EBCDIC4) Validate() error {
	c := f.counted()
	return c.validateHeaderLen()
}

// String returns the name of the framing, as [Parse] reads it: "ebcdic4",
// "ebcdic4 inclusive header=5".
func (f EBCDIC4) String() string {
	c := f.counted()
	return c.title()
}

func (f EBCDIC4) counted() counted {
	c := counted{
		name:      "ebcdic4",
		encoding:  ebcdicEncoding,
		width:     4,
		max:       9_999,
		headerLen: f.HeaderLen,
	}
	if f.Inclusive {
		return c.including("ebcdic4 inclusive")
	}
	return c
}
