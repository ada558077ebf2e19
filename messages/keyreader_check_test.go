package messages_test

import (
	"slices"
	"testing"

	"github.com/isolink-go/isolink/messages"
	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNewKeyReaderRefuses(t *testing.T) {
	t.Parallel()

	const largest = 200

	spec := bcdSpec()
	for id := range largest {
		if spec.Fields[id] == nil {
			spec.Fields[id] = field.NewString(&field.Spec{Length: 3, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed})
		}
	}

	spec.Fields[100] = (*field.String)(nil)
	spec.Fields[101] = field.NewBitmap(spec.Fields[1].Spec())
	spec.Fields[-1] = spec.Fields[2]
	refused := []int{-1, 0, 1, 2, 14, 34, 35, 36, 45, 52, 53, 55, 64, 65, 101, 128, 129, 193}

	for id := -1; id < largest; id++ {
		reader, err := messages.NewKeyReader(spec, id)

		var fieldError *messages.KeyFieldError

		switch {
		case slices.Contains(refused, id):
			require.ErrorIs(t, err, messages.ErrKeyFieldRefused, id)
		case id == 100:
			require.ErrorIs(t, err, messages.ErrKeyFieldUnknown)
		default:
			require.NoError(t, err, id)
			require.NotNil(t, reader)

			continue
		}

		require.Nil(t, reader)
		require.ErrorAs(t, err, &fieldError)
		assert.Equal(t, id, fieldError.Field)
	}
}

func TestNewKeyReaderReportsAllFaults(t *testing.T) {
	t.Parallel()

	_, err := messages.NewKeyReader(bcdSpec(), 11, 2, 99, 11)

	require.EqualError(t, err, "key reader: key field 2: cannot be part of a key: it holds the PAN\n"+
		"key field 99: not in the message specification\n"+
		"key field 11: cannot be part of a key: it is given twice")

	_, err = messages.NewKeyReader(fixedBitmapSpec(), 33)
	require.EqualError(t, err, "key reader: key field 33: cannot be part of a key: the bitmap has 24 bits")
}

func TestNewKeyReaderRefusesSpecs(t *testing.T) {
	t.Parallel()

	text := field.NewString(&field.Spec{Length: 4, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed})
	bitmap := field.NewBitmap(&field.Spec{Enc: encoding.Binary, Pref: prefix.Binary.Fixed})

	for name, spec := range map[string]*iso8583.MessageSpec{
		"nil":              nil,
		"empty":            {},
		"no bitmap":        {Fields: map[int]field.Field{0: text, 11: text}},
		"bitmap's type":    {Fields: map[int]field.Field{0: text, 1: text, 11: text}},
		"nil MTI":          {Fields: map[int]field.Field{0: (*field.String)(nil), 1: bitmap, 11: text}},
		"nil bitmap":       {Fields: map[int]field.Field{0: text, 1: (*field.Bitmap)(nil), 11: text}},
		"no spec":          {Fields: map[int]field.Field{0: text, 1: new(field.Bitmap), 11: text}},
		"nil interface":    {Fields: map[int]field.Field{0: text, 1: bitmap, 11: nil}},
		"no field 11":      {Fields: map[int]field.Field{0: text, 1: bitmap}},
		"MTI is no field":  {Fields: map[int]field.Field{0: nil, 1: bitmap, 11: text}},
		"bitmap not field": {Fields: map[int]field.Field{0: text, 1: nil, 11: text}},
	} {
		reader, err := messages.NewKeyReader(spec)

		require.Error(t, err, name)
		assert.Nil(t, reader, name)
	}
}
