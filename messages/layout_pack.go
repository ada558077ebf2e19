package messages

import (
	"strconv"

	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
)

// canPack reports whether the fields of a step can be packed without their own
// code: as moov's packer does it, in an encoding that takes a character or digit
// for each of the value's, behind a prefix of few digits.
func (s *fieldStep) canPack(spec *field.Spec) bool {
	if s.value == valueForeign || spec.Packer != nil {
		return false
	}

	switch s.encoding {
	case encodingASCII, encodingEBCDIC, encodingBinary, encodingBCD, encodingLBCD:
	default:
		return false
	}

	switch s.prefix.kind {
	case prefixFixed:
		return spec.Pref.Inspect() != prefix.Hex.Fixed.Inspect() // which wants another length than it reads
	case prefixASCII, prefixEBCDIC, prefixEBCDIC1047, prefixBCD:
		return int(s.prefix.digits) < len(powers)
	case prefixBinary:
		return s.prefix.digits <= 4
	default:
		return false
	}
}

// pack appends the field with that value, as the message's method Field takes it,
// to dst. The specification has the field. room is how much to make where dst has
// too little.
func (s *fieldStep) pack(dst []byte, value string, room int) ([]byte, error) {
	if !s.packs {
		packed, err := packForeign(s.source, value)

		return append(grow(dst, len(packed), room), packed...), err
	}

	var space [20]byte // the digits of an int64, and its sign

	if s.value == valueNumber {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil && value != "" { // no text is 0, as in a Numeric field
			return dst, errNotANumber // the error of the strconv package quotes the text
		}

		value = string(strconv.AppendInt(space[:0], n, 10))
	}

	p := filled{text: value, pad: s.padByte, units: len(value)}

	if missing := s.max - len(value); s.pad != padNone && missing > 0 {
		p.units = s.max

		if s.pad == padLeft {
			p.left = missing
		}
	}

	dst, err := s.prefix.append(grow(dst, int(s.prefix.bytes)+s.encoding.size(p.units), room), p.units, s.max)
	if err != nil {
		return dst, err
	}

	return s.encoding.append(dst, p)
}

// grow returns dst with room for need more bytes. If it has to be made, there is
// room for that many.
func grow(dst []byte, need, room int) []byte {
	if cap(dst)-len(dst) >= need {
		return dst
	}

	made := make([]byte, len(dst), len(dst)+max(need, room))
	copy(made, dst)

	return made
}

// filled is a value with its padding, together so many units long.
type filled struct {
	text        string
	left, units int
	pad         byte
}

// at returns a character, and a zero for what is outside: an odd number of digits
// is filled up with one.
func (p filled) at(i int) byte {
	switch i -= p.left; {
	case i < -p.left || i >= p.units-p.left:
		return '0'
	case i < 0 || i >= len(p.text):
		return p.pad
	default:
		return p.text[i]
	}
}

// append appends the encoded value to dst.
func (k encodingKind) append(dst []byte, p filled) ([]byte, error) {
	start := len(dst)

	switch k {
	case encodingBCD:
		return appendBCD(dst, p, -(p.units % 2))
	case encodingLBCD:
		return appendBCD(dst, p, 0)
	default:
	}

	for range p.left {
		dst = append(dst, p.pad)
	}

	dst = append(dst, p.text...)

	for len(dst) < start+p.units {
		dst = append(dst, p.pad)
	}

	for i, b := range dst[start:] {
		if k == encodingASCII && b > 0x7f {
			return dst, errBadContent
		}

		if k == encodingEBCDIC {
			dst[start+i] = ebcdicBytes[b]
		}
	}

	return dst, nil
}

// appendBCD appends the digits from the one at first on, two to a byte.
func appendBCD(dst []byte, p filled, first int) ([]byte, error) {
	for i := first; i < p.units; i += 2 {
		high, low := p.at(i)-'0', p.at(i+1)-'0'
		if high > 9 || low > 9 {
			return dst, errBadContent
		}

		dst = append(dst, high<<4|low)
	}

	return dst, nil
}

// powers are those of ten, as far as decimal prefixes have digits.
var powers = [...]int{1, 10, 100, 1_000, 10_000, 100_000, 1_000_000}

// append appends the prefix for a field of so many units to dst. limit is the
// specification's length.
func (p lengthPrefix) append(dst []byte, units, limit int) ([]byte, error) {
	if p.kind == prefixFixed {
		if units != limit {
			return dst, errNotTheLength
		}

		return dst, nil
	}

	tooMany := p.kind == prefixBinary && units>>(8*p.digits) != 0 || p.kind != prefixBinary && units >= powers[p.digits]
	if units > limit || tooMany {
		return dst, errTooLong
	}

	for i := int(p.bytes) - 1; i >= 0; i-- {
		var b byte

		switch p.kind {
		case prefixBinary:
			b = byte(units >> (8 * i))
		case prefixBCD:
			pair := units / powers[2*i] % 100
			b = byte(pair/10<<4 | pair%10)
		case prefixASCII:
			b = '0' + byte(units/powers[i]%10)
		default: // both kinds of EBCDIC
			b = 0xf0 + byte(units/powers[i]%10)
		}

		dst = append(dst, b)
	}

	return dst, nil
}
