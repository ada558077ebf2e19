package messages_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

// twoBytes is a pair as programs write it for moov's iso8583-connection: a length
// of two bytes, and nothing where it is zero.
type twoBytes struct{}

func (twoBytes) ReadMessage(r io.Reader) (*iso8583.Message, error) {
	var length uint16
	if err := binary.Read(r, binary.BigEndian, &length); err != nil {
		return nil, fmt.Errorf("reading length: %w", err)
	}
	if length == 0 {
		return nil, nil
	}
	raw := make([]byte, length)
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, fmt.Errorf("reading message: %w", err)
	}
	msg := iso8583.NewMessage(specs.Spec87ASCII)
	if err := msg.Unpack(raw); err != nil {
		return nil, fmt.Errorf("unpacking message: %w", err)
	}
	return msg, nil
}

func (twoBytes) WriteMessage(w io.Writer, msg *iso8583.Message) error {
	packed, err := msg.Pack()
	if err != nil {
		return fmt.Errorf("packing message: %w", err)
	}
	if err := binary.Write(w, binary.BigEndian, uint16(len(packed))); err != nil {
		return err
	}
	_, err = w.Write(packed)
	return err
}

// readFunc and writeFunc are pairs of one function.
type (
	readFunc  func(io.Reader) (*iso8583.Message, error)
	writeFunc func(io.Writer, *iso8583.Message) error
)

func (f readFunc) ReadMessage(r io.Reader) (*iso8583.Message, error)     { return f(r) }
func (f writeFunc) WriteMessage(w io.Writer, msg *iso8583.Message) error { return f(w, msg) }

func messageFramer() messages.MessageFramer {
	return messages.MessageFramer{Spec: specs.Spec87ASCII, Reader: twoBytes{}, Writer: twoBytes{}}
}

func readingBy(f readFunc) messages.MessageFramer {
	made := messageFramer()
	made.Reader = f
	return made
}

func writingBy(f writeFunc) messages.MessageFramer {
	made := messageFramer()
	made.Writer = f
	return made
}

// wireOf is the stream of those frames, as the pair writes it.
func wireOf(t *testing.T, frames ...[]byte) []byte {
	t.Helper()
	var wire []byte
	for _, frame := range frames {
		var err error
		wire, err = messageFramer().Append(wire, nil, frame)
		require.NoError(t, err)
	}
	return wire
}

// echoes are n packed messages that differ in field 11.
func echoes(t *testing.T, n int) [][]byte {
	t.Helper()
	all := make([][]byte, n)
	for i := range all {
		all[i] = packed(t, "0800", map[int]string{11: fmt.Sprintf("%06d", i), 41: "TERM0001"})
	}
	return all
}

// endless is a stream that never ends: a length of 65,535 at every place.
var endless = readerFunc(func(p []byte) (int, error) {
	for i := range p {
		p[i] = 0xFF
	}
	return len(p), nil
})

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestMessageFramerRoundTrip(t *testing.T) {
	frames := append(echoes(t, 5), packed(t, "0200", map[int]string{2: pan, 11: "000123", 35: track2}))
	wire := wireOf(t, frames...)
	assert.Equal(t, []byte{0, byte(len(frames[0]))}, wire[:2], "the pair's own length")
	for name, stream := range map[string]io.Reader{
		"all in one read": bytes.NewReader(wire),
		"byte by byte":    iotest.OneByteReader(bytes.NewReader(wire)),
		"end with data":   iotest.DataErrReader(bytes.NewReader(wire)),
	} {
		t.Run(name, func(t *testing.T) {
			r := bufio.NewReaderSize(stream, 16) // smaller than a message
			for _, want := range frames {
				header, body, err := messageFramer().Read(r, len(want))
				require.NoError(t, err)
				assert.Nil(t, header)
				assert.Equal(t, want, body)
			}
			_, _, err := messageFramer().Read(r, 1_000)
			assert.True(t, err == io.EOF, "bare io.EOF, not %v", err)
		})
	}
}

