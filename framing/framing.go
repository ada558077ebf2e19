package framing

import "bufio"

// Framer delimits messages on a byte stream. The framers of this package are
// values without state: the reader and the writer of a connection, and any
// number of connections, can use one at the same time.
type Framer interface {
	// Append appends one whole frame (length, header, body, trailer) to dst
	// and returns the longer slice. It keeps neither header nor body, and
	// reads both after it has begun to write, so they must not lie in the
	// spare capacity of dst. Empty header and body make a keep-alive, where the
	// framing has one. A framing that has a header of its own ([TPDU],
	// [VisaBaseI]) writes its default header in front of a body when header is
	// empty.
	//
	// When it returns an error, dst is returned as it was given: no byte was
	// added. A frame that the framing cannot express is refused with an error
	// that wraps ErrTooLarge, ErrLength, ErrHeader or ErrTrailer, wrong options
	// with one that wraps ErrOptions.
	Append(dst, header, body []byte) ([]byte, error)

	// Read reads the next frame, and blocks until all of it is there. limit is
	// the largest body and header together that is accepted, in bytes; it is
	// checked before anything is allocated for them; a trailer does not count.
	// With a limit of zero or less, only keep-alives are accepted.
	//
	// header is nil for framings without one. An empty body (of length 0) is a
	// keep-alive. The returned slices belong to the caller; they may share an
	// array, and appending to header never overwrites body.
	//
	// The error is io.EOF itself when the stream ended before the first byte
	// of a frame, and wraps io.ErrUnexpectedEOF when it ended later. It wraps
	// ErrTooLarge for a frame above limit, ErrLength for length bytes that are
	// no length of this framing, ErrHeader and ErrTrailer for a header or a
	// trailer that is none, ErrOptions for wrong options, and otherwise the
	// error of r. After any error the stream is no longer at the start of
	// a frame for certain: the only safe thing to do is to close it.
	Read(r *bufio.Reader, limit int) (header, body []byte, err error)
}
