package framing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

func TestParseBaseI(t *testing.T) {
	got, err := framing.ParseBaseI([]byte(baseIFull))
	require.NoError(t, err)
	assert.Equal(t, framing.BaseI{
		Format: 1, TextFormat: 2, TotalLength: 50, Destination: "123456", Source: "654321", RoundTrip: 1,
		Flags: [2]byte{2, 3}, Status: [3]byte{4, 5, 6}, Batch: 7, UserInfo: 8,
	}, got)

	got, err = framing.ParseBaseI([]byte(baseILong))
	require.NoError(t, err)
	assert.Equal(t, framing.BaseI{
		Format: 1, TextFormat: 2, TotalLength: 64, Destination: "654321", Source: "123456",
	}, got)
}

// The header, the code and the original of a rejected message, from the bytes
// on the wire.
func TestParseBaseIReject(t *testing.T) {
	header, body, err := framing.VisaBaseI{}.Read(reader(stream(t, "base1_reject.txt")), 100)
	require.NoError(t, err)
	assert.Equal(t, echoBCD, string(body))
	got, err := framing.ParseBaseI(header)
	require.NoError(t, err)
	assert.True(t, got.Rejected)
	assert.Equal(t, "0207", got.RejectCode)
	assert.Equal(t, "654321", got.Destination)
	assert.Equal(t, 76, got.TotalLength)

	original, err := framing.ParseBaseI(got.Original)
	require.NoError(t, err)
	assert.False(t, original.Rejected)
	assert.Empty(t, original.RejectCode)
	assert.Nil(t, original.Original)
	assert.Equal(t, "654321", original.Source)
	assert.Equal(t, "123456", original.Destination)
	assert.Equal(t, 50, original.TotalLength)
	assert.Equal(t, len(got.Original), cap(got.Original), "appending to it must not reach the body")
}

func TestParseBaseIRejectBits(t *testing.T) {
	for name, tc := range map[string]struct {
		first    byte // of the bitmap
		size     byte
		rejected bool
	}{
		"rejected":               {0x80, 26, true},
		"rejected, longer":       {0xC0, 28, true},
		"not rejected":           {0x7F, 26, false},
		"too short for a bitmap": {0x80, 25, false},
	} {
		header := make([]byte, tc.size)
		header[0], header[22] = tc.size, tc.first
		header[24] = 0x12
		got, err := framing.ParseBaseI(header)
		require.NoError(t, err, name)
		assert.Equal(t, tc.rejected, got.Rejected, name)
		assert.Equal(t, tc.rejected, got.RejectCode == "1200", name)
		assert.Nil(t, got.Original, name)
	}
}

// Each is refused by Read as by ParseBaseI, which has no body behind it.
func TestBaseISizes(t *testing.T) {
	second := "\x16\x81" + baseIPlain[2:]
	for header, text := range map[string]string{
		"":                               "0 bytes are too few for a header, which has 22",
		baseIPlain[:21]:                  "21 bytes are too few for a header, which has 22",
		"\x15" + baseIPlain[1:]:          "a header of 21 bytes by its first byte, where 22 is the least",
		"\x17" + baseIPlain[1:]:          "a header of 23 bytes by its first byte, where 22 are left",
		second:                           "the original's: 0 bytes are too few for a header, which has 22",
		second + "\x08" + baseIPlain[1:]: "the original's: a header of 8 bytes by its first byte, where 22 is the least",
		second + "\xff" + baseIPlain[1:]: "the original's: a header of 255 bytes by its first byte, where 22 are left",
	} {
		_, err := framing.ParseBaseI([]byte(header))
		require.ErrorIs(t, err, framing.ErrHeader)
		assert.EqualError(t, err, "framing: BASE I: invalid header: "+text)

		dst, err := framing.VisaBaseI{}.Append([]byte("before"), []byte(header), []byte{})
		if header == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, framing.ErrHeader)
		assert.EqualError(t, err, "framing: base1: BASE I: "+text)
		assert.Equal(t, "before", string(dst))

		if len(header) >= 22 {
			wire := append([]byte{0, byte(len(header)), 0, 0}, header...)
			_, _, err = framing.VisaBaseI{}.Read(reader(wire), 100)
			require.ErrorIs(t, err, framing.ErrHeader)
			assert.ErrorContains(t, err, ": BASE I: "+text)
			assert.Equal(t, len(header), asError(t, err).Size)
		}
	}
	_, err := framing.ParseBaseI([]byte(baseIPlain + "0800"))
	require.ErrorIs(t, err, framing.ErrHeader)
	assert.EqualError(t, err, "framing: BASE I: invalid header: 4 bytes follow it")
	_, err = framing.VisaBaseI{}.Append(nil, []byte(baseIPlain+"0800"), nil)
	require.ErrorIs(t, err, framing.ErrHeader)
	assert.EqualError(t, err, "framing: base1: BASE I: more bytes than its first byte says")
}