// TestMessageFramerKeepAlive: no message and no error is one, whatever the limit.
func TestMessageFramerKeepAlive(t *testing.T) {
	frame := echoes(t, 1)[0]
	r := bufio.NewReader(bytes.NewReader(append([]byte{0, 0, 0, 0}, wireOf(t, frame)...)))
	for _, limit := range []int{1_000, -1} {
		header, body, err := messageFramer().Read(r, limit)
		require.NoError(t, err)
		assert.Nil(t, header)
		assert.Empty(t, body)
	}
	_, body, err := messageFramer().Read(r, 1_000)
	require.NoError(t, err)
	assert.Equal(t, frame, body)
}

// TestMessageFramerLimit: the message itself may be as long as the limit, and not
// a byte longer.
func TestMessageFramerLimit(t *testing.T) {
	frame := echoes(t, 1)[0]
	for limit, fits := range map[int]bool{
		len(frame): true, math.MaxInt: true, len(frame) - 1: false, 0: false, -1: false, math.MinInt: false,
	} {
		_, body, err := messageFramer().Read(bufio.NewReader(bytes.NewReader(wireOf(t, frame))), limit)
		if fits {
			require.NoError(t, err)
			assert.Equal(t, frame, body)
			continue
		}
		assert.Nil(t, body)
		require.ErrorIs(t, err, framing.ErrTooLarge)
		var e *framing.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, len(frame), e.Size)
		assert.Equal(t, max(limit, 0), e.Max)
	}
}

// TestMessageFramerBoundsTheReader: what a length claims beyond the limit is not
// waited for, also by a pair that hides why it stopped.
func TestMessageFramerBoundsTheReader(t *testing.T) {
	const limit = 100
	all := func(err error) readFunc {
		return func(r io.Reader) (*iso8583.Message, error) {
			n, _ := io.Copy(io.Discard, r)
			assert.EqualValues(t, limit+256, n)
			return nil, err
		}
	}
	for name, f := range map[string]messages.MessageFramer{
		"as it is":       messageFramer(),
		"nil":            readingBy(all(nil)),
		"hidden":         readingBy(all(fmt.Errorf("no message today"))),
		"end of its own": readingBy(all(io.EOF)),
	} {
		t.Run(name, func(t *testing.T) {
			_, body, err := f.Read(bufio.NewReader(endless), limit)
			assert.Nil(t, body)
			require.ErrorIs(t, err, framing.ErrTooLarge)
			require.NotErrorIs(t, err, io.EOF)
			assert.EqualError(t, err, "framing: messages: frame too large: more than the limit of 100 bytes, and 256 around them")
		})
	}
}

// TestMessageFramerConcurrently: one value serves many streams.
func TestMessageFramerConcurrently(t *testing.T) {
	f := messageFramer()
	frames := echoes(t, 50)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			var wire []byte
			for _, frame := range frames {
				var err error
				wire, err = f.Append(wire, nil, frame)
				assert.NoError(t, err)
			}
			r := bufio.NewReader(bytes.NewReader(wire))
			for _, frame := range frames {
				_, body, err := f.Read(r, 1_000)
				assert.NoError(t, err)
				assert.Equal(t, frame, body)
			}
		})
	}
	all.Wait()
}

func TestMessageFramerValidate(t *testing.T) {
	var none messages.MessageFramer
	err := none.Validate()
	require.ErrorIs(t, err, framing.ErrOptions)
	for _, field := range []string{"Spec", "Reader", "Writer"} {
		assert.ErrorContains(t, err, "invalid framing options: messages: "+field+" is nil")
	}
	dst, err := none.Append([]byte("before"), nil, echoes(t, 1)[0])
	require.ErrorIs(t, err, framing.ErrOptions)
	assert.Equal(t, "before", string(dst))
	_, _, err = none.Read(bufio.NewReader(endless), 100)
	require.ErrorIs(t, err, framing.ErrOptions)

	require.NoError(t, messageFramer().Validate())
	incomplete := messageFramer()
	incomplete.Reader = nil
	assert.EqualError(t, incomplete.Validate(), "invalid framing options: messages: Reader is nil")
	assert.Equal(t, "messages", messageFramer().String())
}
