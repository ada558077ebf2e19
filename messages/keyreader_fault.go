package messages

import (
	"errors"
	"fmt"
)

// The reasons why a frame has no key. None of them quotes the frame: what is read
// at the wrong place can be any part of a message, a PAN among them.
var (
	errFieldAbsent    = errors.New("is not in the message")
	errFieldEmpty     = errors.New("is empty")
	errNotInSpec      = errors.New("is not in the message specification")
	errNotAnMTI       = errors.New("not four digits")
	errShort          = errors.New("not enough data")
	errBadLength      = errors.New("length cannot be read")
	errTooLong        = errors.New("length is larger than the specification's maximum")
	errBadContent     = errors.New("content is not in the specification's encoding")
	errNotANumber     = errors.New("content is not a number")
	errForeignRefused = errors.New("refused by the field's own code")
	errForeignSize    = errors.New("the field's own code read more than there is")
)

// malformed says at which offset of the frame the field at fault begins.
func malformed(mti MTI, field, offset int, reason error) error {
	return &KeyError{MTI: mti, Field: field, Err: fmt.Errorf("at offset %d: %w", offset, reason)}
}
