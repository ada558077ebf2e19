package messages

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/moov-io/iso8583"
)

const stanField = 11

// STANTries is how many STANs links and groups draw for one message, until one is
// neither in flight nor reserved for a late reply.
const STANTries = 1_000

// DropSTAN takes field 11 out of a message, so that Fill gives it another one.
func DropSTAN(msg *iso8583.Message) { msg.UnsetField(stanField) }

// Fill gives a message the next number as its field 11 if that is absent or
// empty, and reports whether it did. What is there it leaves: a repeat has the
// number of its original. A reversal is a message of its own and gets a number of
// its own; that of its original belongs in its field 90 (ISO 8583:1987) or 56
// (1993 and 2003).
//
// The number is as long as the message's specification says, with more leading
// zeros if that is longer than Digits. The message is the caller's: nothing else
// may use it meanwhile.
//
// The error is a [*CodecError] with [ErrPack] when the message is nil, its
// specification has no field 11 or one that is shorter than Digits, or the
// field's own code fails or panics; or it is that of Next. The message is then as
// it was.
func (s *STANs) Fill(msg *iso8583.Message) (filled bool, err error) {
	length, err := lengthToFill(msg, stanField)
	if err != nil || length == filledAlready {
		return false, err
	}
	if length < s.digits {
		return false, fillError(stanField, "%d digits in the specification, STANs have %d", length, s.digits)
	}
	stan, err := s.Next()
	if err != nil {
		return false, err
	}
	if err := setField(msg, stanField, strings.Repeat("0", length-s.digits)+stan); err != nil {
		return false, err
	}
	return true, nil
}

// filledAlready is no length that a field to be filled has.
const filledAlready = -1

// lengthToFill returns the length of a field that is absent or empty, as the
// specification says it, or filledAlready.
func lengthToFill(msg *iso8583.Message, id int) (length int, err error) {
	defer recoverFill(id, &err)
	if msg == nil {
		return 0, fillError(id, "nil message")
	}
	inSpec := msg.GetSpec().Fields[id]
	if inSpec == nil {
		return 0, fillError(id, "not in the specification")
	}
	text, err := readField(msg, id)
	if err != nil || text != "" {
		return filledAlready, err
	}
	return inSpec.Spec().Length, nil
}

// readField returns the text of a field, or none if it is absent.
func readField(msg *iso8583.Message, id int) (text string, err error) {
	defer recoverFill(id, &err)
	text, err = msg.GetString(id)
	if err != nil {
		return "", fillError(id, "cannot be read")
	}
	return text, nil
}

func setField(msg *iso8583.Message, id int, text string) (err error) {
	defer func() {
		if err != nil {
			msg.UnsetField(id) // it is there, though nothing is in it
		}
	}()
	defer recoverFill(id, &err)
	if msg.Field(id, text) != nil {
		return fillError(id, "cannot be set")
	}
	return nil
}

// recoverFill makes an error of a panic of a specification's own functions.
func recoverFill(id int, err *error) {
	if r := recover(); r != nil {
		*err = fillError(id, "panic (%T)", r)
	}
}

// fillError leaves the codec's own words out, as they quote values.
func fillError(id int, format string, args ...any) error {
	return &CodecError{Kind: fmt.Errorf("%w: %s", ErrPack, fmt.Sprintf(format, args...)), Field: strconv.Itoa(id)}
}
