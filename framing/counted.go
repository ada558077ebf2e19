package framing

import (
	"fmt"
	"slices"
	"strconv"
)

// encoding is how a length field writes its number.
type encoding int

const (
	unknownEncoding encoding = iota // read by a function of the user
	binaryEncoding                  // big-endian
	asciiEncoding
	ebcdicEncoding
	hexEncoding // ASCII digits
	bcdEncoding // packed
)

// counted describes a framing with the length in front, which counts header
// and body as one block: what such framings share.
type counted struct {
	name      string
	encoding  encoding
	width     int    // of the whole length field, in bytes; 0 with unknownEncoding
	prefix    string // fixed bytes of the field, in front of the number
	suffix    string // fixed bytes of the field, behind the number
	own       int    // what the length counts besides the block
	max       int    // the largest block that the length can say
	headerLen int    // what Read splits off the block
	trailer   string // behind the block
}

// including makes the length count its own bytes.
func (c counted) including(name string) counted {
	c.name = name
	c.own = c.width
	c.max -= c.width
	return c
}

// title is the name with the option that all such framings share. It is put
// together when somebody asks: for every frame it would be an allocation.
func (c *counted) title() string {
	if c.headerLen == 0 {
		return c.name
	}
	return c.name + " " + headerOption + strconv.Itoa(c.headerLen)
}

// append is Append of the framings that are described in full.
func (c *counted) append(dst, header, body []byte) ([]byte, error) {
	if err := c.validateHeaderLen(); err != nil {
		return dst, err
	}
	size, err := c.size(header, body)
	if err != nil {
		return dst, err
	}
	dst = slices.Grow(dst, c.width+size+len(c.trailer))
	dst = c.appendLength(dst, size+c.own)
	dst = append(dst, header...)
	dst = append(dst, body...)
	return append(dst, c.trailer...), nil
}

// size returns the size of the block that header and body make, or an error
// when the length field cannot say it.
func (c *counted) size(header, body []byte) (int, error) {
	// Not by the sum: it can overflow where int has 32 bits.
	if len(body) > c.max-len(header) {
		return 0, c.tooLong(len(header) + len(body))
	}
	size := len(header) + len(body)
	if size > 0 && size < c.headerLen {
		return 0, &Error{
			Framing: c.title(), Err: ErrLength, Size: size,
			detail: fmt.Sprintf("a frame of %d bytes is shorter than its header of %d", size, c.headerLen),
		}
	}
	return size, nil
}

func (c *counted) tooLong(size int) error {
	e := &Error{
		Framing: c.title(), Err: ErrTooLarge, Size: size, Max: c.max,
		detail: fmt.Sprintf("a frame of %d bytes is larger than its length field can say (%d)", size, c.max),
	}
	if c.encoding == unknownEncoding {
		e.Hint = "MaxLength tells what WriteLength can express"
	}
	return e
}
