package traffic

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
)

// The fields that are fresh in each message that is sent.
const (
	STANField      = 11
	ReferenceField = 37
)

// Samples are packed requests that are sent again and again.
type Samples struct {
	spec   *iso8583.MessageSpec
	frames [][]byte
}

// LineError is what is wrong with a line of a file of samples. It holds nothing
// of the line.
type LineError struct {
	// Line is its number, from 1.
	Line int
	// Err says what is wrong: a *messages.CodecError where the line is not a
	// message of the specification.
	Err error
}

// Error names the line.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap gives Err to errors.Is and errors.As.
func (e *LineError) Unwrap() error { return e.Err }

// What can be wrong with a file of samples, beside what it cannot be unpacked for.
var (
	ErrNoSamples = errors.New("no message in it")
	ErrNoHex     = errors.New("not pairs of hexadecimal digits")
	ErrLeftOver  = errors.New("bytes are left over behind the message")
	ErrNoRequest = errors.New("the message is no request")
)

// ReadSamples reads packed messages, one a line, in hexadecimal digits; empty
// lines are passed over. It returns every wrong line's *LineError, joined;
// ErrNoSamples where there is no line; or the reader's error.
func ReadSamples(r io.Reader, spec *iso8583.MessageSpec) (*Samples, error) {
	s := &Samples{spec: spec}
	var faults []error
	scanner := bufio.NewScanner(r)
	// The longest frame of any framing, in hexadecimal digits.
	scanner.Buffer(nil, 2*65_535+2)
	for line := 1; scanner.Scan(); line++ {
		text := bytes.TrimSpace(scanner.Bytes())
		if len(text) == 0 {
			continue
		}
		frame, err := s.check(text)
		if err != nil {
			faults = append(faults, &LineError{Line: line, Err: err})
			continue
		}
		s.frames = append(s.frames, frame)
	}
	faults = append(faults, scanner.Err())
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if len(s.frames) == 0 {
		return nil, ErrNoSamples
	}
	return s, nil
}

// check makes sure of what Fresh relies on.
func (s *Samples) check(text []byte) ([]byte, error) {
	frame := make([]byte, hex.DecodedLen(len(text)))
	if _, err := hex.Decode(frame, text); err != nil {
		return nil, ErrNoHex
	}
	message, err := messages.Unpack(s.spec, frame)
	if err != nil {
		return nil, err
	}
	again, err := messages.Pack(message)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(frame, again) {
		return nil, ErrLeftOver
	}
	mti, err := message.GetMTI()
	if err != nil || len(mti) != len(messages.MTI{}) || !messages.MTI([]byte(mti)).IsRequest() {
		return nil, ErrNoRequest
	}
	return frame, freshen(message, "000001", "000000000001")
}

// Len is how many there are.
func (s *Samples) Len() int { return len(s.frames) }

// Fresh is the message of the send with that number, from 1, with numbers of
// its own. The caller owns the packed message.
func (s *Samples) Fresh(number uint64, stan, reference string) ([]byte, error) {
	message, err := messages.Unpack(s.spec, s.frames[(number-1)%uint64(len(s.frames))])
	if err != nil {
		return nil, err
	}
	if err := freshen(message, stan, reference); err != nil {
		return nil, err
	}
	return messages.Pack(message)
}

// freshen sets the fields that tell messages apart. An error of the codec's
// would quote a value.
func freshen(message *iso8583.Message, stan, reference string) error {
	for field, value := range map[int]string{STANField: stan, ReferenceField: reference} {
		if err := message.Field(field, value); err != nil {
			return &messages.CodecError{Kind: messages.ErrPack, Field: fmt.Sprint(field)}
		}
	}
	return nil
}
