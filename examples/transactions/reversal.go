package main

import "strings"

// Reasons for a reversal, as element 39 gives them in ISO 8583:1987.
const (
	cancelled   = "17" // by the customer
	noAnswer    = "68" // the response came too late, or not at all
	malfunction = "96" // of the terminal
)

// reversal takes back one of the latest requests. Track, PIN and chip data are not
// repeated: an acquirer may not keep them beyond the authorization.
func (g *generator) reversal(mti string) message {
	original := g.takeReversible()
	elements := g.base(0)
	for _, id := range []int{2, 3, 4, 12, 13, 14, 18, 19, 22, 23, 25, 28, 32, 33, 41, 42, 43, 49, 54} {
		if value, held := original.elements[id]; held {
			elements[id] = value
		}
	}
	switch {
	case mti == "0400":
		elements[38], elements[39] = g.approval(), cancelled
	case g.chance(80):
		elements[39] = noAnswer
	default:
		elements[38], elements[39] = g.approval(), malfunction
	}
	elements[90] = originalElements(original)
	return message{mti: mti, elements: elements}
}

// originalElements is element 90: MTI, trace number, transmission time, acquirer and
// forwarder of the original, the last two with leading zeros.
func originalElements(original message) string {
	e := original.elements
	return original.mti + e[11] + e[7] + rightJustified(e[32]) + rightJustified(e[33])
}

// rightJustified fills an institution's code up to 11 digits.
func rightJustified(code string) string {
	return strings.Repeat("0", 11-len(code)) + code
}
