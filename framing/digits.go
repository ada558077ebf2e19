package framing

// decimal is the value of the first width bytes of b as ASCII decimal digits.
// It is not ok when there are fewer bytes, or others than digits.
func decimal(b []byte, width int) (value int, ok bool) {
	if len(b) < width {
		return 0, false
	}
	return number(b[:width], 10, asciiDigit)
}

// The digits by their values, as they are written.
const (
	asciiDigits  = "0123456789ABCDEF"
	ebcdicDigits = "\xF0\xF1\xF2\xF3\xF4\xF5\xF6\xF7\xF8\xF9"
)

// appendNumber appends value in width digits, filled up with zeros.
func appendNumber(dst []byte, value, base, width int, digits string) []byte {
	start := len(dst)
	for range width {
		dst = append(dst, digits[0])
	}
	for i := len(dst) - 1; i >= start; i-- {
		dst[i] = digits[value%base]
		value /= base
	}
	return dst
}

// appendPackedBCD appends value with two decimal digits in each of width
// bytes.
func appendPackedBCD(dst []byte, value, width int) []byte {
	start := len(dst)
	for range width {
		dst = append(dst, 0)
	}
	for i := len(dst) - 1; i >= start; i-- {
		dst[i] = byte(value/10%10<<4 | value%10)
		value /= 100
	}
	return dst
}

// number is the value of digits of which digit knows the values.
func number(b []byte, base int, digit func(byte) (int, bool)) (value int, ok bool) {
	for _, v := range b {
		d, ok := digit(v)
		if !ok {
			return 0, false
		}
		value = value*base + d
	}
	return value, true
}

func asciiDigit(b byte) (int, bool) {
	return int(b) - '0', b >= '0' && b <= '9'
}

// ebcdicDigit knows the digits of every EBCDIC code page: F0 to F9.
func ebcdicDigit(b byte) (int, bool) {
	return int(b) - 0xF0, b >= 0xF0 && b <= 0xF9
}

func hexDigit(b byte) (int, bool) {
	switch {
	case b >= 'A' && b <= 'F':
		return int(b) - 'A' + 10, true
	case b >= 'a' && b <= 'f':
		return int(b) - 'a' + 10, true
	}
	return asciiDigit(b)
}

// packedBCD is the value of b with two decimal digits in each byte.
func packedBCD(b []byte) (value int, ok bool) {
	return number(b, 100, func(v byte) (int, bool) {
		return int(v>>4)*10 + int(v&0x0F), v>>4 <= 9 && v&0x0F <= 9
	})
}
