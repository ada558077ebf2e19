package framing

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// Funcs is a framing whose length is read and written by a pair of functions,
// with the signatures of MessageLengthReader and MessageLengthWriter of
// github.com/moov-io/iso8583-connection, which fit as they are. All other
// rules are those of this package: limits, keep-alives (a length of zero),
// typed errors.
//
// The functions run in the goroutine that calls Read or Append, and both may
// run at once: they must not share what they change. A panic in one is not
// caught here; it reaches the caller of Read or Append. The text of their
// errors becomes part of the [Error], so it must not quote message bytes.
type Funcs struct {
	// ReadLength reads the length from r and returns the number of bytes that
	// follow: header and body together. It must consume the whole length field
	// and no byte more, at least one byte. r is the [*bufio.Reader] that was
	// given to Read. Required.
	ReadLength func(r io.Reader) (int, error)

	// WriteLength writes the length field for length bytes of header and body
	// together. What it writes goes to the frame only when it returns no error;
	// the number that it returns is ignored. It must not keep w, which is used
	// again for other frames. Required.
	WriteLength func(w io.Writer, length int) (int, error)

	// MaxLength is the largest length that WriteLength can express, in bytes;
	// Append refuses longer frames. Many such functions do not check it
	// themselves, and write a truncated or a wider field instead. Zero means
	// 9,999, which all fields of two binary bytes, four decimal digits and two
	// BCD bytes can hold, where they do not count themselves too. A field of
	// fewer digits, or an inclusive one, holds less: set it. It is no limit for
	// Read, which has its own.
	MaxLength int

	// HeaderLen is how many bytes of a frame Read returns as its header. Zero,
	// the default, means no header: Read returns all as the body. A frame that
	// is shorter, but not empty, is refused.
	HeaderLen int
}

var _ Framer = Funcs{}

const defaultMaxLength = 9_999

// Append is described at [Framer]. Apart from what WriteLength does, it does
// not allocate except to make dst longer. The errors are ErrTooLarge (above
// MaxLength) and ErrLength (shorter than HeaderLen, or WriteLength wrote
// nothing) in an [*Error], that of WriteLength in an [*Error], and ErrOptions.
func (f Funcs) Append(dst, header, body []byte) ([]byte, error) {
	if err := f.Validate(); err != nil {
		return dst, err
	}
	c := f.counted()
	size, err := c.size(header, body)
	if err != nil {
		return dst, err
	}
	w := lengthWriters.Get().(*lengthWriter)
	w.field = w.field[:0]
	if _, err := f.WriteLength(w, size); err != nil {
		return dst, &Error{Framing: c.title(), Err: err, Size: size, detail: fmt.Sprintf("WriteLength: %v", err)}
	}
	if len(w.field) == 0 {
		return dst, &Error{Framing: c.title(), Err: ErrLength, Size: size, detail: "WriteLength wrote nothing"}
	}
	dst = slices.Grow(dst, len(w.field)+size)
	dst = append(dst, w.field...)
	lengthWriters.Put(w)
	dst = append(dst, header...)
	return append(dst, body...), nil
}

// Read is described at [Framer]. Apart from what ReadLength does, it allocates
// once for a frame, and not at all for a keep-alive. An io.EOF from ReadLength,
// wrapped or not, is io.ErrUnexpectedEOF, because it is not called before the
// first byte of a frame has come.
func (f Funcs) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	if err := f.Validate(); err != nil {
		return nil, nil, err
	}
	c := f.counted()
	if _, err := r.Peek(1); err != nil {
		return nil, nil, c.noLength(0, err)
	}
	first := opens(r)
	length, err := f.ReadLength(r)
	if err != nil {
		return nil, nil, c.readLengthFailed(first, err)
	}
	size, err := c.accept(first, limit, length)
	if err != nil {
		return nil, nil, err
	}
	block, err := c.readBlock(r, first, size)
	if err != nil {
		return nil, nil, err
	}
	header, body = c.split(block)
	return header, body, nil
}

// AppendKeepAlive is described at [KeepAliver]: what WriteLength writes for a
// length of zero. It returns false for wrong options and where WriteLength
// fails.
func (f Funcs) AppendKeepAlive(dst []byte) ([]byte, bool) { return appendKeepAlive(f, dst) }

func (c *counted) readLengthFailed(first opening, err error) error {
	detail := fmt.Sprintf("ReadLength: %v", err)
	if errors.Is(err, io.EOF) {
		// Not wrapped any more: io.EOF would say that the stream ended cleanly.
		err = io.ErrUnexpectedEOF
	}
	return &Error{Framing: c.title(), Err: err, Size: -1, Hint: otherProtocol(first.bytes()), detail: detail}
}

// Validate reports what is missing or cannot be, all of it at once; the error
// wraps ErrOptions. Append and Read return the same.
func (f Funcs) Validate() error {
	c := f.counted()
	if f.ReadLength != nil && f.WriteLength != nil && f.MaxLength >= 0 {
		return c.validateHeaderLen()
	}
	var errs []error
	if f.ReadLength == nil {
		errs = append(errs, optionError(c.name, "ReadLength is nil"))
	}
	if f.WriteLength == nil {
		errs = append(errs, optionError(c.name, "WriteLength is nil"))
	}
	if f.MaxLength < 0 {
		errs = append(errs, optionError(c.name, "MaxLength is %d, it must not be negative", f.MaxLength))
	}
	return errors.Join(append(errs, c.validateHeaderLen())...)
}

// String returns the name of the framing, "funcs" or "funcs header=5". [Parse]
// does not read it: no name can hold the functions.
func (f Funcs) String() string {
	c := f.counted()
	return c.title()
}

func (f Funcs) counted() counted {
	c := counted{name: "funcs", max: f.MaxLength, headerLen: f.HeaderLen}
	if c.max <= 0 {
		c.max = defaultMaxLength
	}
	return c
}

// lengthWriter takes what WriteLength writes. It is not the frame itself, so
// that a function that fails half-way has added nothing.
type lengthWriter struct{ field []byte }

func (w *lengthWriter) Write(p []byte) (int, error) {
	w.field = append(w.field, p...)
	return len(p), nil
}

// lengthWriters saves an allocation for each frame: a writer given to a
// function that the compiler does not know is always on the heap.
var lengthWriters = sync.Pool{New: func() any { return &lengthWriter{field: make([]byte, 0, 16)} }}
