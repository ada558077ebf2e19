package framing_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

// frame is what one Read returned, or should.
type frame struct{ header, body string }

// stream returns the bytes of a file of golden frames.
func stream(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "frames", name))
	require.NoError(t, err)
	var digits strings.Builder
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		digits.WriteString(strings.Join(strings.Fields(line), ""))
	}
	wire, err := hex.DecodeString(digits.String())
	require.NoError(t, err, name)
	require.NotEmpty(t, wire, name)
	return wire
}

// streams returns every golden stream by its file name.
func streams(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", "testdata", "frames", "*.txt"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	all := make(map[string][]byte, len(paths))
	for _, path := range paths {
		all[filepath.Base(path)] = stream(t, filepath.Base(path))
	}
	return all
}

func reader(wire []byte) *bufio.Reader { return bufio.NewReader(bytes.NewReader(wire)) }

// readAll reads frames until an error, which it returns with them.
func readAll(f framing.Framer, r *bufio.Reader, limit int) ([]frame, error) {
	var frames []frame
	for {
		header, body, err := f.Read(r, limit)
		if err != nil {
			return frames, err
		}
		frames = append(frames, frame{string(header), string(body)})
	}
}

// threeBytes is a length of three bytes, big-endian, in the functions that a
// user of moov's iso8583-connection would have.
func threeBytes() framing.Funcs {
	return framing.Funcs{
		MaxLength: 1<<24 - 1,
		ReadLength: func(r io.Reader) (int, error) {
			var b [3]byte
			if _, err := io.ReadFull(r, b[:]); err != nil {
				return 0, err
			}
			return int(b[0])<<16 | int(b[1])<<8 | int(b[2]), nil
		},
		WriteLength: func(w io.Writer, length int) (int, error) {
			return w.Write([]byte{byte(length >> 16), byte(length >> 8), byte(length)})
		},
	}
}

// signed is a length of four bytes that may be negative, or as large as an int
// of 32 bits: what a function of the user may return.
func signed() framing.Funcs {
	return framing.Funcs{
		MaxLength: 1<<31 - 1,
		ReadLength: func(r io.Reader) (int, error) {
			var b [4]byte
			if _, err := io.ReadFull(r, b[:]); err != nil {
				return 0, err
			}
			return int(int32(binary.BigEndian.Uint32(b[:]))), nil
		},
		WriteLength: func(w io.Writer, length int) (int, error) {
			return w.Write(binary.BigEndian.AppendUint32(nil, uint32(length)))
		},
	}
}

// asError returns err as the package's own type.
func asError(t testing.TB, err error) *framing.Error {
	t.Helper()
	var own *framing.Error
	require.True(t, errors.As(err, &own), "%T: %v", err, err)
	return own
}
