package messages

import (
	"unicode/utf8"

	"github.com/moov-io/iso8583/encoding"
)

// The characters that bytes on the wire stand for, in Latin-1, of which ASCII is
// the first half, and the other way around. moov's encoders hold the tables but do not export them; every
// byte is decodable in both, so that there is no error to look at.
var (
	asciiText = newTable(func(b byte) byte { return b })

	ebcdicText = newTable(func(b byte) byte {
		text, _, _ := encoding.EBCDIC.Decode([]byte{b}, 1)

		return text[0]
	})

	ebcdicBytes = newTable(func(b byte) byte {
		packed, _ := encoding.EBCDIC.Encode([]byte{b})

		return packed[0]
	})

	ebcdic1047Text = newTable(func(b byte) byte {
		// Code page 1047 is a permutation of Latin-1; moov's decoder gives UTF-8.
		text, _, _ := encoding.EBCDIC1047.Decode([]byte{b}, 1)
		char, _ := utf8.DecodeRune(text)

		return byte(char)
	})
)

// hexDigits gives the value of an ASCII hex digit of either case, and 0xff for
// every other byte.
var hexDigits = newTable(func(b byte) byte {
	switch {
	case b >= '0' && b <= '9':
		return b - '0'
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10
	default:
		return 0xff
	}
})

func newTable(entry func(byte) byte) (table [256]byte) {
	for i := range table {
		table[i] = entry(byte(i))
	}

	return table
}