// The peer's messages have no header: the error must not show what stands there.
func TestVisaBaseIWithoutHeaders(t *testing.T) {
	wire := "\x00\x1c\x00\x00" + echoBCD
	_, _, err := framing.VisaBaseI{}.Read(reader([]byte(wire)), 100)
	require.ErrorIs(t, err, framing.ErrHeader)
	assert.EqualError(t, err, "framing: base1: length bytes 00 1C 00 00: BASE I: a header of 8 bytes by its first byte, where 22 is the least; "+
		"does a BASE I header stand in front of the peer's messages?")
	assert.Equal(t, []byte{0, 0x1C, 0, 0}, asError(t, err).Bytes)

	_, _, err = framing.VisaBaseI{}.Read(reader([]byte("\x00\x04\x00\x00"+"0800")), 100)
	require.ErrorIs(t, err, framing.ErrLength)
	assert.ErrorContains(t, err, "a frame of 4 bytes is shorter than its header of 22")
}

func TestVisaBaseIDefaultHeader(t *testing.T) {
	template, err := framing.BaseIHeader("123456", "654321")
	require.NoError(t, err)
	for framer, want := range map[framing.VisaBaseI]string{
		{}:                 unhex("001a0000"+"160102001a"+"0000000000000000000000000000000000") + "0800",
		{Header: template}: unhex("001a0000"+"160102001a"+"123456654321"+"0000000000000000000000") + "0800",
	} {
		for _, none := range [][]byte{nil, {}} {
			wire, err := framer.Append(nil, none, []byte("0800"))
			require.NoError(t, err)
			assert.Equal(t, want, string(wire))
		}
	}
}

func TestVisaBaseITotalLength(t *testing.T) {
	header := []byte(baseIPlain)
	wire, err := framing.VisaBaseI{}.Append([]byte("before"), header, make([]byte, 1_000))
	require.NoError(t, err)
	assert.Equal(t, baseIPlain, string(header), "the header given is not changed")
	got, _, err := framing.VisaBaseI{}.Read(reader(wire[6:]), 2_000)
	require.NoError(t, err)
	parsed, err := framing.ParseBaseI(got)
	require.NoError(t, err)
	assert.Equal(t, 1_022, parsed.TotalLength)

	// What the peer says there is not relied on.
	wire[6+4+3], wire[6+4+4] = 0, 0
	_, body, err := framing.VisaBaseI{}.Read(reader(wire[6:]), 2_000)
	require.NoError(t, err)
	assert.Len(t, body, 1_000)
}

func TestVisaBaseILimits(t *testing.T) {
	wire, err := framing.VisaBaseI{}.Append(nil, nil, pattern(65_535-22))
	require.NoError(t, err)
	_, body, err := framing.VisaBaseI{}.Read(reader(wire), 65_535)
	require.NoError(t, err)
	assert.True(t, string(pattern(65_535-22)) == string(body))
	_, _, err = framing.VisaBaseI{}.Read(reader(wire), 65_534)
	require.ErrorIs(t, err, framing.ErrTooLarge)
	dst, err := framing.VisaBaseI{Header: [22]byte{22}}.Append([]byte("before"), nil, pattern(65_535-21))
	require.ErrorIs(t, err, framing.ErrTooLarge)
	assert.Equal(t, "before", string(dst))
	assert.Equal(t, "base1 default=16000000000000000000000000000000000000000000", asError(t, err).Framing)
}

func TestBaseIHeader(t *testing.T) {
	for _, wrong := range []string{"", "12345", "1234567", "12345678", "12345a", "12345F", "-12345", "12345 "} {
		_, err := framing.BaseIHeader(wrong, "123456")
		require.ErrorIs(t, err, framing.ErrHeader)
		assert.ErrorContains(t, err, "destination")
		_, err = framing.BaseIHeader("123456", wrong)
		require.ErrorIs(t, err, framing.ErrHeader)
		assert.ErrorContains(t, err, "source")
	}
	header, err := framing.BaseIHeader("000001", "999999")
	require.NoError(t, err)
	require.NoError(t, framing.VisaBaseI{Header: header}.Validate())
	parsed, err := framing.ParseBaseI(header[:])
	require.NoError(t, err)
	assert.Equal(t, "000001", parsed.Destination)
	assert.Equal(t, "999999", parsed.Source)
}
