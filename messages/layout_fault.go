package messages

import "errors"

// The reasons why a part of a frame cannot be read or written. None of them quotes
// the frame: what is read at the wrong place can be any part of a message, a PAN
// among them.
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
	errNotTheLength   = errors.New("length is not the specification's")
	errIsABitmap      = errors.New("is a bitmap")
	errNoBit          = errors.New("no bit of the bitmaps announces it")
	errAlwaysThere    = errors.New("is part of every message")
	errForeignRefused = errors.New("refused by the field's own code")
	errForeignSize    = errors.New("the field's own code read more than there is")
)
