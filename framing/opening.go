package framing

import (
	"bufio"
	"slices"
)

// maxShown is how many bytes of a stream a diagnosis may look at, and so the
// most that an error can ever show.
const maxShown = 8

// opening is a copy of the first bytes of a frame. It is taken before they are
// read, since the buffer may be overwritten when the rest is.
type opening struct {
	b [maxShown]byte
	n int
}

// opens returns the opening of the frame at which r stands, as far as it is in
// the buffer: it never waits for bytes, because a mis-set peer may be waiting
// for ours.
func opens(r *bufio.Reader) opening {
	var o opening
	buffered, _ := r.Peek(min(r.Buffered(), maxShown))
	o.n = copy(o.b[:], buffered)
	return o
}

func (o *opening) bytes() []byte { return o.b[:o.n] }

// from returns the opening of a frame of which a length of width bytes is in o
// and rest was read behind it.
func (o opening) from(width int, rest []byte) opening {
	o.n = width + copy(o.b[width:], rest)
	return o
}

// shownDigits is how many digits of a number that runs on an error may show: what
// stands where a length should be can be a card's.
const (
	shownDigits  = 6
	largestShown = 999_999
)

// hexadecimal is b in the form "30 31 32 33". Two digits to a byte, as numbers are
// packed, may be more than may be shown: "42 76 12 ..".
func hexadecimal(b []byte) string {
	const digits = "0123456789ABCDEF"
	text := make([]byte, 0, 3*maxShown)
	inText, run := isDecimalText(b), 0
	for i, v := range b {
		if i > 0 {
			text = append(text, ' ')
		}
		run = packedRun(run, v)
		if run > shownDigits && !inText {
			text = append(text, ".."...)
			continue
		}
		text = append(text, digits[v>>4], digits[v&0x0F])
	}
	return string(text)
}

// packedRun is how many digits of a packed number end with v, where there were run
// before it. Zeros in front of it are none.
func packedRun(run int, v byte) int {
	switch {
	case v>>4 > 9 || v&0x0F > 9:
		return 0
	case run == 0 && v == 0:
		return 0
	case run == 0 && v>>4 == 0:
		return 1
	}
	return run + 2
}

// isDecimalText reports whether all of b is of a number in ASCII: digits, filled up
// with spaces, or a sign.
func isDecimalText(b []byte) bool {
	return !slices.ContainsFunc(b, func(v byte) bool {
		_, ok := asciiDigit(v)
		return !ok && v != ' ' && v != '+' && v != '-'
	})
}
