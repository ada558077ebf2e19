package messages

import "encoding/binary"

// hexWords fills words from the ASCII hex digits of text, as far as it goes, and
// reports whether text is nothing else.
func hexWords(words []uint64, text []byte) bool {
	i := 0

	for ; len(text) >= 16; i++ {
		high, goodHigh := parseHex(binary.BigEndian.Uint64(text))
		low, goodLow := parseHex(binary.BigEndian.Uint64(text[8:]))

		if !goodHigh || !goodLow {
			return false
		}

		if i < len(words) {
			words[i] = high<<32 | low
		}

		text = text[16:]
	}

	if len(text) == 0 {
		return true
	}

	padded := [16]byte{'0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0'}

	copy(padded[:], text)

	return hexWords(words[min(i, len(words)):], padded[:])
}

// parseHex parses eight ASCII hex digits of either case, the first one in the most
// significant byte of text, and reports whether they are that. It works on all of
// them at once, since the bitmap of every message passes through it.
func parseHex(text uint64) (value uint64, ok bool) {
	const every = 0x0101010101010101 // 1 in each of the eight bytes

	// Letters have bit 6, and a low half byte that is their value less 9.
	letters := text >> 6 & every
	value = text&(0x0f*every) + 9*letters

	// What is no digit shows in a value above 15, or in not being what its value is
	// written as. Adding 0x76 carries into bit 7 for the values from 10 on.
	above9 := (value + 0x76*every) >> 7 & every
	written := value + '0'*every + ('a'-'9'-1)*above9
	ok = value&(0xf0*every) == 0 && written == text|letters<<5

	value |= value >> 4
	value &= 0x00ff00ff00ff00ff
	value |= value >> 8
	value &= 0x0000ffff0000ffff
	value |= value >> 16

	return value & 0xffffffff, ok
}
