package messages_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"testing/iotest"

	"github.com/moov-io/iso8583"
	iso8583errors "github.com/moov-io/iso8583/errors"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

// quoting is an error of a pair's own that a string is all of.
type quoting string

func (e quoting) Error() string { return "cannot read " + string(e) }

// TestMessageFramerEndInside: a stream that ends in a message did not end cleanly,
// whatever the pair makes of it.
func TestMessageFramerEndInside(t *testing.T) {
	wire := wireOf(t, echoes(t, 1)[0])
	ignoring := func(r io.Reader) (*iso8583.Message, error) {
		_, err := io.Copy(io.Discard, r)
		return nil, err
	}
	unpacking := func(r io.Reader) (*iso8583.Message, error) {
		raw, err := io.ReadAll(io.LimitReader(r, int64(len(wire))))
		if err != nil || len(raw) < 2 {
			return nil, err
		}
		return nil, iso8583.NewMessage(specs.Spec87ASCII).Unpack(raw[2:])
	}
	for name, f := range map[string]messages.MessageFramer{
		"as it is": messageFramer(), "ignoring": readingBy(ignoring), "unpacking": readingBy(unpacking),
	} {
		for size := 1; size < len(wire); size++ {
			_, body, err := f.Read(bufio.NewReader(bytes.NewReader(wire[:size])), 1_000)
			assert.Nil(t, body)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%s: %d bytes", name, size)
			require.NotErrorIs(t, err, io.EOF, "%s: %d bytes", name, size)
			assert.EqualError(t, err, "framing: messages: unexpected EOF")
		}
	}

	f := readingBy(func(io.Reader) (*iso8583.Message, error) { return nil, fmt.Errorf("no more: %w", io.EOF) })
	_, _, err := f.Read(bufio.NewReader(bytes.NewReader(wire)), 1_000)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "an io.EOF of the pair's own")
	require.NotErrorIs(t, err, io.EOF)
}

// TestMessageFramerStreamFails: in front of a message and in it, the stream's error
// is found, though the pair hides it.
func TestMessageFramerStreamFails(t *testing.T) {
	hiding := readingBy(func(r io.Reader) (*iso8583.Message, error) {
		if _, err := io.Copy(io.Discard, r); err != nil {
			return nil, fmt.Errorf("reading failed: %v", err)
		}
		return nil, nil
	})
	for _, f := range []messages.MessageFramer{messageFramer(), hiding} {
		for _, before := range []string{"", "\x00", "\x00\x400800"} {
			stream := io.MultiReader(bytes.NewReader([]byte(before)), iotest.ErrReader(os.ErrDeadlineExceeded))
			_, body, err := f.Read(bufio.NewReader(stream), 1_000)
			assert.Nil(t, body)
			require.ErrorIs(t, err, os.ErrDeadlineExceeded, "behind %d bytes", len(before))
			var e *framing.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, "messages", e.Framing)
			assert.Equal(t, -1, e.Size)
		}
	}
}

// TestMessageFramerUnreadable: a message that does not unpack is the link's to
// judge; the stream goes on behind it.
func TestMessageFramerUnreadable(t *testing.T) {
	whole := packed(t, "0200", map[int]string{2: pan, 11: "000123", 35: track2})
	cut := whole[:len(whole)-5]
	wire := append([]byte{0, byte(len(cut))}, cut...)
	wire = append(wire, wireOf(t, whole)...)
	r := bufio.NewReader(bytes.NewReader(wire))
	for _, want := range [][]byte{cut, whole} {
		_, body, err := messageFramer().Read(r, 1_000)
		require.NoError(t, err)
		assert.Equal(t, want, body)
	}

	_, body, err := messageFramer().Read(bufio.NewReader(bytes.NewReader(wire)), len(cut)-1)
	assert.Nil(t, body)
	require.ErrorIs(t, err, framing.ErrTooLarge)

	raw := []byte(pan)
	f := readingBy(func(io.Reader) (*iso8583.Message, error) {
		return nil, &iso8583errors.UnpackError{Err: quoting(pan), FieldID: pan, RawMessage: raw}
	})
	_, body, err = f.Read(bufio.NewReader(endless), 1_000)
	require.NoError(t, err)
	clear(raw) // the pair's buffer
	assert.Equal(t, pan, string(body), "the body is the caller's")

	raw = nil
	_, body, err = f.Read(bufio.NewReader(endless), 1_000)
	assert.Nil(t, body)
	assertCodecError(t, err, messages.ErrUnpack, "")
}

