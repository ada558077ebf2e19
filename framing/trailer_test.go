package framing_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

// printable is n bytes without a trailer among them.
func printable(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('A' + i%23)
	}
	return b
}

func TestTrailerSizes(t *testing.T) {
	const limit = 5_000 // more than the buffer holds
	for _, size := range []int{1, 15, 16, 17, 4_095, 4_096, 4_097, limit - 1, limit} {
		for _, buffer := range []int{16, 4_096} {
			sent := printable(size)
			wire, err := framing.Trailer{}.Append(nil, sent[:size/2], sent[size/2:])
			require.NoError(t, err)
			r := bufio.NewReaderSize(bytes.NewReader(append(wire, wire...)), buffer)
			for range 2 {
				header, body, err := framing.Trailer{}.Read(r, limit)
				require.NoError(t, err)
				assert.Nil(t, header)
				assert.True(t, string(sent) == string(body), "size %d came back changed", size)
			}
			_, _, err = framing.Trailer{}.Read(r, limit)
			require.True(t, err == io.EOF, "behind a frame of %d: %v", size, err)
		}
	}
}

func TestTrailerLimit(t *testing.T) {
	for _, tc := range []struct {
		wire  string
		limit int
		want  error
	}{
		{"0800\x03", 4, nil},
		{"0800\x03", 3, framing.ErrTooLarge},
		{"0800", 3, framing.ErrTooLarge}, // without waiting for more
		{"0\x03", 0, framing.ErrTooLarge},
		{"0\x03", math.MinInt, framing.ErrTooLarge},
		{"\x03", 0, framing.ErrLength},
		{"\x03", 100, framing.ErrLength},
	} {
		header, body, err := framing.Trailer{}.Read(reader([]byte(tc.wire)), tc.limit)
		require.ErrorIs(t, err, tc.want, "%q, limit %d", tc.wire, tc.limit)
		assert.Nil(t, header)
		if tc.want != nil {
			assert.Nil(t, body)
			assert.Equal(t, "trailer", asError(t, err).Framing)
		}
	}
	_, _, err := framing.Trailer{}.Read(reader([]byte("0800")), 3)
	assert.EqualError(t, err, "framing: trailer: no trailer (03) within the limit of 3 bytes; "+
		"does the peer write a trailer behind its messages?")
}

// A stream without a trailer costs the limit, not what the peer sends.
func TestTrailerTakesNoMoreThanLimit(t *testing.T) {
	const limit = 1 << 10
	endless := bufio.NewReaderSize(&repeat{wire: []byte("0800")}, 16)
	before := allocated()
	_, _, err := framing.Trailer{}.Read(endless, limit)
	require.ErrorIs(t, err, framing.ErrTooLarge)
	assert.Less(t, allocated()-before, uint64(16<<10))
}

func TestTrailerAppendRefuses(t *testing.T) {
	for _, tc := range []struct {
		header, body string
		want         error
		text         string
	}{
		{"", echoBCD, framing.ErrTrailer, "framing: trailer: a message of 28 bytes contains the byte that would end it (03); " +
			"messages with binary fields need a framing with a length"},
		{"\x03", "0800", framing.ErrTrailer, "framing: trailer: a message of 5 bytes contains the byte that would end it (03); " +
			"messages with binary fields need a framing with a length"},
		{"", "", framing.ErrLength, "framing: trailer: a frame without a message: this framing has no keep-alive"},
	} {
		dst, err := framing.Trailer{}.Append([]byte("before"), []byte(tc.header), []byte(tc.body))
		require.ErrorIs(t, err, tc.want)
		assert.EqualError(t, err, tc.text)
		assert.Equal(t, "before", string(dst))
	}
	assert.NoError(t, framing.Trailer{}.Validate())
}

func TestTrailerTruncated(t *testing.T) {
	for _, tc := range []struct{ wire, text string }{
		{"0800", "framing: trailer: reading stopped after 4 bytes without a trailer: unexpected EOF"},
		{
			"GET / HTTP/1.1\r\n", "framing: trailer: reading stopped after 16 bytes without a trailer: unexpected EOF; " +
				`"GET " looks like an HTTP request: is a web client or a health check on this port?`,
		},
	} {
		_, _, err := framing.Trailer{}.Read(reader([]byte(tc.wire)), 100)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.EqualError(t, err, tc.text)
	}
	// The second byte of a TLS record would be a trailer.
	_, body, err := framing.Trailer{}.Read(reader([]byte("\x16\x03\x01")), 100)
	require.NoError(t, err)
	assert.Equal(t, "\x16", string(body))

	_, _, err = framing.Trailer{}.Read(reader([]byte("GET / HTTP/1.1\r\n")), 10)
	require.ErrorIs(t, err, framing.ErrTooLarge)
	assert.ErrorContains(t, err, "looks like an HTTP request")
}

func TestBASE24Trailer(t *testing.T) {
	for _, tc := range []struct {
		framer framing.BASE24
		wire   string
		want   error
	}{
		{framing.BASE24{}, "\x00\x05" + "0800\x03", nil},
		{framing.BASE24{}, "\x00\x05" + "08000", framing.ErrTrailer},
		{framing.BASE24{}, "\x00\x04" + "0800\x03", framing.ErrTrailer},
		{framing.BASE24{}, "\x00\x01" + "0", framing.ErrTrailer},
		{framing.BASE24{}, "\x00\x01", io.ErrUnexpectedEOF},
		{framing.BASE24{}, "\x00\x05" + "0800", io.ErrUnexpectedEOF},
		{framing.BASE24{}, "\x00\x06" + "08000\x03", framing.ErrTooLarge},
		{framing.BASE24{HeaderLen: 4}, "\x00\x04" + "080\x03", framing.ErrLength},
	} {
		header, body, err := tc.framer.Read(reader([]byte(tc.wire)), 4)
		require.ErrorIs(t, err, tc.want, "%q", tc.wire)
		assert.Nil(t, header)
		if tc.want == nil {
			assert.Equal(t, "0800", string(body))
			continue
		}
		assert.Nil(t, body)
		assert.Equal(t, fmt.Sprint(tc.framer), asError(t, err).Framing)
	}
	_, _, err := framing.BASE24{}.Read(reader([]byte("\x00\x05"+"08000")), 4)
	assert.EqualError(t, err, "framing: base24: length bytes 00 05: 4 bytes are not followed by the trailer 03; "+
		"does the peer write a trailer, and does its length count it?")
	assert.Equal(t, 4, asError(t, err).Size)
}

// A trailer with nothing in front of it is as empty as a length of zero.
func TestBASE24KeepAliveWithTrailer(t *testing.T) {
	for _, f := range []framing.BASE24{{}, {HeaderLen: 12}} {
		frames, err := readAll(f, reader([]byte("\x00\x01\x03\x00\x00\x00\x01\x03")), 0)
		assert.True(t, err == io.EOF, "bare io.EOF, not %v", err)
		assert.Equal(t, []frame{{}, {}, {}}, frames)
	}
}

func TestBASE24AppendedBodyLeavesTrailerAlone(t *testing.T) {
	_, body, err := framing.BASE24{}.Read(reader([]byte("\x00\x05"+"0800\x03")), 4)
	require.NoError(t, err)
	assert.Equal(t, 4, cap(body))
}
