package framing

import (
	"bufio"
	"fmt"
	"math"
)

// BASE24 is a length of two bytes, big-endian, and a trailer, the byte 03, behind
// the body. The length counts header, body and trailer, and the trailer is
// checked. It carries 65,534 bytes of header and body.
//
// The zero value splits no header off. The "ISO" and nine digits that many such
// hosts put in front of the MTI are a header of 12 bytes.
type BASE24 struct {
	// HeaderLen is how many bytes of a frame Read returns as its header. Zero,
	// the default, means no header: Read returns all as the body. A frame that
	// is shorter, but not empty, is refused.
	HeaderLen int
}

var _ Framer = BASE24{}

// etx is the trailer: the ASCII control character "end of text".
const etx = "\x03"

// Append is described at [Framer]. It does not allocate, except to make dst
// longer. The errors are ErrTooLarge and ErrLength (shorter than HeaderLen) in
// an [*Error], and ErrOptions.
func (f BASE24) Append(dst, header, body []byte) ([]byte, error) {
	c := f.counted()
	if len(header)+len(body) > 0 {
		return c.append(dst, header, body)
	}
	if err := c.validateHeaderLen(); err != nil {
		return dst, err
	}
	return c.appendLength(dst, 0), nil
}

// Read is described at [Framer]. A keep-alive is a length of zero with nothing
// behind it, or a trailer alone. A frame that ends with another byte is refused
// with ErrTrailer. Read allocates once for a frame, and not at all for a length
// of zero.
func (f BASE24) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	c := f.counted()
	if err := c.validateHeaderLen(); err != nil {
		return nil, nil, err
	}
	length, err := c.length(r, limit)
	if err != nil {
		return nil, nil, err
	}
	if length == 0 {
		_, _ = r.Discard(c.width) // peeked: it cannot fail
		return nil, nil, nil
	}
	return c.readFrame(r, limit)
}

// AppendKeepAlive is described at [KeepAliver]: 00 00.
func (f BASE24) AppendKeepAlive(dst []byte) ([]byte, bool) { return appendKeepAlive(f, dst) }

// Validate reports options that no frame can be read or written with; the
// error wraps ErrOptions. Append and Read return the same.
func (f BASE24) Validate() error {
	c := f.counted()
	return c.validateHeaderLen()
}

// String returns the name of the framing, as [Parse] reads it: "base24", "base24
// header=12".
func (f BASE24) String() string {
	c := f.counted()
	return c.title()
}

func (f BASE24) counted() counted {
	return counted{
		name:      "base24",
		encoding:  binaryEncoding,
		width:     binary2Width,
		own:       len(etx),
		max:       math.MaxUint16 - len(etx),
		headerLen: f.HeaderLen,
		trailer:   etx,
	}
}

// noTrailer is the error of a block behind which the trailer is missing. The
// byte that stands there may be of a message, and is not shown.
func (c *counted) noTrailer(first opening, size int) error {
	e := &Error{
		Err: ErrTrailer, Size: size,
		detail: fmt.Sprintf("%d bytes are not followed by the trailer %s", size, hexadecimal([]byte(c.trailer))),
		Hint:   "does the peer write a trailer, and does its length count it?",
	}
	c.shown(first, e)
	return e
}
