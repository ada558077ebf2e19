package floor

import "encoding/binary"

const (
	lengthBytes = 2
	maxBody     = 1<<16 - 1
	stanDigits  = 6
)

// key is what a response shares with its request: the first three digits of
// the MTI, the function counted as its request's, and the STAN.
type key uint64

// keyOf reads the key of a body whose STAN starts at offset stanAt, which must
// be 4 or more. response tells which of the two it is. ok is false when the
// body is too short to have a key.
func keyOf(body []byte, stanAt int) (k key, response, ok bool) {
	if len(body) < stanAt+stanDigits {
		return 0, false, false
	}
	function := body[2] & 0x0f
	response = function&1 == 1
	k = key(body[0]&0x0f)<<56 | key(body[1]&0x0f)<<52 | key(function&^1)<<48
	stan := body[stanAt : stanAt+stanDigits : stanAt+stanDigits]
	k |= key(binary.BigEndian.Uint32(stan))<<16 | key(binary.BigEndian.Uint16(stan[4:]))
	return k, response, true
}

// appendFrame appends the length and the body, which must not be longer than
// maxBody.
func appendFrame(dst, body []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(body)))
	return append(dst, body...)
}
