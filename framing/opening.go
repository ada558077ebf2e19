package framing

import "bufio"

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

// hexadecimal is b in the form "30 31 32 33".
func hexadecimal(b []byte) string {
	const digits = "0123456789ABCDEF"
	text := make([]byte, 0, 3*maxShown)
	for i, v := range b {
		if i > 0 {
			text = append(text, ' ')
		}
		text = append(text, digits[v>>4], digits[v&0x0F])
	}
	return string(text)
}
