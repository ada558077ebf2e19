package framing

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// diagnose says what the first bytes of a frame look like after their length
// was refused. first holds the length field at least, except with
// unknownEncoding. A guess must be a size that limit allows, or it explains
// nothing.
func (c *counted) diagnose(first []byte, limit int) string {
	if hint := otherProtocol(first); hint != "" {
		return hint
	}
	switch c.encoding {
	case binaryEncoding:
		if hint := asciiInBinary(first, c.width, limit); hint != "" {
			return hint
		}
		if c.width > binary2Width {
			return c.otherForm(first, limit)
		}
		return otherBinary(first[:c.width], limit)
	case asciiEncoding:
		return notASCII(first[:c.width], limit)
	case ebcdicEncoding, hexEncoding, bcdEncoding:
		return c.otherForm(first, limit)
	case unknownEncoding:
		// Where the length ends is not known, and what follows it must not
		// be shown.
	}
	return ""
}

// diagnoseTruncated is diagnose for a length that was accepted. Nearly every
// length makes sense in some other binary form, so those are not guessed.
func (c *counted) diagnoseTruncated(first []byte, size int) string {
	if hint := otherProtocol(first); hint != "" {
		return hint
	}
	if c.encoding == binaryEncoding || c.encoding == bcdEncoding {
		return asciiInBinary(first, c.width, size)
	}
	return ""
}

var httpMethods = [...]string{"GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "CONNECT ", "OPTIONS ", "TRACE ", "PATCH "}

// otherProtocol recognises a peer that speaks TLS or HTTP. Only the constant
// beginning of either is shown.
func otherProtocol(first []byte) string {
	// RFC 8446, 5.1: content type, then legacy_record_version 03 01 to 03 03;
	// old peers say 03 00.
	if len(first) >= 2 && first[1] == 0x03 && (len(first) == 2 || first[2] <= 0x03) {
		switch first[0] {
		case 0x16:
			return "16 03 looks like a TLS handshake: does the peer use TLS on a port that is plain here?"
		case 0x15:
			return "15 03 looks like a TLS alert: does the peer use TLS on a port that is plain here?"
		}
	}
	for _, method := range httpMethods {
		// The buffer may hold only the beginning of a longer one.
		n := min(len(first), len(method))
		if n >= 4 && string(first[:n]) == method[:n] {
			return fmt.Sprintf("%q looks like an HTTP request: is a web client or a health check on this port?", method)
		}
	}
	return ""
}

// asciiInBinary recognises decimal digits in a binary length of width bytes.
// The digits that follow the field are shown only where four together make a
// length within limit.
func asciiInBinary(first []byte, width, limit int) string {
	if length, ok := decimal(first, 4); ok && length <= limit {
		return fmt.Sprintf("length bytes %s look like ASCII digits (%d): is the framing ascii4?",
			hexadecimal(first[:4]), length)
	}
	if _, ok := decimal(first, width); ok {
		return fmt.Sprintf("length bytes %s look like ASCII digits: is the length written in ASCII?",
			hexadecimal(first[:width]))
	}
	return ""
}

// otherBinary recognises a binary length in another form than big-endian.
func otherBinary(raw []byte, limit int) string {
	var guesses []string
	if length, ok := packedBCD(raw); ok && within(length, limit) {
		guesses = append(guesses, fmt.Sprintf("packed BCD (%d)", length))
	}
	if length := littleEndian(raw); within(length, limit) {
		guesses = append(guesses, fmt.Sprintf("a length in reversed byte order (%d)", length))
	}
	return looksLike(raw, guesses)
}

// notASCII recognises what stands where ASCII digits should.
func notASCII(raw []byte, limit int) string {
	if _, ok := decimal(raw, len(raw)); ok {
		return ""
	}
	if length, ok := number(raw, 10, ebcdicDigit); ok && within(length, limit) {
		return looksLike(raw, []string{fmt.Sprintf("EBCDIC digits (%d)", length)})
	}
	if length, ok := number(raw, 16, hexDigit); ok && within(length, limit) {
		return looksLike(raw, []string{fmt.Sprintf("hexadecimal digits (%d)", length)})
	}
	// A binary length of any usual message begins with an unprintable byte.
	if printable(raw[0]) && printable(raw[1]) {
		return ""
	}
	if length := bigEndian(raw[:2]); within(length, limit) {
		guesses := []string{fmt.Sprintf("a binary length (%d, framing binary2)", length)}
		if length, ok := packedBCD(raw[:2]); ok && within(length, limit) {
			guesses = append(guesses, fmt.Sprintf("packed BCD (%d)", length))
		}
		return looksLike(raw[:2], guesses)
	}
	if len(raw) >= 4 && bigEndian(raw[:2]) == 0 && within(bigEndian(raw[2:4]), limit) {
		return looksLike(raw[:4], []string{fmt.Sprintf("a binary length of four bytes (%d)", bigEndian(raw[2:4]))})
	}
	return otherBinary(raw[:2], limit)
}

// looksLike is the question that a user should ask himself.
func looksLike(raw []byte, guesses []string) string {
	if len(guesses) == 0 {
		return ""
	}
	return fmt.Sprintf("length bytes %s look like %s: is the framing set as the peer's?",
		hexadecimal(raw), strings.Join(guesses, ", or "))
}

// within says whether a frame of that length would be accepted and is no
// keep-alive.
func within(length, limit int) bool { return length > 0 && length <= limit }

func printable(b byte) bool { return b >= 0x20 && b <= 0x7E }

func bigEndian(raw []byte) int { return int(binary.BigEndian.Uint16(raw)) }

func littleEndian(raw []byte) int { return int(binary.LittleEndian.Uint16(raw)) }
