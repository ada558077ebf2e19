package framing_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

func TestReplyHeader(t *testing.T) {
	swappedFull := unhex("1601020032" + "654321" + "123456" + "01" + "0203" + "040506" + "07" + "000000" + "08")
	swappedLong := unhex("1901020040" + "123456" + "654321" + "0000000000000000000000" + "aabbcc")
	for _, tc := range []struct {
		framer         framing.Framer
		request, reply string
	}{
		{framing.TPDU{}, tpdu, "\x60\x00\x02\x00\x01"},
		{framing.TPDU{Header: [5]byte{0x68}}, "\x60\x12\x34\x56\x78", "\x60\x56\x78\x12\x34"},
		{framing.TPDU{}, "abcd", "abcd"}, // no TPDU
		{framing.VisaBaseI{}, baseIFull, swappedFull},
		{framing.VisaBaseI{}, baseILong, swappedLong},
		{framing.VisaBaseI{}, "abcd", "abcd"}, // no header
		{framing.Binary2{HeaderLen: 5}, tpdu, tpdu},
		{threeBytes(), "ISO026000075", "ISO026000075"},
	} {
		request := []byte(tc.request)
		reply := framing.ReplyHeader(tc.framer, request)
		assert.Equal(t, tc.reply, string(reply), "%v", tc.framer)
		assert.Equal(t, tc.request, string(request), "the request's header stays as it was")
		// They share no array.
		clear(reply)
		assert.Equal(t, tc.request, string(request))
		assert.Nil(t, framing.ReplyHeader(tc.framer, nil), "%v", tc.framer)
		assert.Nil(t, framing.ReplyHeader(tc.framer, []byte{}), "%v", tc.framer)
	}
}

// A reply that carries the request's header back can be read as one.
func TestReplyOverTheWire(t *testing.T) {
	for _, tc := range []struct {
		framer framing.Framer
		file   string
	}{
		{framing.TPDU{}, "tpdu.txt"}, {framing.VisaBaseI{}, "base1.txt"},
	} {
		request, body, err := tc.framer.Read(reader(stream(t, tc.file)), 100)
		require.NoError(t, err)
		body = append(body, "more"...)
		wire, err := tc.framer.Append(nil, framing.ReplyHeader(tc.framer, request), body)
		require.NoError(t, err)
		header, got, err := tc.framer.Read(reader(wire), 100)
		require.NoError(t, err)
		assert.Equal(t, string(body), string(got))
		assert.NotEqual(t, request, header)
		if _, ok := tc.framer.(framing.VisaBaseI); ok {
			parsed, err := framing.ParseBaseI(header)
			require.NoError(t, err)
			assert.Equal(t, len(header)+len(body), parsed.TotalLength)
			assert.Equal(t, "123456", parsed.Source)
		}
	}
}

func TestKeepAlives(t *testing.T) {
	for _, tc := range []struct {
		framer framing.KeepAliver
		wire   string
	}{
		{framing.Binary2{}, "\x00\x00"},
		{framing.Binary2{Inclusive: true}, "\x00\x02"},
		{framing.Binary4{}, "\x00\x00\x00\x00"},
		{framing.Binary4{Inclusive: true}, "\x00\x00\x00\x04"},
		{framing.CMF{}, "\x00\x00\x00"},
		{framing.CMF{Inclusive: true}, "\x00\x00\x03"},
		{framing.BCD2{}, "\x00\x00"},
		{framing.BCD2{Inclusive: true}, "\x00\x02"},
		{framing.ASCII{}, "0000"},
		{framing.ASCII{Inclusive: true, Digits: 5}, "00005"},
		{framing.EBCDIC4{}, "\xf0\xf0\xf0\xf0"},
		{framing.EBCDIC4{Inclusive: true}, "\xf0\xf0\xf0\xf4"},
		{framing.Hex4{}, "0000"},
		{framing.Hex4{Inclusive: true}, "0004"},
		{framing.Padded{}, "\x00\x00\x00\x00"},
		{framing.Padded{Leading: true}, "\x00\x00\x00\x00"},
		{framing.RBP{}, "\xd0\x4a\x00\x00\x00\x00"},
		{framing.BASE24{}, "\x00\x00"},
		{framing.TPDU{}, "\x00\x05\x60\x00\x00\x00\x00"},
		{framing.VMLH{}, "\x00\x00\x00\x20"},
		{framing.VisaBaseI{}, "\x00\x00\x00\x00"},
		{threeBytes(), "\x00\x00\x00"},
	} {
		wire, ok := tc.framer.AppendKeepAlive([]byte("before"))
		require.True(t, ok, "%v", tc.framer)
		assert.Equal(t, "before"+tc.wire, string(wire), "%v", tc.framer)
		_, body, err := tc.framer.(framing.Framer).Read(reader(wire[6:]), 5)
		require.NoError(t, err)
		assert.Empty(t, body, "%v", tc.framer)
	}
}

func TestNoKeepAlive(t *testing.T) {
	broken := threeBytes()
	broken.WriteLength = func(io.Writer, int) (int, error) { return 0, errors.New("no length today") }
	for _, f := range []framing.KeepAliver{
		framing.Trailer{},
		framing.Binary2{HeaderLen: -1},
		framing.ASCII{Digits: 9},
		framing.BASE24{HeaderLen: -1},
		framing.VisaBaseI{Header: [22]byte{1}},
		framing.Funcs{},
		broken,
	} {
		dst, ok := f.AppendKeepAlive([]byte("before"))
		assert.False(t, ok, fmt.Sprint(f))
		assert.Equal(t, "before", string(dst), fmt.Sprint(f))
	}
}
