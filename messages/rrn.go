package messages

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/moov-io/iso8583"
)

const (
	rrnField  = 37
	rrnLength = 12
	rrnSTAN   = 6 // how many of its digits are of the STAN
)

// ErrNoSTAN means that no retrieval reference number can be made: the systems
// trace audit number is absent or empty, or is not all digits.
var ErrNoSTAN = errors.New("no STAN")

// RRN returns the retrieval reference number (field 37, 12 characters) of a
// transaction at that time and with that systems trace audit number (field 11), as
// the card schemes make it:
//
//	6            last digit of the year
//	 209         day of the year, 001 to 366
//	    09       hour, 00 to 23
//	      000123 last six digits of the STAN
//
// Day and hour are those of t's own location: give it in the one that the host
// wants, t.UTC() or that of the terminal. A STAN of fewer than six digits has
// lost its leading zeros, as a numeric field does, and gets them back. The number
// is unique as long as fewer STANs than the six digits can tell apart are used in
// an hour.
//
// The error matches [ErrNoSTAN]; it does not quote what stan is.
func RRN(t time.Time, stan string) (string, error) {
	if stan == "" {
		return "", fmt.Errorf("%w: it is absent or empty", ErrNoSTAN)
	}
	for _, digit := range []byte(stan) {
		if digit < '0' || digit > '9' {
			return "", fmt.Errorf("%w: it is not all digits", ErrNoSTAN)
		}
	}
	stan = strings.Repeat("0", max(rrnSTAN-len(stan), 0)) + stan
	// Two digits of the year, the day of the year, the hour.
	return t.Format("0600215")[1:] + stan[len(stan)-rrnSTAN:], nil
}

// FillRRN gives a message the [RRN] of t and its field 11 as its field 37 if that
// is absent or empty, and reports whether it did; [STANs.Fill] comes before it.
// What is there it leaves: the number names a transaction, not a message. So a
// repeat, an advice or a reversal has that of its original, which has to be copied
// before:
//
//	number, err := original.GetString(37)
//	…
//	err = reversal.Field(37, number)
//
// The message is the caller's: nothing else may use it meanwhile.
//
// The error matches [ErrNoSTAN]; or it is a [*CodecError] with [ErrPack], when the
// message is nil, its specification has no field 11 or 37 or one of fewer than 12
// characters for 37, or a field's own code fails or panics. The message is then as
// it was.
func FillRRN(msg *iso8583.Message, t time.Time) (filled bool, err error) {
	length, err := lengthToFill(msg, rrnField)
	if err != nil || length == filledAlready {
		return false, err
	}
	if length < rrnLength {
		return false, fillError(rrnField, "%d characters in the specification, the number has %d", length, rrnLength)
	}
	stan, err := readField(msg, stanField)
	if err != nil {
		return false, err
	}
	rrn, err := RRN(t, stan)
	if err != nil {
		return false, err
	}
	if err := setField(msg, rrnField, rrn); err != nil {
		return false, err
	}
	return true, nil
}