func TestMessageFramerReadFails(t *testing.T) {
	read := func(f readFunc) error {
		_, body, err := readingBy(f).Read(bufio.NewReader(endless), 1_000)
		assert.Nil(t, body)
		require.Error(t, err)
		assertNoCardData(t, err)
		return err
	}
	err := read(func(io.Reader) (*iso8583.Message, error) { return nil, fmt.Errorf("header: %w", quoting(pan)) })
	assert.EqualError(t, err, "framing: messages: ReadMessage failed (*fmt.wrapError)")
	var own quoting
	require.ErrorAs(t, err, &own)
	assertNoCardData(t, errors.Unwrap(err))

	for _, msg := range []*iso8583.Message{nil, message(t, "0800", map[int]string{11: "000001"})} {
		err = read(func(io.Reader) (*iso8583.Message, error) { return msg, nil })
		require.ErrorIs(t, err, framing.ErrLength)
		assert.EqualError(t, err, "framing: messages: invalid length: ReadMessage read nothing")
	}

	err = read(func(r io.Reader) (*iso8583.Message, error) {
		_, err := io.CopyN(io.Discard, r, 2)
		return message(t, "0200", map[int]string{2: pan + pan, 11: "000123"}), err
	})
	assertCodecError(t, err, messages.ErrPack, "2")
}

// TestMessageFramerAppendFails: with nothing added.
func TestMessageFramerAppendFails(t *testing.T) {
	frame := packed(t, "0200", map[int]string{2: pan, 11: "000123", 35: track2})
	half := func(err error) messages.MessageFramer {
		return writingBy(func(w io.Writer, _ *iso8583.Message) error {
			_, _ = io.WriteString(w, pan)
			return err
		})
	}
	spoilt := writingBy(func(w io.Writer, msg *iso8583.Message) error {
		if err := msg.Field(41, pan); err != nil {
			return err
		}
		return twoBytes{}.WriteMessage(w, msg)
	})
	for name, test := range map[string]struct {
		f            messages.MessageFramer
		header, body []byte
		kind         error
		text         string
	}{
		"header": {
			messageFramer(), []byte(pan), frame, framing.ErrHeader,
			"framing: messages: invalid header: a header of 16 bytes, which this framing has no place for",
		},
		"keep-alive": {
			messageFramer(), nil, nil, framing.ErrLength,
			"framing: messages: invalid length: a frame without a message: this framing writes no keep-alive",
		},
		"no message": {
			messageFramer(), nil, frame[:len(frame)-1], messages.ErrPack,
			"message cannot be packed: the frame does not unpack by the framing's Spec: field 35",
		},
		"does not pack": {spoilt, nil, frame, messages.ErrPack, "message cannot be packed: field 41"},
		"half": {
			half(quoting(pan)), nil, frame, quoting(pan),
			"framing: messages: WriteMessage failed (messages_test.quoting)",
		},
		"nothing": {
			writingBy(func(io.Writer, *iso8583.Message) error { return nil }), nil, frame, framing.ErrLength,
			"framing: messages: invalid length: WriteMessage wrote nothing",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dst, err := test.f.Append([]byte("before"), test.header, test.body)
			assert.Equal(t, "before", string(dst))
			require.ErrorIs(t, err, test.kind)
			require.NotErrorIs(t, err, messages.ErrUnpack, "nothing of the peer's is at fault")
			assert.EqualError(t, err, test.text)
			assertNoCardData(t, err)
		})
	}
}

// TestMessageFramerPanics: they are the caller's, and leave nothing behind.
func TestMessageFramerPanics(t *testing.T) {
	frame := echoes(t, 1)[0]
	f := readingBy(func(io.Reader) (*iso8583.Message, error) { panic("read") })
	f.Writer = writeFunc(func(w io.Writer, _ *iso8583.Message) error {
		_, _ = io.WriteString(w, "half")
		panic("write")
	})
	dst := make([]byte, 0, 100)
	assert.PanicsWithValue(t, "write", func() { _, _ = f.Append(dst, nil, frame) })
	assert.PanicsWithValue(t, "read", func() { _, _, _ = f.Read(bufio.NewReader(endless), 100) })
	wire, err := messageFramer().Append(dst, nil, frame)
	require.NoError(t, err)
	assert.Equal(t, wireOf(t, frame), wire)
}
