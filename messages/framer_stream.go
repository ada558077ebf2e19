package messages

import (
	"errors"
	"fmt"
	"io"

	"github.com/isolink-go/isolink/framing"
)

// messageSource is the stream as a MessageReader sees it: with an end, beyond
// which no message may go. It notes what the pair may keep to itself.
type messageSource struct {
	stream  io.Reader
	room    int   // bytes that may be read still
	read    bool  // some were
	refused bool  // more were asked for
	failed  error // of stream
}

func (s *messageSource) Read(p []byte) (int, error) {
	if s.room == 0 {
		s.refused = true
		return 0, framing.ErrTooLarge
	}
	n, err := s.stream.Read(p[:min(len(p), s.room)])
	s.room -= n
	s.read = s.read || n > 0
	if err != nil {
		s.failed = err
	}
	return n, err
}

// messageSink takes what a MessageWriter writes, behind the frames that are there.
type messageSink struct{ frame []byte }

func (w *messageSink) Write(p []byte) (int, error) {
	w.frame = append(w.frame, p...)
	return len(p), nil
}

// messageRefused is a framing.Error that says why in words.
func messageRefused(size int, format string, args ...any) *framing.Error {
	return &framing.Error{Framing: messageFramerName, Err: fmt.Errorf(format, args...), Size: size}
}

// streamFailed is the error of a stream that failed inside a frame, or, unless it
// ended, in front of one. io.EOF is not wrapped: it would say that the stream
// ended cleanly.
func streamFailed(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return &framing.Error{Framing: messageFramerName, Err: err, Size: -1}
}

// pairError is an error of a MessageReader or a MessageWriter.
type pairError struct {
	method string
	err    error
}

// Error names method and type: the text may quote the message.
func (e *pairError) Error() string { return fmt.Sprintf("%s failed (%T)", e.method, e.err) }

// Unwrap gives the pair's error to errors.Is and errors.As.
func (e *pairError) Unwrap() error { return e.err }

// Format prints what Error says, whatever the verb: others would look behind the
// pointer.
func (e *pairError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }
