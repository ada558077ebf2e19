package framing_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/moov-io/iso8583/network"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

// The named types of moov's iso8583-connection.
type (
	messageLengthReader func(r io.Reader) (int, error)
	messageLengthWriter func(w io.Writer, length int) (int, error)
)

func readTwoBytes(r io.Reader) (int, error) {
	header := network.NewBinary2BytesHeader()
	if _, err := header.ReadFrom(r); err != nil {
		return 0, err
	}
	return header.Length(), nil
}

func writeTwoBytes(w io.Writer, length int) (int, error) {
	header := network.NewBinary2BytesHeader()
	if err := header.SetLength(length); err != nil {
		return 0, err
	}
	return header.WriteTo(w)
}

func TestFuncsTakesNamedTypes(t *testing.T) {
	var reads messageLengthReader = readTwoBytes
	var writes messageLengthWriter = writeTwoBytes
	f := framing.Funcs{ReadLength: reads, WriteLength: writes}

	// The same stream as that of the framing of our own.
	wire := stream(t, "binary2.txt")
	frames, err := readAll(f, reader(wire), 100)
	assert.True(t, err == io.EOF, "bare io.EOF, not %v", err)
	require.Len(t, frames, 4)
	var again []byte
	for _, one := range frames {
		again, err = f.Append(again, nil, []byte(one.body))
		require.NoError(t, err)
	}
	assert.Equal(t, wire, again)
}

// The reader of moov's wraps io.EOF, which must neither look like a clean end
// nor hide one.
func TestFuncsEndOfStream(t *testing.T) {
	f := framing.Funcs{ReadLength: readTwoBytes, WriteLength: writeTwoBytes}
	_, _, err := f.Read(reader(nil), 100)
	assert.True(t, err == io.EOF, "bare io.EOF, not %v", err)

	f.ReadLength = func(io.Reader) (int, error) { return 0, fmt.Errorf("reading header: %w", io.EOF) }
	_, _, err = f.Read(reader([]byte{0}), 100)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.NotErrorIs(t, err, io.EOF)
	assert.EqualError(t, err, "framing: funcs: ReadLength: reading header: EOF")
}

func TestFuncsMaxLength(t *testing.T) {
	f := threeBytes()
	f.MaxLength = 0
	_, err := f.Append(nil, nil, pattern(9_999))
	require.NoError(t, err)
	dst, err := f.Append(nil, []byte{1}, pattern(9_999))
	require.ErrorIs(t, err, framing.ErrTooLarge)
	assert.Nil(t, dst)
	assert.EqualError(t, err, "framing: funcs: a frame of 10000 bytes is larger than its length field can say (9999); "+
		"MaxLength tells what WriteLength can express")

	// It is no limit for what the peer sends.
	f.MaxLength = 10
	wire, err := threeBytes().Append(nil, nil, pattern(11))
	require.NoError(t, err)
	_, body, err := f.Read(reader(wire), 11)
	require.NoError(t, err)
	assert.Len(t, body, 11)
}

func TestFuncsErrors(t *testing.T) {
	failure := errors.New("no length today")
	f := framing.Funcs{
		ReadLength: func(io.Reader) (int, error) { return 5, failure },
		WriteLength: func(w io.Writer, _ int) (int, error) {
			n, _ := w.Write([]byte("half"))
			return n, failure
		},
	}
	dst, err := f.Append([]byte("before"), nil, []byte("0800"))
	require.ErrorIs(t, err, failure)
	assert.Equal(t, "before", string(dst))
	assert.EqualError(t, err, "framing: funcs: WriteLength: no length today")
	assert.Equal(t, 4, asError(t, err).Size)

	_, _, err = f.Read(reader([]byte("GET / HTTP/1.1\r\n")), 100)
	require.ErrorIs(t, err, failure)
	assert.EqualError(t, err, `framing: funcs: ReadLength: no length today; `+
		`"GET " looks like an HTTP request: is a web client or a health check on this port?`)

	f.WriteLength = func(io.Writer, int) (int, error) { return 2, nil }
	dst, err = f.Append([]byte("before"), nil, []byte("0800"))
	require.ErrorIs(t, err, framing.ErrLength)
	assert.Equal(t, "before", string(dst))
	assert.EqualError(t, err, "framing: funcs: WriteLength wrote nothing")
}

func TestFuncsReadLengthGetsTheReaderItself(t *testing.T) {
	r := reader([]byte("\x00\x04" + "0800"))
	f := framing.Funcs{
		WriteLength: writeTwoBytes,
		ReadLength: func(given io.Reader) (int, error) {
			assert.Same(t, r, given.(*bufio.Reader))
			return readTwoBytes(given)
		},
	}
	_, body, err := f.Read(r, 4)
	require.NoError(t, err)
	assert.Equal(t, "0800", string(body))
}

func TestFuncsLengthAboveLimit(t *testing.T) {
	wire := []byte("\x7f\xff\xff\xff")
	_, _, err := signed().Read(reader(wire), 100)
	require.ErrorIs(t, err, framing.ErrTooLarge)
	assert.EqualError(t, err, "framing: funcs: a frame of more than 999999 bytes is above the limit of 100")
}

// A panic is the caller's to handle, and leaves nothing behind that would harm
// the next frame.
func TestFuncsPanic(t *testing.T) {
	f := framing.Funcs{
		ReadLength: func(io.Reader) (int, error) { panic("read") },
		WriteLength: func(w io.Writer, _ int) (int, error) {
			_, _ = w.Write([]byte("half"))
			panic("write")
		},
	}
	assert.PanicsWithValue(t, "write", func() { _, _ = f.Append(nil, nil, nil) })
	assert.PanicsWithValue(t, "read", func() { _, _, _ = f.Read(reader([]byte{0}), 1) })

	wire, err := threeBytes().Append(nil, nil, []byte("0800"))
	require.NoError(t, err)
	assert.Equal(t, "\x00\x00\x040800", string(wire))
}

// Frames of many connections are written at once, with the writers that they
// share.
func TestFuncsConcurrentAppends(t *testing.T) {
	var all sync.WaitGroup
	for id := range 4 {
		all.Go(func() {
			f := threeBytes()
			for n := range 500 {
				n += id * 500
				wire, err := f.Append(nil, nil, make([]byte, n))
				if assert.NoError(t, err) {
					assert.Equal(t, n, int(binary.BigEndian.Uint16(wire[1:3])))
					assert.Len(t, wire, 3+n)
				}
			}
		})
	}
	all.Wait()
}
