package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/moov-io/iso8583"
	connection "github.com/moov-io/iso8583-connection"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/messages"
)

// What reads and writes messages for the peer does so for us, and the other way
// round.
var (
	_ messages.MessageReader   = connection.MessageReader(nil)
	_ messages.MessageWriter   = connection.MessageWriter(nil)
	_ connection.MessageReader = messages.MessageReader(nil)
	_ connection.MessageWriter = messages.MessageWriter(nil)

	_ connection.MessageReader = headedMessages{}
	_ connection.MessageWriter = headedMessages{}
)

// messageHeader stands between length and message: routing that no length function
// could read or write.
var messageHeader = []byte{0x60, 0x00, 0x01, 0x00, 0x02}

// headedMessages is a pair for the peer's connections: a length of two bytes that
// counts a header and the message.
type headedMessages struct{}

// options have the peer use the pair.
func (p headedMessages) options() []connection.Option {
	return []connection.Option{connection.SetMessageReader(p), connection.SetMessageWriter(p)}
}

// ReadMessage returns nil for a length of zero.
func (headedMessages) ReadMessage(r io.Reader) (*iso8583.Message, error) {
	length, err := readBinary2(r)
	if err != nil || length == 0 {
		return nil, err
	}
	raw := make([]byte, length)
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, fmt.Errorf("reading message: %w", err)
	}
	packed, ok := bytes.CutPrefix(raw, messageHeader)
	if !ok {
		return nil, errors.New("reading message: unknown header")
	}
	m := iso8583.NewMessage(sample.Spec)
	if err := m.Unpack(packed); err != nil {
		return nil, fmt.Errorf("reading message: %w", err)
	}
	return m, nil
}

func (headedMessages) WriteMessage(w io.Writer, m *iso8583.Message) error {
	packed, err := m.Pack()
	if err != nil {
		return fmt.Errorf("writing message: %w", err)
	}
	if _, err := writeBinary2(w, len(messageHeader)+len(packed)); err != nil {
		return err
	}
	_, err = w.Write(append(bytes.Clone(messageHeader), packed...))
	return err
}
