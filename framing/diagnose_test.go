package framing_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

const question = ": is the framing set as the peer's?"

func TestDiagnosisOfRefusedLengths(t *testing.T) {
	for name, tc := range map[string]struct {
		framer framing.Framer
		limit  int
		wire   string
		hint   string
	}{
		"ASCII4 read as binary": {
			framing.Binary2{},
			8192, "01230800\x82\x20",
			"length bytes 30 31 32 33 look like ASCII digits (123): is the framing ascii4?",
		},
		"ASCII4 keep-alive read as binary": {
			framing.Binary2{},
			8192, "0000",
			"length bytes 30 30 30 30 look like ASCII digits (0): is the framing ascii4?",
		},
		"ASCII2 read as binary": {
			framing.Binary2{},
			8192, "39\x08\x00\x82\x20",
			"length bytes 33 39 look like ASCII digits: is the length written in ASCII?",
		},
		"digits that are too large for ASCII4": {
			framing.Binary2{},
			8192, "99990800",
			"length bytes 39 39 look like ASCII digits: is the length written in ASCII?",
		},
		"only two digits came so far": {
			framing.Binary2{},
			8192, "01",
			"length bytes 30 31 look like ASCII digits: is the length written in ASCII?",
		},
		"little-endian read as big-endian": {
			framing.Binary2{},
			8192, "\x7b\x00" + "0800",
			"length bytes 7B 00 look like a length in reversed byte order (123)" + question,
		},
		"BCD read as binary": {
			framing.Binary2{},
			2100, "\x20\x48" + "0800",
			"length bytes 20 48 look like packed BCD (2048)" + question,
		},
		"BCD or little-endian": {
			framing.Binary2{},
			4096, "\x20\x01" + "0800",
			"length bytes 20 01 look like packed BCD (2001), or a length in reversed byte order (288)" + question,
		},
		"reversed, and no BCD by the first digit": {
			framing.Binary2{},
			20_000, "\xa0\x01",
			"length bytes A0 01 look like a length in reversed byte order (416)" + question,
		},
		"reversed, and no BCD by the second digit": {
			framing.Binary2{},
			4096, "\x2a\x01",
			"length bytes 2A 01 look like a length in reversed byte order (298)" + question,
		},
		"too short for HTTP": {framing.Binary2{}, 100, "GE", ""},
		"no EBCDIC digit":    {framing.ASCII{}, 8192, "\xf0\xf1\xf2\xfa", ""},
		"not four binary bytes": {
			framing.ASCII{},
			200, "\x01\x00\x00\x7b",
			"length bytes 01 00 look like packed BCD (100), or a length in reversed byte order (1)" + question,
		},
		"nothing known": {framing.Binary2{}, 100, "\xee\xee0800", ""},
		"keep-alives only": {
			framing.Binary2{}, 0, "\x00\x27" + "0800", "",
		},
		"TLS handshake read as binary": {
			framing.Binary2{},
			2048, "\x16\x03\x01\x00\x2f\x01\x00\x00",
			"16 03 looks like a TLS handshake: does the peer use TLS on a port that is plain here?",
		},
		"TLS handshake of which two bytes came": {
			framing.Binary2{},
			2048, "\x16\x03",
			"16 03 looks like a TLS handshake: does the peer use TLS on a port that is plain here?",
		},
		"TLS alert read as binary": {
			framing.Binary2{},
			2048, "\x15\x03\x03\x00\x02\x02\x46",
			"15 03 looks like a TLS alert: does the peer use TLS on a port that is plain here?",
		},
		"not TLS":           {framing.Binary2{}, 100, "\x16\x04\x01", ""},
		"not a TLS version": {framing.Binary2{}, 100, "\x15\x03\x99\x99", ""},
		"HTTP read as binary": {
			framing.Binary2{},
			8192, "GET / HTTP/1.1\r\n",
			`"GET " looks like an HTTP request: is a web client or a health check on this port?`,
		},
		"HTTP method longer than what came": {
			framing.ASCII{},
			8192, "OPTI",
			`"OPTIONS " looks like an HTTP request: is a web client or a health check on this port?`,
		},
		"HTTP read as ASCII": {
			framing.ASCII{Digits: 2},
			99, "POST /authorize HTTP/1.1\r\n",
			`"POST " looks like an HTTP request: is a web client or a health check on this port?`,
		},
		"TLS read as ASCII": {
			framing.ASCII{},
			8192, "\x16\x03\x01\x00\x2f\x01\x00\x00",
			"16 03 looks like a TLS handshake: does the peer use TLS on a port that is plain here?",
		},
		"binary read as ASCII": {
			framing.ASCII{},
			8192, "\x00\x7b" + "0800",
			"length bytes 00 7B look like a binary length (123, framing binary2)" + question,
		},
		"binary or BCD read as ASCII": {
			framing.ASCII{},
			8192, "\x01\x23" + "0800",
			"length bytes 01 23 look like a binary length (291, framing binary2), or packed BCD (123)" + question,
		},
		"BCD read as ASCII, too large for binary": {
			framing.ASCII{},
			1000, "\x09\x99\xee\xee",
			"length bytes 09 99 look like packed BCD (999)" + question,
		},
		"four binary bytes read as ASCII": {
			framing.ASCII{},
			8192, "\x00\x00\x00\x7b" + "0800",
			"length bytes 00 00 00 7B look like a binary length of four bytes (123)" + question,
		},
		"four binary bytes read as two digits": {framing.ASCII{Digits: 2}, 99, "\x00\x00\x00\x7b" + "0800", ""},
		"little-endian read as ASCII": {
			framing.ASCII{},
			8192, "\x7b\x00" + "0800",
			"length bytes 7B 00 look like a length in reversed byte order (123)" + question,
		},
		"EBCDIC digits read as ASCII": {
			framing.ASCII{},
			8192, "\xf0\xf1\xf2\xf3\xf0\xf8",
			"length bytes F0 F1 F2 F3 look like EBCDIC digits (123)" + question,
		},
		"hexadecimal digits read as decimal": {
			framing.ASCII{},
			8192, "00FF0800",
			"length bytes 30 30 46 .. look like hexadecimal digits (255)" + question,
		},
		"small hexadecimal digits": {
			framing.ASCII{Digits: 3},
			8192, "0af",
			"length bytes 30 61 66 look like hexadecimal digits (175)" + question,
		},
		"printable, and no digits":         {framing.ASCII{}, 65_535, "ISO0", ""},
		"digits above the limit":           {framing.ASCII{}, 100, "0123", ""},
		"TLS by functions":                 {threeBytes(), 8192, "\x16\x03\x01\x00\x2f", "16 03 looks like a TLS handshake: does the peer use TLS on a port that is plain here?"},
		"functions: nothing else is shown": {threeBytes(), 100, "0123", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, body, err := tc.framer.Read(reader([]byte(tc.wire)), tc.limit)
			require.Nil(t, body)
			own := asError(t, err)
			assert.Equal(t, tc.hint, own.Hint)
			assert.True(t, strings.HasSuffix(err.Error(), tc.hint), err.Error())
		})
	}
}

