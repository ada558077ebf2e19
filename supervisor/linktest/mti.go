package linktest

// MTI returns the four digits of the message type indicator with which body
// starts: four ASCII or EBCDIC digits, or two bytes of packed BCD. It is empty
// when body starts with neither.
//
// The three cannot be confused. The first digit is the version of ISO 8583, of
// which 3 to 7 are not assigned, so no BCD message starts with the byte of an
// ASCII digit (30 to 39), nor of a letter.
func MTI(body []byte) string {
	if len(body) >= 4 && (isDigits(body[:4], '0') || isDigits(body[:4], ebcdicZero)) {
		return string([]byte{
			'0' + body[0]&0x0F, '0' + body[1]&0x0F, '0' + body[2]&0x0F, '0' + body[3]&0x0F,
		})
	}
	if len(body) < 2 || body[0]>>4 >= 3 && body[0]>>4 <= 7 {
		return ""
	}
	digits := [4]byte{body[0] >> 4, body[0] & 0x0F, body[1] >> 4, body[1] & 0x0F}
	for i, d := range digits {
		if d > 9 {
			return ""
		}
		digits[i] = '0' + d
	}
	return string(digits[:])
}

// ebcdicZero is the digit 0 in EBCDIC, which has its digits at F0 to F9.
const ebcdicZero = 0xF0

func isDigits(b []byte, zero byte) bool {
	for _, c := range b {
		if c < zero || c > zero+9 {
			return false
		}
	}
	return true
}

// functionByte returns the byte of body that holds the MTI's third digit, the
// message function, and what adds one to that digit. MTI(body) must not be
// empty.
func functionByte(body []byte) (index int, one byte) {
	if len(body) >= 4 && (isDigits(body[:4], '0') || isDigits(body[:4], ebcdicZero)) {
		return 2, 1
	}
	return 1, 0x10
}
