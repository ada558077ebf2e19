package framing_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

// What the targets below have in common: arbitrary bytes never panic, never
// make Read allocate more than limit and the frames that are there, and what
// is read appends back to the bytes that it was read from.

func FuzzBinary2(f *testing.F) {
	for _, wire := range streams(f) {
		for _, headerLen := range []int{0, 5} {
			f.Add(wire, 100, false, headerLen)
			f.Add(wire, 100, true, headerLen)
		}
	}
	f.Fuzz(func(t *testing.T, wire []byte, limit int, inclusive bool, headerLen int) {
		framer := framing.Binary2{Inclusive: inclusive, HeaderLen: headerLen}
		fuzzFramer(t, framer, framer.Validate(), wire, limit, min(limit, 65_535))
	})
}

func FuzzASCII(f *testing.F) {
	for _, wire := range streams(f) {
		for _, digits := range []int{0, 2, 6} {
			f.Add(wire, 100, digits, false, 0)
			f.Add(wire, 100, digits, true, 12)
		}
	}
	f.Fuzz(func(t *testing.T, wire []byte, limit, digits int, inclusive bool, headerLen int) {
		framer := framing.ASCII{Digits: digits, Inclusive: inclusive, HeaderLen: headerLen}
		fuzzFramer(t, framer, framer.Validate(), wire, limit, min(limit, 999_999))
	})
}

func FuzzFuncs(f *testing.F) {
	for _, wire := range streams(f) {
		f.Add(wire, 100, 0, false)
		f.Add(append(make([]byte, 5), wire...), 100, 5, true)
	}
	f.Fuzz(func(t *testing.T, wire []byte, limit, headerLen int, signedLength bool) {
		framer := threeBytes()
		if signedLength {
			framer = signed()
			// The limit is the only bound of such a length.
			limit = min(limit, 1<<20)
		}
		framer.HeaderLen = headerLen
		fuzzFramer(t, framer, framer.Validate(), wire, limit, min(limit, 1<<24-1))
	})
}

// fuzzFramer checks one stream. largest is the most that one frame may take.
func fuzzFramer(t *testing.T, f framing.Framer, invalid error, wire []byte, limit, largest int) {
	r := reader(wire)
	before := allocated()
	frames, err := readAll(f, r, limit)
	used := allocated() - before
	// Every frame stands in wire with at least two bytes of length and takes
	// a size class of the allocator and two strings; the last may be cut.
	require.LessOrEqual(t, used, uint64(64*len(wire)+2*max(largest, 0)+64<<10))

	if invalid != nil {
		require.ErrorIs(t, err, framing.ErrOptions)
		_, err = f.Append(nil, nil, wire)
		require.ErrorIs(t, err, framing.ErrOptions)
		return
	}
	var again []byte
	for _, one := range frames {
		require.LessOrEqual(t, len(one.header)+len(one.body), max(limit, 0))
		var appendErr error
		again, appendErr = f.Append(again, []byte(one.header), []byte(one.body))
		require.NoError(t, appendErr)
	}
	require.True(t, bytes.HasPrefix(wire, again), "what was read is %x, and was %x", again, wire)
	if err == io.EOF {
		require.Len(t, again, len(wire), "a clean end inside a frame")
		return
	}
	require.NotErrorIs(t, err, io.EOF)
	var own *framing.Error
	require.True(t, errors.As(err, &own))
	require.LessOrEqual(t, len(own.Bytes), 8)
}