// 16 03 is a length of 5,635 bytes, which many limits allow: the diagnosis
// comes when the peer gives up.
func TestDiagnosisOfTruncatedFrames(t *testing.T) {
	tls := "16 03 looks like a TLS handshake: does the peer use TLS on a port that is plain here?"
	alert := "15 03 looks like a TLS alert: does the peer use TLS on a port that is plain here?"
	get := `"GET " looks like an HTTP request: is a web client or a health check on this port?`
	for name, tc := range map[string]struct {
		framer framing.Framer
		wire   []byte
		hint   string
	}{
		"TLS handshake": {framing.Binary2{}, stream(t, "tls_client_hello.txt"), tls},
		"TLS alert":     {framing.Binary2{}, stream(t, "tls_alert.txt"), alert},
		"HTTP":          {framing.Binary2{}, stream(t, "http_get.txt"), get},
		"HTTP by functions": {
			framing.Funcs{ReadLength: readTwoBytes, WriteLength: writeTwoBytes}, stream(t, "http_get.txt"), get,
		},
		"ASCII": {
			framing.Binary2{},
			stream(t, "ascii4.txt"),
			"length bytes 30 30 33 39 look like ASCII digits (39): is the framing ascii4?",
		},
		"an ordinary frame":          {framing.Binary2{}, stream(t, "truncated_body.txt"), ""},
		"an ordinary frame in ASCII": {framing.ASCII{}, []byte("0039" + "0800"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := tc.framer.Read(reader(tc.wire), 65_535)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			assert.Equal(t, tc.hint, asError(t, err).Hint)
		})
		if _, ok := tc.framer.(framing.Funcs); ok {
			continue // what is not buffered before a function reads it is not seen
		}
		t.Run(name+", one byte at a time", func(t *testing.T) {
			_, _, err := tc.framer.Read(bufio.NewReader(iotest.OneByteReader(bytes.NewReader(tc.wire))), 65_535)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			assert.Equal(t, tc.hint, asError(t, err).Hint)
		})
	}
}

