package framing_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

func TestErrorOfTheReaderIsPassedThrough(t *testing.T) {
	for _, tc := range golden() {
		wire := stream(t, tc.file)
		for cut := range wire {
			r := bufio.NewReader(io.MultiReader(bytes.NewReader(wire[:cut]), iotest.ErrReader(os.ErrDeadlineExceeded)))
			_, err := readAll(tc.framer, r, 100)
			require.ErrorIs(t, err, os.ErrDeadlineExceeded, "%s at %d", tc.file, cut)
			require.Equal(t, fmt.Sprint(tc.framer), asError(t, err).Framing)
		}
	}
}

func TestTruncatedStreams(t *testing.T) {
	_, _, err := framing.Binary2{}.Read(reader(stream(t, "truncated_body.txt")), 100)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.EqualError(t, err, "framing: binary2: length bytes 00 27: reading stopped after 4 of 39 bytes: unexpected EOF")
	own := asError(t, err)
	assert.Equal(t, []byte{0x00, 0x27}, own.Bytes)
	assert.Equal(t, 39, own.Size)

	_, _, err = framing.Binary2{}.Read(reader(stream(t, "truncated_length.txt")), 100)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.EqualError(t, err, "framing: binary2: reading a length stopped after 1 bytes: unexpected EOF")
	assert.Equal(t, -1, asError(t, err).Size)
}

func TestLengthsThatAreNone(t *testing.T) {
	for _, tc := range []struct {
		framer framing.Framer
		wire   string
		text   string
	}{
		{
			framing.Binary2{Inclusive: true},
			"\x00\x00",
			"framing: binary2 inclusive: length bytes 00 00: a length of 0 does not count the 2 bytes of the length itself; " +
				"a zero is the keep-alive of a length that does not count itself: is the framing inclusive?",
		},
		{
			framing.Binary2{Inclusive: true},
			"\x00\x01",
			"framing: binary2 inclusive: length bytes 00 01: a length of 1 does not count the 2 bytes of the length itself; " +
				"length bytes 00 01 look like packed BCD (1), or a length in reversed byte order (256): is the framing set as the peer's?",
		},
		{
			framing.ASCII{Inclusive: true},
			"0000",
			"framing: ascii4 inclusive: length bytes 30 30 30 30: a length of 0 does not count the 4 bytes of the length itself; " +
				"a zero is the keep-alive of a length that does not count itself: is the framing inclusive?",
		},
		{
			framing.ASCII{Inclusive: true},
			"0003",
			"framing: ascii4 inclusive: length bytes 30 30 30 33: a length of 3 does not count the 4 bytes of the length itself",
		},
		{framing.ASCII{}, " 123", "framing: ascii4: length bytes 20 31 32 33: these are not decimal digits"},
		{framing.ASCII{}, "+123", "framing: ascii4: length bytes 2B 31 32 33: these are not decimal digits"},
		{framing.ASCII{}, "-001", "framing: ascii4: length bytes 2D 30 30 31: these are not decimal digits"},
		{framing.BCD2{}, "\x0a\x00", "framing: bcd2: length bytes 0A 00: these are not packed decimal digits; " +
			"length bytes 0A 00 look like a length in reversed byte order (10): is the framing set as the peer's?"},
		{framing.Hex4{}, "00G0", "framing: hex4: length bytes 30 30 47 ..: these are not hexadecimal digits"},
		{framing.Hex4{}, "0x1F", "framing: hex4: length bytes 30 78 31 ..: these are not hexadecimal digits"},
		{framing.EBCDIC4{}, "\xf0\xf0\xf1\x40", "framing: ebcdic4: length bytes F0 F0 F1 40: these are not EBCDIC decimal digits"},
		{framing.Padded{}, "\xee\x27\x00\x01", "framing: padded: length bytes EE 27 00 01: these do not end with 00 00"},
		{framing.Padded{}, "\xee\x27\x01\x00", "framing: padded: length bytes EE 27 01 00: these do not end with 00 00"},
		{
			framing.Padded{Leading: true},
			"\xee\x00\x00\x27",
			"framing: padded leading: length bytes EE 00 00 27: these do not begin with 00 00; " +
				"length bytes EE 00 look like a length in reversed byte order (238): is the framing set as the peer's?",
		},
		{framing.RBP{}, "\xd0\x4b\x00\x27\x00\x00", "framing: rbp: length bytes D0 4B 00 27 00 00: these do not begin with D0 4A"},
		{framing.RBP{}, "\xd0\x4a\x00\x27\x00\x01", "framing: rbp: length bytes D0 4A 00 27 00 01: these do not end with 00 00"},
		{
			framing.Binary4{Inclusive: true},
			"\x00\x00\x00\x03",
			"framing: binary4 inclusive: length bytes 00 00 00 03: a length of 3 does not count the 4 bytes of the length itself",
		},
		{framing.VMLH{}, "\x00\x04\x00\x2a", "framing: vmlh: length bytes 00 04 00 2A: the indicators 2A are not two decimal digits; " +
			"length bytes 00 04 look like a binary length of two bytes (4, framing binary2), or packed BCD (4, framing bcd2): is the framing set as the peer's?"},
		{signed(), "\xff\xff\xff\xff", "framing: funcs: a length of -1 is negative"},
		{signed(), "\x80\x00\x00\x00", "framing: funcs: a length is negative"},
	} {
		header, body, err := tc.framer.Read(reader([]byte(tc.wire)), 1000)
		require.ErrorIs(t, err, framing.ErrLength, "%q", tc.wire)
		require.NotErrorIs(t, err, framing.ErrTooLarge)
		assert.EqualError(t, err, tc.text)
		assert.Equal(t, -1, asError(t, err).Size)
		assert.Nil(t, header)
		assert.Nil(t, body)
	}
}

