package framing

import "errors"

// The errors to test for with errors.Is.
var (
	// ErrTooLarge: the frame is larger than the limit of Read, or than the
	// length field of the framing can say.
	ErrTooLarge = errors.New("frame too large")

	// ErrLength: the length is none that the framing can have: not of its
	// digits, without its fixed bytes, negative, less than its own size where
	// it is inclusive, or less than the header.
	ErrLength = errors.New("invalid length")

	// ErrHeader: the header is none that the framing can have: not of its
	// size, or with a length of its own that cannot be.
	ErrHeader = errors.New("invalid header")

	// ErrTrailer: the trailer is missing, or a message that is to be written
	// contains it where nothing else says where it ends.
	ErrTrailer = errors.New("invalid trailer")

	// ErrName: no framing has that name.
	ErrName = errors.New("unknown framing")

	// ErrOptions: the options of the framing are wrong; Validate says which.
	ErrOptions = errors.New("invalid framing options")
)

// Error says why a frame was refused, or how far it was read when the stream
// failed. It holds no bytes of a message except where a wrongly set framing
// took them for a length: Bytes and Size are as they came, its text shows six digits
// of them at most.
type Error struct {
	// Framing is the name of the framing, as its String method gives it.
	Framing string

	// Err is ErrTooLarge, ErrLength, ErrHeader, ErrTrailer,
	// io.ErrUnexpectedEOF, or the error of the reader or of a function of
	// Funcs.
	Err error

	// Bytes are the length bytes that Read saw, at most 8. It is nil from
	// Append, from Funcs and Trailer, and where the stream failed inside the
	// length.
	Bytes []byte

	// Size is the size of header and body together, in bytes, as the length
	// gives it; -1 where it gives none.
	Size int

	// Max is the largest Size that would have been accepted, in bytes: the
	// limit of Read, or what the length field can say. It is set with
	// ErrTooLarge only.
	Max int

	// Hint says in words what the bytes look like and what may be set wrongly.
	// It is empty when they look like nothing known.
	Hint string

	detail string
}

// Error names the framing, what was read in hexadecimal digits, and the hint.
func (e *Error) Error() string {
	detail := e.detail
	if detail == "" && e.Err != nil {
		detail = e.Err.Error()
	}
	text := "framing: " + e.Framing
	if detail != "" {
		text += ": " + detail
	}
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }
