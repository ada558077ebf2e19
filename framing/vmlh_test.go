package framing_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/moov-io/iso8583/network"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

func TestVMLHReadsAsMoov(t *testing.T) {
	for _, wire := range []string{
		"\x00\x04\x00\x00" + "0800", "\x00\x04\x00\x20" + "0800", "\x00\x04\xff\x20" + "0800", "\x00\x04\x00\x29" + "0800",
		"\x00\x04\x00\x12" + "0800", "\x00\x00\x00\x20", "\x00\x00\x00\x00",
	} {
		moov := network.NewVMLHeader()
		_, err := moov.ReadFrom(bytes.NewReader([]byte(wire)))
		require.NoError(t, err)
		header, body, err := framing.VMLH{}.Read(reader([]byte(wire)), 100)
		require.NoError(t, err)
		want := frame{body: wire[4:]}
		if moov.IsSessionControl {
			want = frame{header: wire[4:]}
		}
		assert.Equal(t, want, frame{string(header), string(body)}, "%q", wire)
		assert.Equal(t, moov.Length(), len(header)+len(body))
	}
}

func TestVMLHWritesAsMoov(t *testing.T) {
	moov := network.NewVMLHeader()
	require.NoError(t, moov.SetLength(4))
	var want bytes.Buffer
	_, err := moov.WriteTo(&want)
	require.NoError(t, err)
	want.WriteString("0800")
	wire, err := framing.VMLH{}.Append(nil, []byte("08"), []byte("00"))
	require.NoError(t, err)
	assert.Equal(t, want.String(), string(wire))
}

// 2,048 bytes are the most, whatever the limit.
func TestVMLHMaximum(t *testing.T) {
	_, _, err := framing.VMLH{}.Read(reader([]byte("\x08\x01\x00\x00")), 65_535)
	require.ErrorIs(t, err, framing.ErrTooLarge)
	assert.Equal(t, 2_048, asError(t, err).Max)
	assert.Equal(t, 2_049, asError(t, err).Size)

	// Of session control as of messages.
	_, _, err = framing.VMLH{}.Read(reader([]byte("\x00\x05\x00\x20")), 4)
	require.ErrorIs(t, err, framing.ErrTooLarge)

	_, _, err = framing.VMLH{}.Read(reader([]byte("\x00\x05\x00\x20"+"0800")), 5)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}
