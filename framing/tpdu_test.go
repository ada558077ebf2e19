package framing_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

func TestTPDUDefaultHeader(t *testing.T) {
	for _, tc := range []struct {
		framer framing.TPDU
		wire   string
	}{
		{framing.TPDU{}, "\x00\x09\x60\x00\x00\x00\x00" + "0800"},
		{framing.TPDU{Header: [5]byte{0x68, 1, 2, 3, 4}}, "\x00\x09\x68\x01\x02\x03\x04" + "0800"},
	} {
		for _, none := range [][]byte{nil, {}} {
			wire, err := tc.framer.Append(nil, none, []byte("0800"))
			require.NoError(t, err)
			assert.Equal(t, tc.wire, string(wire))
		}
		wire, ok := tc.framer.AppendKeepAlive([]byte("before"))
		require.True(t, ok)
		assert.Equal(t, "before\x00\x05"+tc.wire[2:7], string(wire))
	}
}

func TestTPDUHeaderOfAnotherSize(t *testing.T) {
	for _, header := range []string{"\x60", "\x60\x00\x01\x00", "\x60\x00\x01\x00\x02\x00"} {
		dst, err := framing.TPDU{Header: [5]byte{0x60, 0, 1, 0, 2}}.Append([]byte("before"), []byte(header), []byte("0800"))
		require.ErrorIs(t, err, framing.ErrHeader)
		assert.Equal(t, "before", string(dst))
		own := asError(t, err)
		assert.Equal(t, "binary2+tpdu default=6000010002", own.Framing)
		assert.Equal(t, len(header)+4, own.Size)
		assert.ErrorContains(t, err, "is no TPDU, which has 5")
	}
}

func TestTPDULimits(t *testing.T) {
	wire, err := framing.TPDU{}.Append(nil, nil, pattern(65_530))
	require.NoError(t, err)
	header, body, err := framing.TPDU{}.Read(reader(wire), 65_535)
	require.NoError(t, err)
	assert.Equal(t, "\x60\x00\x00\x00\x00", string(header))
	assert.True(t, string(pattern(65_530)) == string(body))

	_, _, err = framing.TPDU{}.Read(reader(wire), 65_534)
	require.ErrorIs(t, err, framing.ErrTooLarge)
	dst, err := framing.TPDU{}.Append([]byte("before"), nil, pattern(65_531))
	require.ErrorIs(t, err, framing.ErrTooLarge)
	assert.Equal(t, 65_536, asError(t, err).Size)
	assert.Equal(t, "before", string(dst))
}

func TestTPDURead(t *testing.T) {
	// A length of zero, as of Binary2.
	header, body, err := framing.TPDU{}.Read(reader([]byte("\x00\x00")), 0)
	require.NoError(t, err)
	assert.Empty(t, header)
	assert.Empty(t, body)

	for size := 1; size < 5; size++ {
		wire := append([]byte{0, byte(size)}, pattern(size)...)
		_, _, err = framing.TPDU{}.Read(reader(wire), 100)
		require.ErrorIs(t, err, framing.ErrLength)
		assert.ErrorContains(t, err, "framing: binary2+tpdu: length bytes")
		assert.ErrorContains(t, err, "is shorter than its header of 5")
	}
	_, _, err = framing.TPDU{}.Read(reader(nil), 100)
	assert.True(t, err == io.EOF, "bare io.EOF, not %v", err)
}
