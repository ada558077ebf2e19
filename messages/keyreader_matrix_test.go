package messages_test

import (
	"math/rand/v2"
	"testing"

	"github.com/isolink-go/isolink/messages"
	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every prefixer with every encoder, before the key field and as one.
func TestKeyReaderKnowsEveryPrefixerAndEncoder(t *testing.T) {
	t.Parallel()

	rnd := rand.New(rand.NewPCG(5, 6))

	for _, pref := range allPrefixers() {
		read := 0

		for _, enc := range allEncoders() {
			for _, length := range []int{-1, 0, 5, 12} {
				for _, unpacker := range []field.Unpacker{nil, field.Track2Unpacker{}} {
					spec := &field.Spec{Length: length, Enc: enc, Pref: pref, Unpacker: unpacker}
					read += agreeOnField(t, field.NewString(guard(spec)), func() []byte { return rawField(rnd, pref) })
				}
			}
		}

		assert.Greater(t, read, 20, pref.Inspect())
	}
}

// A length with a sign passes moov's decimal prefixers, and a negative odd one
// even a track 2 unpacker.
func TestKeyReaderKnowsSignedLengths(t *testing.T) {
	t.Parallel()

	for _, pref := range []prefix.Prefixers{prefix.ASCII, prefix.EBCDIC, prefix.EBCDIC1047} {
		for _, unpacker := range []field.Unpacker{nil, field.Track2Unpacker{}} {
			for _, length := range []string{"-1", "-0", "+0", "+3", "-3", "--", "+ "} {
				head := []byte(length)
				if pref != prefix.ASCII {
					head, _ = encoding.EBCDIC.Encode(head)
				}

				f := field.NewString(&field.Spec{Length: 9, Enc: encoding.ASCII, Pref: pref.LL, Unpacker: unpacker})
				agreeOnField(t, f, func() []byte { return append(head[:2:2], "1234"...) })
			}
		}
	}
}

// Only padding of one ASCII character is removed byte by byte.
func TestKeyReaderKnowsEveryPadder(t *testing.T) {
	t.Parallel()

	for _, pad := range allPadders() {
		read := 0

		for _, value := range []string{
			"000120", "   1  ", "FF12FF", "000000", "      ", "\x00\x001\x00", "\u00e9\u00e91", "\xc3\xc31", "1\u00e9\xc3",
			"1\xef\xbf\xbd\xbd", "1\xff\xfe", "1\ufffd\ufffd", "\ufffd1",
		} {
			f := field.NewString(&field.Spec{Length: len(value), Enc: encoding.Binary, Pref: prefix.Binary.Fixed, Pad: pad})
			read += agreeOnField(t, f, func() []byte { return []byte(value) })
		}

		assert.Greater(t, read, 50)
	}
}

// agreeOnField compares frames with f as field 5, packed by pack, in front of field
// 11, and returns how many were read.
func agreeOnField(t *testing.T, f field.Field, pack func() []byte) int {
	t.Helper()

	text := func(length int) field.Field {
		return field.NewString(&field.Spec{Length: length, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed})
	}
	spec := &iso8583.MessageSpec{Fields: map[int]field.Field{
		0:  text(4),
		1:  field.NewBitmap(&field.Spec{Enc: encoding.Binary, Pref: prefix.Binary.Fixed}),
		5:  f,
		11: text(6),
	}}
	read := 0

	for _, fields := range [][]int{{11}, {5}, {11, 5}} {
		reader, err := messages.NewKeyReader(spec, fields...)
		require.NoError(t, err)

		for range 4 {
			frame := append([]byte("0200\x08\x20\x00\x00\x00\x00\x00\x00"), pack()...)
			frame = append(frame, "000123"...)

			if agree(t, spec, reader, fields, frame) < 0 {
				read++
			}
		}
	}

	return read
}