func TestValidate(t *testing.T) {
	nop := threeBytes()
	for _, tc := range []struct {
		framer interface {
			framing.Framer
			Validate() error
		}
		texts []string // one for each fault
	}{
		{framing.Binary2{}, nil},
		{framing.Binary2{HeaderLen: 65_535}, nil},
		{framing.Binary2{HeaderLen: 65_536}, []string{"binary2: HeaderLen is 65536, but no frame can be larger than 65535"}},
		{framing.Binary2{HeaderLen: 65_534, Inclusive: true}, []string{"HeaderLen is 65534"}},
		{framing.Binary2{HeaderLen: -1}, []string{"binary2: HeaderLen is -1, it must not be negative"}},
		{framing.ASCII{}, nil},
		{framing.ASCII{Digits: 2}, nil},
		{framing.ASCII{Digits: 6}, nil},
		{framing.ASCII{Digits: 1}, []string{"ascii1: Digits is 1, it must be 2 to 6, or 0 for 4"}},
		{framing.ASCII{Digits: 7}, []string{"ascii7: Digits is 7"}},
		{framing.ASCII{Digits: -4, HeaderLen: -1}, []string{"Digits is -4", "HeaderLen is -1"}},
		{framing.ASCII{HeaderLen: -1}, []string{"HeaderLen is -1"}},
		{framing.ASCII{HeaderLen: 10_000}, []string{"HeaderLen is 10000"}},
		{framing.Binary4{HeaderLen: 2_147_483_647}, nil},
		{framing.Binary4{HeaderLen: 2_147_483_647, Inclusive: true}, []string{"binary4 inclusive: HeaderLen is 2147483647, but no frame can be larger than 2147483643"}},
		{framing.CMF{HeaderLen: 1 << 24}, []string{"cmf: HeaderLen is 16777216"}},
		{framing.BCD2{HeaderLen: 10_000}, []string{"bcd2: HeaderLen is 10000"}},
		{framing.Hex4{HeaderLen: -1}, []string{"hex4: HeaderLen is -1"}},
		{framing.EBCDIC4{HeaderLen: -1}, []string{"ebcdic4: HeaderLen is -1"}},
		{framing.Padded{HeaderLen: -1, Leading: true}, []string{"padded leading: HeaderLen is -1"}},
		{framing.RBP{HeaderLen: -1}, []string{"rbp: HeaderLen is -1"}},
		{framing.BASE24{HeaderLen: 65_534}, nil},
		{framing.BASE24{HeaderLen: 65_535}, []string{"base24: HeaderLen is 65535"}},
		{framing.TPDU{Header: [5]byte{1, 2, 3, 4, 5}}, nil},
		{framing.VMLH{}, nil},
		{framing.VisaBaseI{Header: [22]byte{22}}, nil},
		{framing.VisaBaseI{Header: [22]byte{26}}, []string{"base1: Header begins with 1A 00, it must begin with 16 (22 bytes)"}},
		{framing.VisaBaseI{Header: [22]byte{22, 0x81}}, []string{"Header begins with 16 81"}},
		{nop, nil},
		{framing.Funcs{}, []string{"ReadLength is nil", "WriteLength is nil"}},
		{framing.Funcs{MaxLength: -1, HeaderLen: -2}, []string{
			"ReadLength is nil", "WriteLength is nil", "MaxLength is -1", "HeaderLen is -2",
		}},
		{framing.Funcs{ReadLength: nop.ReadLength}, []string{"WriteLength is nil"}},
		{framing.Funcs{WriteLength: nop.WriteLength}, []string{"ReadLength is nil"}},
		{
			framing.Funcs{ReadLength: nop.ReadLength, WriteLength: nop.WriteLength, HeaderLen: 10_000},
			[]string{"HeaderLen is 10000, but no frame can be larger than 9999"},
		},
	} {
		err := tc.framer.Validate()
		dst, appendErr := tc.framer.Append([]byte("before"), nil, nil)
		_, _, readErr := tc.framer.Read(reader(make([]byte, 8)), 0)
		if tc.texts == nil {
			require.NoError(t, err, "%+v", tc.framer)
			require.NoError(t, appendErr)
			continue
		}
		require.ErrorIs(t, err, framing.ErrOptions)
		for _, text := range tc.texts {
			assert.ErrorContains(t, err, text)
		}
		assert.Len(t, faults(err), len(tc.texts))
		assert.Equal(t, err, appendErr)
		assert.Equal(t, err, readErr)
		assert.Equal(t, "before", string(dst))
	}
}

// faults splits what errors.Join put together.
func faults(err error) []error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return joined.Unwrap()
	}
	return []error{err}
}

func TestErrorMadeByHand(t *testing.T) {
	err := &framing.Error{Framing: "mine", Err: framing.ErrLength}
	assert.EqualError(t, err, "framing: mine: invalid length")
	assert.EqualError(t, &framing.Error{Framing: "mine", Hint: "look"}, "framing: mine; look")
	assert.ErrorIs(t, err, framing.ErrLength)
}
