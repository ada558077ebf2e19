package framing

import (
	"encoding/binary"
	"fmt"
)

// form is one way to write a length, by which a framing set wrongly may be
// recognised.
type form struct {
	text  string // with the length, and the name of the framing
	width int
	read  func(raw []byte) (length int, ok bool)
}

// forms are ordered by how little chance there is in a match; those of two
// binary bytes say so little that all of them are named.
var forms = [...]form{
	{"ASCII digits (%d, framing ascii4)", 4, func(raw []byte) (int, bool) {
		return number(raw, 10, asciiDigit)
	}},
	{"EBCDIC digits (%d, framing ebcdic4)", 4, func(raw []byte) (int, bool) {
		return number(raw, 10, ebcdicDigit)
	}},
	{"hexadecimal digits (%d, framing hex4)", 4, func(raw []byte) (int, bool) {
		return number(raw, 16, hexDigit)
	}},
	{"a length with the fixed bytes D0 4A (%d, framing rbp)", 6, func(raw []byte) (int, bool) {
		return bigEndian(raw[2:]), string(raw[:2]) == rbpID && string(raw[4:]) == padding
	}},
	{"a binary length of four bytes (%d, framing binary4 or padded leading)", 4, func(raw []byte) (int, bool) {
		return bigEndian(raw[2:]), string(raw[:2]) == padding
	}},
	{"a binary length with two zeros behind it (%d, framing padded)", 4, func(raw []byte) (int, bool) {
		return bigEndian(raw), string(raw[2:]) == padding
	}},
	{"a binary length of two bytes (%d, framing binary2)", 2, func(raw []byte) (int, bool) {
		return bigEndian(raw), true
	}},
	{"packed BCD (%d, framing bcd2)", 2, packedBCD},
	{"a length in reversed byte order (%d)", 2, func(raw []byte) (int, bool) {
		return littleEndian(raw), true
	}},
}

// otherForm names the first form of four bytes or more that makes a length of
// what stands where c's should, or else all of those of two bytes that do.
func (c *counted) otherForm(first []byte, limit int) string {
	if c.encoding == binaryEncoding && c.width >= 4 {
		if length := int64(binary.LittleEndian.Uint32(first)); length > 0 && length <= int64(limit) && length <= 0xFFFF {
			return looksLike(first[:4], []string{fmt.Sprintf("a length of four bytes in reversed byte order (%d)", length)})
		}
	}
	// What c reads itself explains nothing.
	own, fault := c.decode(first[:c.width])
	var guesses []string
	for _, f := range forms {
		if len(first) < f.width {
			continue
		}
		length, ok := f.read(first[:f.width])
		if !ok || !within(length, limit) || f.width == c.width && fault == "" && int64(length) == own {
			continue
		}
		guess := fmt.Sprintf(f.text, length)
		if f.width > binary2Width {
			return looksLike(first[:f.width], []string{guess})
		}
		guesses = append(guesses, guess)
	}
	return looksLike(first[:binary2Width], guesses)
}
