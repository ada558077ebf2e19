package framing

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"math"
)

// TPDU is the framing of terminals and network access controllers: a length of
// two bytes, big-endian, which counts a header of five bytes, the TPDU, and the
// message behind it. It carries 65,530 bytes of message.
//
// A TPDU is an identifier (60 for a transaction), the destination and the source,
// of two bytes each. Read returns it as the header, whatever its identifier. A
// frame that is the TPDU alone is a keep-alive, and so is a length of zero.
type TPDU struct {
	// Header is what Append writes where it is given no header. Zero, the
	// default, means 60 00 00 00 00.
	Header [5]byte
}

var _ Framer = TPDU{}

const (
	tpduLen         = 5
	tpduIdentifier  = 0x60
	tpduDestination = 1 // 2 bytes, in front of the source
	tpduAddressLen  = 2
)

// Append is described at [Framer]; header is a TPDU, or empty for that of the
// options. It does not allocate, except to make dst longer. Without header and
// body it appends what AppendKeepAlive does. The errors, in an [*Error], are
// ErrTooLarge, and ErrHeader for a header that has not five bytes.
func (f TPDU) Append(dst, header, body []byte) ([]byte, error) {
	own := f.header()
	if len(header) == 0 {
		header = own[:]
	}
	if len(header) != tpduLen {
		return dst, &Error{
			Framing: f.String(), Err: ErrHeader, Size: len(header) + len(body),
			detail: fmt.Sprintf("a header of %d bytes is no TPDU, which has %d", len(header), tpduLen),
		}
	}
	c := f.counted()
	longer, err := c.append(dst, header, body)
	return longer, f.named(err)
}

// Read is described at [Framer]. It allocates once for a frame, and not at all
// for a length of zero. A frame too short for a TPDU is refused with ErrLength.
func (f TPDU) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	c := f.counted()
	header, body, err = c.readFrame(r, limit)
	return header, body, f.named(err)
}

// AppendKeepAlive is described at [KeepAliver]: a TPDU, that of the options,
// without a message.
func (f TPDU) AppendKeepAlive(dst []byte) ([]byte, bool) { return appendKeepAlive(f, dst) }

// ReplyHeader is described at [Replier]: the TPDU with destination and source
// swapped.
func (f TPDU) ReplyHeader(request []byte) []byte {
	if len(request) != tpduLen {
		return append([]byte(nil), request...)
	}
	return swapped(request, tpduDestination, tpduAddressLen)
}

// Validate returns nil: every Header can be written.
func (f TPDU) Validate() error { return nil }

// String returns the name of the framing, as [Parse] reads it: "binary2+tpdu",
// "binary2+tpdu default=6000010002".
func (f TPDU) String() string {
	if f.Header == [tpduLen]byte{} {
		return tpduName
	}
	return tpduName + " " + defaultOption + hex.EncodeToString(f.Header[:])
}

const tpduName = "binary2+tpdu"

// named puts the whole name into an error.
func (f TPDU) named(err error) error {
	if own, ok := err.(*Error); ok {
		own.Framing = f.String()
	}
	return err
}

func (f TPDU) header() [tpduLen]byte {
	if f.Header == [tpduLen]byte{} {
		return [tpduLen]byte{tpduIdentifier}
	}
	return f.Header
}

func (f TPDU) counted() counted {
	return counted{
		name:      tpduName,
		encoding:  binaryEncoding,
		width:     binary2Width,
		max:       math.MaxUint16,
		headerLen: tpduLen,
	}
}
