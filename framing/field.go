package framing

import (
	"bufio"
	"fmt"
	"math"
	"strings"
)

// appendLength appends the whole length field. length is one that the field
// can hold.
func (c *counted) appendLength(dst []byte, length int) []byte {
	dst = append(dst, c.prefix...)
	digits := c.width - len(c.prefix) - len(c.suffix)
	switch c.encoding {
	case binaryEncoding:
		for shift := 8 * (digits - 1); shift >= 0; shift -= 8 {
			dst = append(dst, byte(length>>shift))
		}
	case asciiEncoding:
		dst = appendNumber(dst, length, 10, digits, asciiDigits)
	case ebcdicEncoding:
		dst = appendNumber(dst, length, 10, digits, ebcdicDigits)
	case hexEncoding:
		dst = appendNumber(dst, length, 16, digits, asciiDigits)
	case bcdEncoding:
		dst = appendPackedBCD(dst, length, digits)
	case unknownEncoding:
		// Funcs writes its own.
	}
	return append(dst, c.suffix...)
}

// length returns the number in a length field, whose bytes stay unread.
func (c *counted) length(r *bufio.Reader, limit int) (int, error) {
	raw, err := c.peekLength(r)
	if err != nil {
		return 0, err
	}
	length, fault := c.decode(raw)
	if fault != "" {
		return 0, c.refuse(opens(r), limit, &Error{Err: ErrLength, Size: -1, detail: fault})
	}
	// Not as an int, which may have 32 bits: a length taken for a smaller one
	// would put the stream out of step.
	if length > math.MaxInt32 {
		return 0, c.refuse(opens(r), limit, &Error{
			Err: ErrTooLarge, Size: -1, Max: max(min(limit, c.max), 0),
			detail: fmt.Sprintf("a length of more than %d is above any limit", math.MaxInt32),
		})
	}
	return int(length), nil
}

// decode reads a whole length field; fault says what is wrong with it.
func (c *counted) decode(raw []byte) (length int64, fault string) {
	digits := raw[len(c.prefix) : len(raw)-len(c.suffix)]
	if !strings.HasPrefix(string(raw), c.prefix) {
		return 0, "these do not begin with " + hexadecimal([]byte(c.prefix))
	}
	if !strings.HasSuffix(string(raw), c.suffix) {
		return 0, "these do not end with " + hexadecimal([]byte(c.suffix))
	}
	value, ok := 0, true
	switch c.encoding {
	case asciiEncoding:
		value, ok = number(digits, 10, asciiDigit)
		fault = "these are not decimal digits"
	case ebcdicEncoding:
		value, ok = number(digits, 10, ebcdicDigit)
		fault = "these are not EBCDIC decimal digits"
	case hexEncoding:
		value, ok = number(digits, 16, hexDigit)
		fault = "these are not hexadecimal digits"
	case bcdEncoding:
		value, ok = packedBCD(digits)
		fault = "these are not packed decimal digits"
	case binaryEncoding:
		for _, b := range digits {
			length = length<<8 | int64(b)
		}
		return length, ""
	case unknownEncoding:
		// Funcs reads its own.
	}
	if !ok {
		return 0, fault
	}
	return int64(value), ""
}