// A peer may be waiting for our answer: neither a frame nor an error may wait
// for a byte behind it.
func TestReadDoesNotWaitForMore(t *testing.T) {
	for _, tc := range []struct {
		framer framing.Framer
		wire   string
		want   error
	}{
		{framing.Binary2{}, "\x00\x04" + "0800", nil},
		{framing.Binary2{}, "\x00\x00", nil},
		{framing.Binary2{}, "01", framing.ErrTooLarge},
		{framing.Binary2{}, "GE", framing.ErrTooLarge},
		{framing.Binary2{Inclusive: true}, "\x00\x00", framing.ErrLength},
		{framing.ASCII{}, "00040800", nil},
		{framing.ASCII{}, "\x00\x7b00", framing.ErrLength},
		{framing.TPDU{}, "\x00\x09" + tpdu + "0800", nil},
		{framing.Binary4{}, "\x00\x00\x00\x04" + "0800", nil},
		{framing.Padded{}, "\x00\x00\x00\x00", nil},
		{framing.Padded{}, "\x00\x04" + "08", framing.ErrLength},
		{framing.RBP{}, "\xd0\x4a\x00\x04\x00\x00" + "0800", nil},
		{framing.CMF{}, "\xff\xff\xff", framing.ErrTooLarge},
		{framing.BCD2{}, "\x0a\x0a", framing.ErrLength},
		{framing.VMLH{}, "\x00\x00\x00\x20", nil},
		{framing.VisaBaseI{}, "\x00\x1a\x00\x00" + baseIPlain + "0800", nil},
		{framing.VisaBaseI{}, "\x00\x04\x00\x00", framing.ErrLength},
		{framing.BASE24{}, "\x00\x05" + "0800\x03", nil},
		{framing.BASE24{}, "\x00\x00", nil},
		{framing.Trailer{}, "0800\x03", nil},
		{framing.Trailer{}, strings.Repeat("0", 101), framing.ErrTooLarge},
		{threeBytes(), "\x00\x00\x04" + "0800", nil},
		{threeBytes(), "\xff\xff\xff", framing.ErrTooLarge},
	} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			go func() { _, _ = theirs.Write([]byte(tc.wire)) }()
			// In fake time: it passes only if Read waits.
			start := time.Now()
			require.NoError(t, ours.SetReadDeadline(start.Add(time.Hour)))
			_, _, err := tc.framer.Read(bufio.NewReader(ours), 100)
			require.ErrorIs(t, err, tc.want)
			assert.Zero(t, time.Since(start), "%v waited behind %q", tc.framer, tc.wire)
			require.NoError(t, ours.Close())
			require.NoError(t, theirs.Close())
		})
	}
}
