package messages

import "math"

// lengthPrefix is a length prefix of moov's prefix package.
type lengthPrefix struct {
	kind prefixKind
	// digits is what moov's specifications call L: decimal digits, or bytes of
	// the length for a binary or hex prefix.
	digits int8
	// bytes is the size on the wire, except for BER-TLV, which tells it itself.
	bytes int8
}

type prefixKind uint8

const (
	prefixUnknown    prefixKind = iota
	prefixFixed                 // no prefix: the length is the specification's
	prefixRest                  // no prefix: all that is left
	prefixASCII                 // decimal
	prefixEBCDIC                // decimal
	prefixEBCDIC1047            // decimal
	prefixBCD                   // decimal
	prefixBinary                // big-endian
	prefixHex                   // big-endian, in ASCII hex
	prefixBER                   // ISO/IEC 8825-1, 8.1.3
)

// length returns how many units the content behind the prefix at the beginning of
// src has, and how many bytes the prefix takes. limit is the specification's
// length. As moov's prefixers do, an EBCDIC prefix lets a negative length pass;
// it is for the caller to refuse it.
func (p lengthPrefix) length(src []byte, limit int) (units, head int, err error) {
	switch p.kind {
	case prefixFixed:
		return limit, 0, nil
	case prefixRest:
		return len(src), 0, nil
	case prefixBER:
		return berLength(src, limit)
	default:
		return p.sized(src, limit)
	}
}

// sized does it for the prefixes whose own size is fixed.
func (p lengthPrefix) sized(src []byte, limit int) (units, head int, err error) {
	head = int(p.bytes)
	if len(src) < head {
		return 0, 0, errShort
	}

	ok := true

	switch p.kind {
	case prefixASCII:
		units, ok = decimalLength(src[:head], &asciiText)
		ok = ok && units >= 0
	case prefixEBCDIC:
		units, ok = decimalLength(src[:head], &ebcdicText)
	case prefixEBCDIC1047:
		units, ok = decimalLength(src[:head], &ebcdic1047Text)
	case prefixBCD:
		units, ok = bcdLength(src[:head], p.digits%2 == 1)
	case prefixBinary:
		units = binaryLength(src[:head])
	default: // prefixHex
		units, ok = hexLength(src[:head])
	}

	switch {
	case !ok:
		return 0, 0, errBadLength
	case units > limit:
		return 0, 0, errTooLong
	default:
		return units, head, nil
	}
}

// decimalLength reads decimal digits, which may follow a sign: moov's prefixers
// use strconv.Atoi.
func decimalLength(src []byte, text *[256]byte) (int, bool) {
	sign := 1

	if c := text[src[0]]; c == '+' || c == '-' {
		if c == '-' {
			sign = -1
		}

		src = src[1:]
		if len(src) == 0 {
			return 0, false
		}
	}

	n := 0

	for _, b := range src {
		digit := text[b] - '0'
		if digit > 9 {
			return 0, false
		}

		n = 10*n + int(digit)
	}

	return sign * n, true
}

// bcdLength reads packed digits. An odd number of them stands to the right: the
// first half byte does not count, but has to be a digit.
func bcdLength(src []byte, odd bool) (int, bool) {
	n := 0

	for i, b := range src {
		high, low := b>>4, b&0x0f
		if high > 9 || low > 9 {
			return 0, false
		}

		if i == 0 && odd {
			high = 0
		}

		n = 100*n + 10*int(high) + int(low)
	}

	return n, true
}

// binaryLength reads a big-endian number. Of a prefix of five or six bytes
// moov's prefixer reads the first four.
func binaryLength(src []byte) int {
	var n uint32

	for _, b := range src[:min(4, len(src))] {
		n = n<<8 | uint32(b)
	}

	return int(n)
}

// hexLength reads a big-endian number in ASCII hex digits of either case.
func hexLength(src []byte) (int, bool) {
	n, bad := uint64(0), byte(0)

	for _, b := range src {
		digit := hexDigits[b]
		bad |= digit
		n = n<<4 | uint64(digit&0x0f)
	}

	return int(n), bad <= 0x0f && n <= math.MaxInt // 48 bits are too many where int has 32
}

// berLength reads a length of BER-TLV. As in moov's prefixer, a limit of 0 is
// none, and of a longer number only the last eight bytes count.
func berLength(src []byte, limit int) (units, head int, err error) {
	if len(src) == 0 {
		return 0, 0, errShort
	}

	units, head = int(src[0]), 1

	if src[0]&0x80 != 0 {
		head += int(src[0] & 0x7f)
		if len(src) < head {
			return 0, 0, errShort
		}

		var n uint64
		for _, b := range src[1:head] {
			n = n<<8 | uint64(b)
		}

		units = int(n) // the caller refuses what is negative
	}

	if limit != 0 && units > limit {
		return 0, 0, errTooLong
	}

	return units, head, nil
}
