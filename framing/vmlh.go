package framing

import (
	"bufio"
	"fmt"
	"slices"
)

// VMLH is the framing of VMLH in the network package of github.com/moov-io/iso8583:
// a length of two bytes, big-endian, a reserved byte, and a byte of two
// indicators, the message format and the platform, in front of the message. It
// carries 2,048 bytes, as there.
//
// The message format 2 marks a session-control frame, which Visa sends where
// there was no traffic for ten seconds or more. It is a keep-alive, whatever its
// length: Read returns its content, which is no message, as the header, and an
// empty body. A length of zero is a keep-alive too.
type VMLH struct{}

var _ Framer = VMLH{}

const (
	vmlhName           = "vmlh"
	vmlhIndicators     = 3 // where the byte of indicators stands in the field
	vmlhSessionControl = 2
	vmlhMax            = 2048
)

// Append is described at [Framer]. With an empty body it writes a
// session-control frame, whose content is the header; with a body it writes
// header and body with indicators of zero, which Visa leaves to the endpoint. It
// does not allocate, except to make dst longer. The error is ErrTooLarge, in an
// [*Error].
func (f VMLH) Append(dst, header, body []byte) ([]byte, error) {
	c := f.counted()
	size, err := c.size(header, body)
	if err != nil {
		return dst, err
	}
	var indicators byte
	if len(body) == 0 {
		indicators = vmlhSessionControl << 4
	}
	dst = slices.Grow(dst, c.width+size)
	dst = append(dst, byte(size>>8), byte(size), 0, indicators)
	dst = append(dst, header...)
	return append(dst, body...), nil
}

// Read is described at [Framer]. The reserved byte and the platform are not
// looked at, but indicators that are no two decimal digits are refused with
// ErrLength, and more than 2,048 bytes with ErrTooLarge, whatever the limit. It
// allocates once for a frame, and not at all for one without content.
func (f VMLH) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	c := f.counted()
	raw, err := c.peekLength(r)
	if err != nil {
		return nil, nil, err
	}
	limit = min(limit, c.max)
	first := opens(r)
	indicators := raw[vmlhIndicators]
	if _, ok := packedBCD(raw[vmlhIndicators:]); !ok {
		return nil, nil, c.refuse(first, limit, &Error{
			Err: ErrLength, Size: -1,
			detail: fmt.Sprintf("the indicators %02X are not two decimal digits", indicators),
		})
	}
	size, err := c.accept(first, limit, bigEndian(raw))
	if err != nil {
		return nil, nil, err
	}
	_, _ = r.Discard(c.width) // peeked: it cannot fail
	block, err := c.readBlock(r, first, size)
	if indicators>>4 == vmlhSessionControl {
		return block, nil, err
	}
	return nil, block, err
}

// AppendKeepAlive is described at [KeepAliver]: a session-control frame without
// content, 00 00 00 20.
func (f VMLH) AppendKeepAlive(dst []byte) ([]byte, bool) { return appendKeepAlive(f, dst) }

// Validate returns nil: there are no options.
func (f VMLH) Validate() error { return nil }

// String returns the name of the framing, as [Parse] reads it: "vmlh".
func (f VMLH) String() string { return vmlhName }

func (f VMLH) counted() counted {
	return counted{name: vmlhName, encoding: binaryEncoding, width: 4, max: vmlhMax}
}
