package framing

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"math"
)

// VisaBaseI is the framing of Visa's BASE I over a VAP: a length of two bytes,
// big-endian, with two zeros behind it, which counts a header of 22 bytes or more
// and the message. It carries 65,535 bytes of both.
//
// Read returns the header, whose first byte tells its size, apart from the body;
// [ParseBaseI] reads it. A rejected message comes back behind two headers, the
// network's of 26 bytes and the original's: Read returns both as one header. Its
// body is the message as it was sent, with its own MTI, so it must be recognised
// by its header before it is taken for a request.
//
// A length of zero is a keep-alive, and so is a header without a body.
type VisaBaseI struct {
	// Header is what Append writes where it is given no header, apart from its
	// total length; [BaseIHeader] makes one. Zero, the default, means header
	// format 1, text format 2, and zeros for all else, the stations too.
	Header [BaseILen]byte
}

var _ Framer = VisaBaseI{}

const baseIName = "base1"

// Append is described at [Framer]; header is one BASE I header, or two for a
// rejected message, or empty for that of the options. The header's total length
// is computed: what stands there is not written, and header is not changed. It
// does not allocate, except to make dst longer. Without header and body it
// appends a length of zero. The errors are ErrTooLarge and, for a header whose
// size is not what its first byte says, ErrHeader, in an [*Error], and ErrOptions.
func (f VisaBaseI) Append(dst, header, body []byte) ([]byte, error) {
	if !f.valid() {
		return dst, f.Validate()
	}
	c := f.counted()
	if len(header)+len(body) == 0 {
		return c.appendLength(dst, 0), nil
	}
	own := f.header()
	if len(header) == 0 {
		header = own[:]
	}
	size, fault := baseISize(header)
	if fault == "" && size != len(header) {
		fault = "more bytes than its first byte says"
	}
	if fault != "" {
		return dst, &Error{Framing: f.String(), Err: ErrHeader, Size: len(header) + len(body), detail: "BASE I: " + fault}
	}
	start := len(dst) + c.width
	longer, err := c.append(dst, header, body)
	if err != nil {
		return dst, f.named(err)
	}
	binary.BigEndian.PutUint16(longer[start+baseITotal:], uint16(len(header)+len(body)))
	return longer, nil
}

// Read is described at [Framer]. It does not look at the header's total length,
// only at the sizes that it needs: a frame too short for a header is refused with
// ErrLength, a header of another size than fits with ErrHeader. It allocates once
// for a frame, and not at all for a length of zero.
func (f VisaBaseI) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	if !f.valid() {
		return nil, nil, f.Validate()
	}
	c := f.counted()
	block, first, err := c.readCounted(r, limit)
	if err != nil || len(block) == 0 {
		return nil, nil, f.named(err)
	}
	size, fault := baseISize(block)
	if fault != "" {
		e := &Error{Err: ErrHeader, Size: len(block), detail: "BASE I: " + fault}
		if block[0] < BaseILen {
			e.Hint = "does a BASE I header stand in front of the peer's messages?"
		}
		c.shown(first, e)
		return nil, nil, f.named(e)
	}
	return block[:size:size], block[size:], nil
}

// AppendKeepAlive is described at [KeepAliver]: 00 00 00 00. It returns false for
// wrong options.
func (f VisaBaseI) AppendKeepAlive(dst []byte) ([]byte, bool) { return appendKeepAlive(f, dst) }

// ReplyHeader is described at [Replier]: the header with destination and source
// swapped. Append sets its total length. A rejected message has no reply.
func (f VisaBaseI) ReplyHeader(request []byte) []byte { return swapStations(request) }

// Validate reports a default header that is none, whose first byte is not 22 or
// which announces another one; the error wraps ErrOptions. Append and Read
// return the same.
func (f VisaBaseI) Validate() error {
	if f.valid() {
		return nil
	}
	return optionError(baseIName, "Header begins with %s, it must begin with 16 (%d bytes) and announce no other header",
		hexadecimal(f.Header[:2]), BaseILen)
}

// String returns the name of the framing, as [Parse] reads it: "base1", or "base1
// default=" and the header in 44 hexadecimal digits.
func (f VisaBaseI) String() string {
	if f.Header == [BaseILen]byte{} {
		return baseIName
	}
	return baseIName + " " + defaultOption + hex.EncodeToString(f.Header[:])
}

func (f VisaBaseI) valid() bool {
	h := f.header()
	return h[0] == BaseILen && h[baseIFormat]&baseISecondHeader == 0
}

func (f VisaBaseI) header() [BaseILen]byte {
	if f.Header == [BaseILen]byte{} {
		return defaultBaseI
	}
	return f.Header
}

// named puts the whole name into an error.
func (f VisaBaseI) named(err error) error {
	if own, ok := err.(*Error); ok {
		own.Framing = f.String()
	}
	return err
}

func (f VisaBaseI) counted() counted {
	return counted{
		name:      baseIName,
		encoding:  binaryEncoding,
		width:     binary2Width + len(padding),
		suffix:    padding,
		max:       math.MaxUint16,
		headerLen: BaseILen, // the least
	}
}
