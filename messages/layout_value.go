package messages

import (
	"encoding/hex"
	"strconv"
	"unicode/utf8"
)

// valueKind is how a field's String method shows its unpacked content.
type valueKind uint8

const (
	valueForeign valueKind = iota // by the field's own code
	valueText                     // as it is
	valueNumber                   // as a decimal number
	valueHex                      // in upper-case hex
)

// encodingKind is an encoding of moov's encoding package.
type encodingKind uint8

const (
	encodingUnknown encodingKind = iota
	encodingASCII
	encodingEBCDIC
	encodingEBCDIC1047
	encodingBinary
	encodingBCD      // an odd number of digits stands to the right
	encodingLBCD     // an odd number of digits stands to the left
	encodingHexText  // hex digits on the wire, two for a byte of the value (BytesToASCIIHex)
	encodingHexValue // bytes on the wire, two hex digits of the value each (ASCIIHexToBytes)
)

// padKind is the side on which a field is padded.
type padKind uint8

const (
	padNone padKind = iota
	padLeft
	padRight
)

// size returns how many bytes a number of units takes. units is not negative, and
// small enough to be doubled.
func (k encodingKind) size(units int) int {
	switch k {
	case encodingBCD, encodingLBCD:
		return (units + 1) / 2
	case encodingHexText:
		return 2 * units
	default:
		return units
	}
}

// appendValue appends the value of a field with this content to dst.
func (s *fieldStep) appendValue(dst, content []byte, units int) ([]byte, error) {
	if s.value != valueText {
		return s.appendRendered(dst, content, units)
	}

	start := len(dst)

	dst, err := s.encoding.decode(dst, content, units)
	if err != nil || s.pad == padNone {
		return dst, err
	}

	return append(dst[:start], s.pad.trim(dst[start:], s.padByte)...), nil
}

// numberSpace is how many digits of a number, leading zeros included, are read
// without allocating.
const numberSpace = 64

// appendRendered does it for values that are not the decoded text.
func (s *fieldStep) appendRendered(dst, content []byte, units int) ([]byte, error) {
	if s.value == valueHex {
		return s.appendBytes(dst, content, units)
	}

	var space [numberSpace]byte

	text, err := s.encoding.decode(space[:0], content, units)
	if err != nil {
		return dst, err
	}

	return appendNumber(dst, s.pad.trim(text, s.padByte))
}

// appendBytes does it for a value that is shown in hex, which may be long: it is
// decoded in dst, and made hex where it is.
func (s *fieldStep) appendBytes(dst, content []byte, units int) ([]byte, error) {
	start := len(dst)

	dst, err := s.encoding.decode(dst, content, units)
	if err != nil {
		return dst, err
	}

	dst = append(dst[:start], s.pad.trim(dst[start:], s.padByte)...)
	n := len(dst) - start
	dst = append(dst, dst[start:]...)

	for i := n - 1; i >= 0; i-- {
		b := dst[start+i]
		dst[start+2*i], dst[start+2*i+1] = upperHex[b>>4], upperHex[b&0x0f]
	}

	return dst, nil
}

// decode appends the decoded content to dst.
func (k encodingKind) decode(dst, content []byte, units int) ([]byte, error) {
	switch k {
	case encodingASCII:
		if !isASCII(content) {
			return dst, errBadContent
		}

		return append(dst, content...), nil
	case encodingBinary:
		return append(dst, content...), nil
	case encodingEBCDIC:
		for _, b := range content {
			dst = append(dst, ebcdicText[b])
		}

		return dst, nil
	case encodingEBCDIC1047:
		for _, b := range content {
			dst = utf8.AppendRune(dst, rune(ebcdic1047Text[b]))
		}

		return dst, nil
	case encodingHexText:
		decoded, err := hex.AppendDecode(dst, content)
		if err != nil {
			return dst, errBadContent // the error of the hex package quotes the byte
		}

		return decoded, nil
	case encodingHexValue:
		return appendHex(dst, content), nil
	default:
		return decodeBCD(dst, content, units, k == encodingLBCD)
	}
}

func isASCII(content []byte) bool {
	var all byte
	for _, b := range content {
		all |= b
	}

	return all < 0x80
}

// decodeBCD appends units digits to dst. Of an odd number, the unused half byte
// is the last one if left is true and the first one otherwise; it has to be a
// digit too. As moov's decoder does, it takes a filler (0xf) in the last half
// byte for a NUL character.
func decodeBCD(dst, content []byte, units int, left bool) ([]byte, error) {
	start, last := len(dst), len(content)-1

	for i, b := range content {
		high, low := b>>4, b&0x0f

		switch {
		case high <= 9 && low <= 9:
			dst = append(dst, '0'+high, '0'+low)
		case high <= 9 && low == 0x0f && i == last:
			dst = append(dst, '0'+high, 0)
		default:
			return dst, errBadContent
		}
	}

	if !left {
		copy(dst[start:], dst[len(dst)-units:])
	}

	return dst[:start+units], nil
}

// trim removes the padding from text.
func (k padKind) trim(text []byte, pad byte) []byte {
	switch k {
	case padLeft:
		for len(text) > 0 && text[0] == pad {
			text = text[1:]
		}
	case padRight:
		for len(text) > 0 && text[len(text)-1] == pad {
			text = text[:len(text)-1]
		}
	case padNone:
	}

	return text
}

// appendNumber appends the number that text is, without leading zeros. No text is
// 0, as in a Numeric field.
func appendNumber(dst, text []byte) ([]byte, error) {
	if len(text) == 0 {
		return append(dst, '0'), nil
	}

	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return dst, errNotANumber // the error of the strconv package quotes the text
	}

	return strconv.AppendInt(dst, n, 10), nil
}

const upperHex = "0123456789ABCDEF"

// appendHex appends content in upper-case hex.
func appendHex(dst, content []byte) []byte {
	for _, b := range content {
		dst = append(dst, upperHex[b>>4], upperHex[b&0x0f])
	}

	return dst
}
