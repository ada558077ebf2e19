package floor

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// readBuffer holds the longest frame of a two-byte length, and a good number
// of short ones.
const readBuffer = 1 << 17

// batchReader reads as many whole frames as one read brings.
type batchReader struct {
	r    *bufio.Reader
	used int
}

func newBatchReader(r io.Reader, size int) *batchReader {
	return &batchReader{r: bufio.NewReaderSize(r, size)}
}

// next waits for a frame and returns it together with all whole frames that
// are buffered behind it, lengths included. The slice is valid until the
// following call. The error is the connection's; io.EOF comes bare only between
// two frames.
func (b *batchReader) next() ([]byte, error) {
	if _, err := b.r.Discard(b.used); err != nil {
		return nil, err
	}
	b.used = 0
	head, err := b.r.Peek(lengthBytes)
	if err != nil {
		if len(head) > 0 {
			err = fmt.Errorf("floor: in the middle of a frame: %w", err)
		}
		return nil, err
	}
	first := lengthBytes + int(binary.BigEndian.Uint16(head))
	if _, err := b.r.Peek(first); err != nil {
		return nil, fmt.Errorf("floor: in the middle of a frame: %w", err)
	}
	buffered, err := b.r.Peek(b.r.Buffered())
	if err != nil {
		return nil, err
	}
	b.used = first
	for len(buffered)-b.used >= lengthBytes {
		end := b.used + lengthBytes + int(binary.BigEndian.Uint16(buffered[b.used:]))
		if end > len(buffered) {
			break
		}
		b.used = end
	}
	return buffered[:b.used], nil
}

// cut takes the first body off a batch of whole frames.
func cut(batch []byte) (body, rest []byte) {
	end := lengthBytes + int(binary.BigEndian.Uint16(batch))
	return batch[lengthBytes:end], batch[end:]
}
