package messages

import (
	"strings"

	"github.com/moov-io/iso8583"
)

// Administrative says how the administrative messages of a network (class 6) tell
// that it rejected a request. What a network does is in its own manual: the
// standards leave it to agreements.
type Administrative struct {
	// Original is the field of the original data elements. It begins with the MTI of
	// the rejected message, four digits, and its STAN, as many digits as field 11
	// has in the specification; what is behind them is not read. ISO 8583:1987 has
	// that in field 90 (n 42: MTI, STAN of 6 digits, date and time of transmission, two
	// institutions), ISO 8583:1993 in field 56 (n ..35: MTI, STAN of 6 digits, local
	// date and time, acquirer), ISO 8583:2003 in field 56 with a STAN of 12 digits. A
	// field with subfields will do where they are digits in ASCII, one behind the other,
	// on the wire. Required.
	Original int
	// Code is the field that says why, such as 39, the response or action code.
	// Required.
	Code int
	// Codes are how the value of Code begins where it means a reject; administrative
	// messages have other uses. None: any message that names an original is one.
	Codes []string
}

// longestCode keeps free text of the network out of errors and logs: so many
// characters cannot be a card number.
const longestCode = 8

// shortCode is what of a peer's code is told.
func shortCode(code string) string { return code[:min(len(code), longestCode)] }

// RejectAdministrative recognises the rejects of networks that send an
// administrative advice (0620) or notification (1644, 2644) of their own about a
// request that they did not process, and name it there. spec is that of the link.
//
// The key is made of the rejected message's MTI and STAN, as Administrative.Original
// has them; key fields other than 11 are those of the administrative message, which
// must repeat them. The code is the first eight characters of the field Code. A
// message that names a response, or nothing that is a request's MTI and STAN, is no
// reject: it is sorted as any other.
//
// A notification gets no response. An advice wants one: it also goes to the link's
// Handler, where there is one.
//
// A network that sends no original data elements needs a function of one's own,
// with Received.KeyOf, and must repeat the STAN of the rejected message.
//
// The error joins every *[KeyFieldError] of the two fields, and of field 11; a
// specification that is nil or not valid is one too.
func RejectAdministrative(spec *iso8583.MessageSpec, c Administrative) (Rejecter, error) {
	if _, err := NewKeyReader(spec, 11, c.Original, c.Code); err != nil {
		return nil, err
	}
	stanEnd := 4 + spec.Fields[11].Spec().Length
	codes := append([]string(nil), c.Codes...)
	return func(r *Received) (key Key, code string, ok bool) {
		if r.MTI.Class() != '6' || (r.MTI.Function() != '2' && r.MTI.Function() != '4') {
			return Key{}, "", false
		}
		msg, err := Unpack(spec, r.Frame)
		if err != nil {
			return Key{}, "", false
		}
		code, err = msg.GetString(c.Code)
		if err != nil || !beginsWithAny(code, codes) {
			return Key{}, "", false
		}
		original, err := msg.GetString(c.Original)
		if err != nil || len(original) < stanEnd || !onlyDigits(original[:stanEnd]) {
			return Key{}, "", false
		}
		// The rejected message's key, as if it had been read from that.
		mti := MTI([]byte(original[:4]))
		if err := msg.Field(11, original[4:stanEnd]); err != nil || !mti.IsRequest() {
			return Key{}, "", false
		}
		frame, err := Pack(msg)
		if err != nil {
			return Key{}, "", false
		}
		rejected := *r
		rejected.Frame = frame
		if key, err = rejected.KeyOf(mti); err != nil {
			return Key{}, "", false
		}
		r.ToHandler = r.MTI.Function() == '2'
		return key, shortCode(code), true
	}, nil
}

// beginsWithAny reports whether s begins with one of these, or there are none.
func beginsWithAny(s string, beginnings []string) bool {
	for _, b := range beginnings {
		if strings.HasPrefix(s, b) {
			return true
		}
	}
	return len(beginnings) == 0
}

func onlyDigits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
