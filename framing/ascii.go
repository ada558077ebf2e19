package framing

import (
	"bufio"
	"errors"
	"strconv"
)

// ASCII is a length of decimal ASCII digits, filled up with zeros on the left,
// in front of header and body: "0039". It carries what its digits can say:
// 9,999 bytes with four, or 9,995 when inclusive.
//
// The zero value has four digits, counts header and body, and splits no header
// off.
type ASCII struct {
	// Digits is the number of digits, 2 to 6. Zero means 4.
	Digits int

	// Inclusive: the length counts its own digits as well, so that a keep-alive
	// is "0004". Default: it does not.
	Inclusive bool

	// HeaderLen is how many bytes of a frame Read returns as its header. Zero,
	// the default, means no header: Read returns all as the body. A frame that
	// is shorter, but not empty, is refused.
	HeaderLen int
}

var _ Framer = ASCII{}

const (
	defaultDigits = 4
	minDigits     = 2
	maxDigits     = 6
)

// Append is described at [Framer]. It does not allocate, except to make dst
// longer. The errors are ErrTooLarge and ErrLength (shorter than HeaderLen) in
// an [*Error], and ErrOptions.
func (f ASCII) Append(dst, header, body []byte) ([]byte, error) {
	if !f.digitsValid() {
		return dst, f.Validate()
	}
	c := f.counted()
	return c.append(dst, header, body)
}

// Read is described at [Framer]. It accepts digits only: no sign, no space. It
// allocates once for a frame, and not at all for a keep-alive.
func (f ASCII) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	if !f.digitsValid() {
		return nil, nil, f.Validate()
	}
	c := f.counted()
	return c.readFrame(r, limit)
}

// AppendKeepAlive is described at [KeepAliver]: "0000", or "0004" when
// inclusive. It returns false for wrong options.
func (f ASCII) AppendKeepAlive(dst []byte) ([]byte, bool) { return appendKeepAlive(f, dst) }

// Validate reports options that no frame can be read or written with, all of
// them at once; the error wraps ErrOptions. Append and Read return the same.
func (f ASCII) Validate() error {
	if !f.digitsValid() {
		err := optionError(f.String(), "Digits is %d, it must be %d to %d, or 0 for %d",
			f.Digits, minDigits, maxDigits, defaultDigits)
		if f.HeaderLen < 0 {
			return errors.Join(err, optionError(f.String(), "HeaderLen is %d, it must not be negative", f.HeaderLen))
		}
		return err
	}
	c := f.counted()
	return c.validateHeaderLen()
}

// String returns the name of the framing, with its digits, as [Parse] reads it:
// "ascii4", "ascii6 inclusive header=12".
func (f ASCII) String() string {
	if f.digitsValid() {
		c := f.counted()
		return c.title()
	}
	c := counted{name: "ascii" + strconv.Itoa(f.digits()), headerLen: f.HeaderLen}
	if f.Inclusive {
		c.name += inclusiveSuffix
	}
	return c.title()
}

func (f ASCII) digits() int {
	if f.Digits == 0 {
		return defaultDigits
	}
	return f.Digits
}

func (f ASCII) digitsValid() bool {
	return f.digits() >= minDigits && f.digits() <= maxDigits
}

// counted is called for every frame, so the names are not put together anew:
// that would be an allocation each time.
func (f ASCII) counted() counted {
	width := f.digits()
	c := counted{
		name:      asciiNames[width-minDigits],
		encoding:  asciiEncoding,
		width:     width,
		max:       largestDecimal[width-minDigits],
		headerLen: f.HeaderLen,
	}
	if f.Inclusive {
		return c.including(asciiInclusiveNames[width-minDigits])
	}
	return c
}

// By number of digits, from minDigits on.
var (
	asciiNames          = [...]string{"ascii2", "ascii3", "ascii4", "ascii5", "ascii6"}
	asciiInclusiveNames = [...]string{
		"ascii2 inclusive", "ascii3 inclusive", "ascii4 inclusive", "ascii5 inclusive", "ascii6 inclusive",
	}
	largestDecimal = [...]int{99, 999, 9_999, 99_999, 999_999}
)
