package messages

import "encoding/binary"

// MTI is a message type indicator: the four digits with which every ISO 8583
// message begins, as ASCII whatever the encoding on the wire is. Only a Valid MTI has a meaning; the zero MTI is not valid.
//
//	0200
//	│││└ origin: 0 acquirer, 1 acquirer repeat, 2 issuer, 3 issuer repeat, …
//	││└─ function: 0 request, 1 request response, 2 advice, 3 advice response, …
//	│└── class: 1 authorization, 2 financial, 4 reversal, 8 network management, …
//	└─── version: 0 ISO 8583:1987, 1 ISO 8583:1993, 2 ISO 8583:2003
type MTI [4]byte

// Version returns the first digit, as ASCII.
func (m MTI) Version() byte { return m[0] }

// Class returns the second digit, as ASCII.
func (m MTI) Class() byte { return m[1] }

// Function returns the third digit, as ASCII.
func (m MTI) Function() byte { return m[2] }

// Origin returns the fourth digit, as ASCII.
func (m MTI) Origin() byte { return m[3] }

// Valid reports whether all four are ASCII digits. It does not ask whether the
// standard assigns them: networks use reserved values, such as 9 for rejects.
func (m MTI) Valid() bool {
	// All four at once: a digit's upper half byte is 3, and stays so when 6 is added.
	const upper, digits = 0xf0f0f0f0, 0x30303030

	text := binary.BigEndian.Uint32(m[:])

	return text&upper == digits && (text+0x06060606)&upper == digits
}

// IsRequest reports whether the message is one that starts an exchange: a
// request (function 0), an advice (2), a notification (4) or an instruction (6).
// Function 8, an acknowledgement of a response, is neither request nor response.
func (m MTI) IsRequest() bool {
	if !m.Valid() {
		return false
	}

	switch m.Function() {
	case '0', '2', '4', '6':
		return true
	default:
		return false
	}
}

// IsResponse reports whether the message ends an exchange: its function is odd
// (1 request response, 3 advice response, 5 notification acknowledgement, 7
// instruction acknowledgement, 9 negative acknowledgement).
func (m MTI) IsResponse() bool {
	return m.Valid() && m.Function()%2 == 1
}

// IsRepeat reports whether the sender marks the message as a repeat of an
// earlier one: origin 1 (acquirer repeat), 3 (issuer repeat) or 5 (other repeat).
func (m MTI) IsRepeat() bool {
	if !m.Valid() {
		return false
	}

	switch m.Origin() {
	case '1', '3', '5':
		return true
	default:
		return false
	}
}

// String returns the four digits, with a question mark for each byte that is no
// digit: of a frame that was cut in the wrong place they can be anything.
func (m MTI) String() string {
	for i, digit := range m {
		if digit < '0' || digit > '9' {
			m[i] = '?'
		}
	}

	return string(m[:])
}
