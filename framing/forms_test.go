package framing_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

// Every framing, given what another one writes for a message of 39 bytes.
func TestDiagnosisOfOtherFramings(t *testing.T) {
	const (
		ascii   = "length bytes 30 30 33 39 look like ASCII digits (39, framing ascii4)" + question
		ebcdic  = "length bytes F0 F0 F3 F9 look like EBCDIC digits (39, framing ebcdic4)" + question
		hex     = "length bytes 30 30 34 .. look like hexadecimal digits (79, framing hex4)" + question
		rbp     = "length bytes D0 4A 00 27 00 00 look like a length with the fixed bytes D0 4A (39, framing rbp)" + question
		four    = "length bytes 00 00 00 27 look like a binary length of four bytes (39, framing binary4 or padded leading)" + question
		padded  = "length bytes 00 27 00 00 look like a binary length with two zeros behind it (39, framing padded)" + question
		two     = "length bytes 00 27 look like a binary length of two bytes (39, framing binary2)"
		bcd     = two + ", or packed BCD (27, framing bcd2)" + question
		reverse = "length bytes 27 00 00 .. look like a length of four bytes in reversed byte order (39)" + question
		tls     = "16 03 looks like a TLS handshake: does the peer use TLS on a port that is plain here?"
		http    = `"GET " looks like an HTTP request: is a web client or a health check on this port?`
		binary  = "length bytes 30 30 33 39 look like ASCII digits (39): is the framing ascii4?"
	)
	for name, tc := range map[string]struct {
		framer framing.Framer
		wire   string
		hint   string
	}{
		"binary4, ascii4":         {framing.Binary4{}, "0039" + "0800", binary},
		"binary4, ebcdic4":        {framing.Binary4{}, "\xf0\xf0\xf3\xf9" + "0800", ebcdic},
		"binary4, hex4":           {framing.Binary4{}, "004F" + "0800", hex},
		"binary4, rbp":            {framing.Binary4{}, "\xd0\x4a\x00\x27\x00\x00" + "0800", rbp},
		"binary4, padded":         {framing.Binary4{}, "\x00\x27\x00\x00" + "0800", padded},
		"binary4, binary2":        {framing.Binary4{}, "\x00\x27" + "0800", bcd},
		"binary4, reversed":       {framing.Binary4{}, "\x27\x00\x00\x00" + "0800", reverse},
		"binary4, TLS":            {framing.Binary4{}, "\x16\x03\x01\x00\x2f\x01", tls},
		"binary4, HTTP":           {framing.Binary4{}, "GET / HTTP/1.1", http},
		"binary4, its own":        {framing.Binary4{HeaderLen: 50}, "\x00\x00\x00\x27" + "0800", ""},
		"cmf, binary4":            {framing.CMF{HeaderLen: 5}, "\x00\x00\x01\x27" + "0800", "length bytes 00 00 01 27 look like a binary length of four bytes (295, framing binary4 or padded leading)" + question},
		"cmf, binary2":            {framing.CMF{}, "\x00\x27\x08\x00", bcd},
		"cmf, ascii4":             {framing.CMF{}, "0039" + "0800", binary},
		"padded, leading":         {framing.Padded{}, "\x00\x00\x00\x27" + "0800", four},
		"padded, binary2":         {framing.Padded{}, "\x00\x27" + "0800", bcd},
		"padded, no BCD":          {framing.Padded{}, "\x00\x2a" + "0800", "length bytes 00 2A look like a binary length of two bytes (42, framing binary2)" + question},
		"padded leading, padded":  {framing.Padded{Leading: true}, "\x00\x27\x00\x00" + "0800", padded},
		"padded leading, binary2": {framing.Padded{Leading: true}, "\x00\x27" + "0800", bcd},
		"rbp, padded":             {framing.RBP{}, "\x00\x27\x00\x00" + "0800", padded},
		"rbp, binary2":            {framing.RBP{}, "\x00\x27" + "0800", bcd},
		"bcd2, binary2":           {framing.BCD2{}, "\x00\x2a" + "0800", "length bytes 00 2A look like a binary length of two bytes (42, framing binary2)" + question},
		"bcd2, ascii4":            {framing.BCD2{}, "0039" + "0800", ascii},
		"bcd2, HTTP":              {framing.BCD2{}, "GET / HTTP/1.1", http},
		"hex4, ebcdic4":           {framing.Hex4{}, "\xf0\xf0\xf3\xf9" + "0800", ebcdic},
		"hex4, binary4":           {framing.Hex4{}, "\x00\x00\x00\x27" + "0800", four},
		"hex4, binary2":           {framing.Hex4{}, "\x00\x27" + "0800", bcd},
		"ebcdic4, ascii4":         {framing.EBCDIC4{}, "0039" + "0800", ascii},
		"ebcdic4, hex4":           {framing.EBCDIC4{}, "004F" + "0800", hex},
		"ebcdic4, TLS":            {framing.EBCDIC4{}, "\x16\x03\x01\x00\x2f\x01", tls},
		"vmlh, ascii4":            {framing.VMLH{}, "0039" + "0800", binary},
		"base1, binary2":          {framing.VisaBaseI{}, "\x00\x27" + "0800", bcd},
		"base1, leading":          {framing.VisaBaseI{}, "\x00\x00\x00\x27" + "0800", four},
		"base1, rbp":              {framing.VisaBaseI{}, "\xd0\x4a\x00\x27\x00\x00" + "0800", rbp},
		"base24, ascii4":          {framing.BASE24{}, "0039" + "0800", binary},
		"tpdu, ascii4":            {framing.TPDU{}, "0039" + "0800", binary},
		"nothing known":           {framing.EBCDIC4{}, "ISO0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, body, err := tc.framer.Read(reader([]byte(tc.wire)), 1_000)
			require.Error(t, err)
			require.Nil(t, body)
			assert.Equal(t, tc.hint, asError(t, err).Hint)
		})
	}
}

func TestDiagnosisOfOtherTruncatedFrames(t *testing.T) {
	for _, tc := range []struct {
		framer framing.Framer
		wire   string
		hint   string
	}{
		{framing.BCD2{}, "0039" + "0800", "length bytes 30 30 33 39 look like ASCII digits (39): is the framing ascii4?"},
		{framing.BCD2{}, "\x16\x03\x01\x00", "16 03 looks like a TLS handshake: does the peer use TLS on a port that is plain here?"},
		{framing.BCD2{}, "\x00\x39" + "0800", ""},
		{framing.Hex4{}, "0027" + "0800", ""},
		{framing.CMF{}, "GET / HTTP/1.1", `"GET " looks like an HTTP request: is a web client or a health check on this port?`},
	} {
		_, _, err := tc.framer.Read(reader([]byte(tc.wire)), 1<<23)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.Equal(t, tc.hint, asError(t, err).Hint)
	}
}
