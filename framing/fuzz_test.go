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

// The targets of the other framings take option as a small number: which of
// them, and how it is set.

func FuzzCounted(f *testing.F) {
	for _, wire := range streams(f) {
		for option := range byte(7) {
			f.Add(wire, 100, option, false, 0)
			f.Add(wire, 100, option, true, 5)
		}
	}
	f.Fuzz(func(t *testing.T, wire []byte, limit int, option byte, set bool, headerLen int) {
		// Of lengths of four bytes, the limit is the only bound.
		limit = min(limit, 1<<20)
		switch option % 7 {
		case 0:
			framer := framing.Binary4{Inclusive: set, HeaderLen: headerLen}
			fuzzFramer(t, framer, framer.Validate(), wire, limit, limit)
		case 1:
			framer := framing.BCD2{Inclusive: set, HeaderLen: headerLen}
			fuzzFramer(t, framer, framer.Validate(), wire, limit, min(limit, 9_999))
		case 2:
			framer := framing.EBCDIC4{Inclusive: set, HeaderLen: headerLen}
			fuzzFramer(t, framer, framer.Validate(), wire, limit, min(limit, 9_999))
		case 3:
			framer := framing.CMF{Inclusive: set, HeaderLen: headerLen}
			fuzzFramer(t, framer, framer.Validate(), wire, limit, limit)
		case 4:
			framer := framing.Padded{Leading: set, HeaderLen: headerLen}
			fuzzFramer(t, framer, framer.Validate(), wire, limit, min(limit, 65_535))
		case 5:
			framer := framing.RBP{HeaderLen: headerLen}
			fuzzFramer(t, framer, framer.Validate(), wire, limit, min(limit, 65_535))
		case 6:
			fuzzFramer(t, framing.Trailer{}, nil, wire, limit, limit)
		}
	})
}

// FuzzLoose has the framings that write some of what they read in another way:
// digits as small letters, keep-alives of two kinds, a reserved byte, a total
// length.
func FuzzLoose(f *testing.F) {
	for _, wire := range streams(f) {
		for option := range byte(5) {
			f.Add(wire, 100, option, 0)
			f.Add(wire, 100, option, 12)
		}
	}
	f.Fuzz(func(t *testing.T, wire []byte, limit int, option byte, headerLen int) {
		var framer framing.Framer
		switch option % 5 {
		case 0:
			framer = framing.Hex4{Inclusive: headerLen%2 == 1, HeaderLen: headerLen}
		case 1:
			framer = framing.BASE24{HeaderLen: headerLen}
		case 2:
			framer = framing.TPDU{}
		case 3:
			framer = framing.VMLH{}
		case 4:
			framer = framing.VisaBaseI{}
		}
		fuzzLoose(t, framer, wire, limit)
	})
}

// fuzzLoose checks one stream: what was read and is appended again reads as the
// same frames.
func fuzzLoose(t *testing.T, f framing.Framer, wire []byte, limit int) {
	before := allocated()
	frames, err := readAll(f, reader(wire), limit)
	require.LessOrEqual(t, allocated()-before, uint64(64*len(wire)+2*max(min(limit, 65_535), 0)+64<<10))
	if errors.Is(err, framing.ErrOptions) {
		return
	}
	var again []byte
	for i, one := range frames {
		require.LessOrEqual(t, len(one.header)+len(one.body), max(limit, 0))
		if _, ok := f.(framing.VisaBaseI); ok && one.header != "" {
			parsed, parseErr := framing.ParseBaseI([]byte(one.header))
			require.NoError(t, parseErr, "a header that was read")
			require.True(t, parsed.Original == nil || len(parsed.Original) >= framing.BaseILen)
			// Append computes the total length, which is no part of the claim.
			total := len(one.header) + len(one.body)
			frames[i].header = one.header[:3] + string([]byte{byte(total >> 8), byte(total)}) + one.header[5:]
		}
		if _, ok := f.(framing.TPDU); ok && one.header == "" {
			frames[i].header = "\x60\x00\x00\x00\x00" // that of a keep-alive
		}
		var appendErr error
		again, appendErr = f.Append(again, []byte(one.header), []byte(one.body))
		require.NoError(t, appendErr)
	}
	same, sameErr := readAll(f, reader(again), max(limit, 5))
	require.Equal(t, io.EOF, sameErr)
	require.Equal(t, frames, same)
	if err == io.EOF {
		return
	}
	require.NotErrorIs(t, err, io.EOF)
	var own *framing.Error
	require.True(t, errors.As(err, &own))
	require.LessOrEqual(t, len(own.Bytes), 8)
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
