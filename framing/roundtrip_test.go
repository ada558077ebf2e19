package framing_test

import (
	"fmt"
	"io"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

// sized is a framer with the largest frame that its length can say, as
// counted by hand.
var sized = []struct {
	framer framing.Framer
	max    int
}{
	{framing.Binary2{}, 65_535},
	{framing.Binary2{Inclusive: true}, 65_533},
	{framing.ASCII{Digits: 2}, 99},
	{framing.ASCII{Digits: 2, Inclusive: true}, 97},
	{framing.ASCII{Digits: 3}, 999},
	{framing.ASCII{}, 9_999},
	{framing.ASCII{Inclusive: true}, 9_995},
	{framing.ASCII{Digits: 5}, 99_999},
	{framing.ASCII{Digits: 6}, 999_999},
	{framing.ASCII{Digits: 6, Inclusive: true}, 999_993},
	{framing.CMF{}, 1<<24 - 1},
	{framing.CMF{Inclusive: true}, 1<<24 - 4},
	{framing.BCD2{}, 9_999},
	{framing.BCD2{Inclusive: true}, 9_997},
	{framing.Hex4{}, 65_535},
	{framing.Hex4{Inclusive: true}, 65_531},
	{framing.EBCDIC4{}, 9_999},
	{framing.EBCDIC4{Inclusive: true}, 9_995},
	{framing.Padded{}, 65_535},
	{framing.Padded{Leading: true}, 65_535},
	{framing.RBP{}, 65_535},
	{framing.BASE24{}, 65_534},
	{framing.VMLH{}, 2_048},
	{threeBytes(), 1<<24 - 1},
}

// pattern is n bytes in which a shift by any small number shows.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

func TestRoundTripSizes(t *testing.T) {
	const limit = 64
	for _, tc := range sized {
		t.Run(fmt.Sprint(tc.framer), func(t *testing.T) {
			for _, n := range []int{0, 1, limit - 1, limit} {
				requireRoundTrip(t, tc.framer, n, limit)
			}
			requireRoundTrip(t, tc.framer, tc.max, tc.max)

			wire, err := tc.framer.Append(nil, nil, pattern(limit+1))
			require.NoError(t, err)
			_, _, err = tc.framer.Read(reader(wire), limit)
			require.ErrorIs(t, err, framing.ErrTooLarge)
			own := asError(t, err)
			assert.Equal(t, limit+1, own.Size)
			assert.Equal(t, limit, own.Max)
		})
	}
}

// The largest frame of Binary4 is more than a test should hold.
func TestBinary4Sizes(t *testing.T) {
	for _, f := range []framing.Binary4{{}, {Inclusive: true}} {
		for _, n := range []int{0, 1, 65_535, 65_536, 1 << 24, 1<<24 + 1} {
			requireRoundTrip(t, f, n, 1<<24+1)
		}
	}
	// The highest bit would be a sign where int has 32 bits.
	_, _, err := framing.Binary4{}.Read(reader([]byte("\x80\x00\x00\x00")), math.MaxInt)
	require.ErrorIs(t, err, framing.ErrTooLarge)
	assert.EqualError(t, err, "framing: binary4: length bytes 80 00 00 ..: a length of more than 2147483647 is above any limit; "+
		"length bytes 80 00 00 .. look like a length of four bytes in reversed byte order (128): is the framing set as the peer's?")
	assert.Equal(t, -1, asError(t, err).Size)
	assert.Equal(t, math.MaxInt32, asError(t, err).Max)

	_, _, err = framing.Binary4{}.Read(reader([]byte("\x7f\xff\xff\xff")), math.MaxInt32-1)
	require.ErrorIs(t, err, framing.ErrTooLarge)
	assert.Equal(t, math.MaxInt32, asError(t, err).Size)
}

func requireRoundTrip(t *testing.T, f framing.Framer, n, limit int) {
	t.Helper()
	sent := pattern(n)
	wire, err := f.Append([]byte("before"), nil, sent)
	require.NoError(t, err)
	require.Equal(t, "before", string(wire[:6]))
	r := reader(wire[6:])
	header, body, err := f.Read(r, limit)
	require.NoError(t, err, "size %d", n)
	require.Nil(t, header)
	require.Len(t, body, n)
	require.True(t, string(sent) == string(body), "size %d came back changed", n)
	_, _, err = f.Read(r, limit)
	require.True(t, err == io.EOF, "behind a frame of %d: %v", n, err)
}

func TestAppendRefusesWhatTheLengthCannotSay(t *testing.T) {
	for _, tc := range sized {
		t.Run(fmt.Sprint(tc.framer), func(t *testing.T) {
			block := pattern(tc.max + 1)
			for _, header := range []int{0, 1, tc.max, tc.max + 1} {
				dst := append(make([]byte, 0, 16), "before"...)
				got, err := tc.framer.Append(dst, block[:header], block[header:])
				require.ErrorIs(t, err, framing.ErrTooLarge)
				assert.Equal(t, "before", string(got))
				assert.Same(t, &dst[0], &got[0])
				own := asError(t, err)
				assert.Equal(t, fmt.Sprint(tc.framer), own.Framing)
				assert.Equal(t, tc.max+1, own.Size)
				assert.Equal(t, tc.max, own.Max)
				assert.Nil(t, own.Bytes)
				assert.Contains(t, err.Error(), fmt.Sprintf("%d", tc.max+1))
				assert.Contains(t, err.Error(), fmt.Sprintf("(%d)", tc.max))
			}
		})
	}
}

func TestLimitOfZeroOrLessAcceptsOnlyKeepAlives(t *testing.T) {
	for _, tc := range sized {
		for _, limit := range []int{0, -1, math.MinInt} {
			requireRoundTrip(t, tc.framer, 0, limit)
			wire, err := tc.framer.Append(nil, nil, []byte{1})
			require.NoError(t, err)
			_, _, err = tc.framer.Read(reader(wire), limit)
			assert.ErrorIs(t, err, framing.ErrTooLarge, "%v, limit %d", tc.framer, limit)
		}
	}
}

func TestHeaderLenRoundTrip(t *testing.T) {
	funcs := threeBytes()
	funcs.HeaderLen = 5
	for _, f := range []framing.Framer{
		framing.Binary4{HeaderLen: 5, Inclusive: true},
		framing.CMF{HeaderLen: 5},
		framing.BCD2{HeaderLen: 5},
		framing.Hex4{HeaderLen: 5},
		framing.EBCDIC4{HeaderLen: 5},
		framing.Padded{HeaderLen: 5, Leading: true},
		framing.RBP{HeaderLen: 5},
		framing.BASE24{HeaderLen: 5},
		framing.Binary2{HeaderLen: 5},
		framing.Binary2{HeaderLen: 5, Inclusive: true},
		framing.ASCII{HeaderLen: 5},
		framing.ASCII{HeaderLen: 5, Inclusive: true},
		funcs,
	} {
		t.Run(fmt.Sprint(f), func(t *testing.T) {
			for n := range 8 {
				block := pattern(n)
				wire, err := f.Append([]byte("before"), nil, block)
				if n > 0 && n < 5 {
					require.ErrorIs(t, err, framing.ErrLength, "size %d", n)
					assert.Equal(t, "before", string(wire))
					assert.Equal(t, n, asError(t, err).Size)
					continue
				}
				require.NoError(t, err)
				header, body, err := f.Read(reader(wire[6:]), 7)
				require.NoError(t, err)
				assert.Equal(t, string(block), string(header)+string(body))
				assert.Len(t, header, min(n, 5))
			}
		})
	}
}

func TestReadRefusesFrameShorterThanHeader(t *testing.T) {
	plain := threeBytes()
	split := plain
	split.HeaderLen = 5
	for _, tc := range []struct{ writes, reads framing.Framer }{
		{framing.Binary2{}, framing.Binary2{HeaderLen: 5}},
		{framing.Binary2{Inclusive: true}, framing.Binary2{HeaderLen: 5, Inclusive: true}},
		{framing.ASCII{}, framing.ASCII{HeaderLen: 5}},
		{framing.Binary4{}, framing.Binary4{HeaderLen: 5}},
		{framing.BCD2{}, framing.BCD2{HeaderLen: 5}},
		{framing.BASE24{}, framing.BASE24{HeaderLen: 5}},
		{framing.RBP{}, framing.RBP{HeaderLen: 5}},
		{plain, split},
	} {
		for n := range 5 {
			wire, err := tc.writes.Append(nil, nil, pattern(n))
			require.NoError(t, err)
			header, body, err := tc.reads.Read(reader(wire), 100)
			if n == 0 {
				require.NoError(t, err)
				assert.Empty(t, header)
				assert.Empty(t, body)
				continue
			}
			require.ErrorIs(t, err, framing.ErrLength)
			assert.Equal(t, n, asError(t, err).Size)
			assert.Contains(t, err.Error(), fmt.Sprintf("a frame of %d bytes is shorter than its header of 5", n))
		}
	}
}
