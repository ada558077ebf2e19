package messages_test

import (
	"errors"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
	"github.com/stretchr/testify/require"
)

// failing is a field whose own code fails in all ways that there are.
type failing struct {
	*ownText
	size      int
	err       error
	panics    bool
	stringErr error
}

func (f failing) NewInstance() field.Field { return f }

func (f failing) Unpack(data []byte) (int, error) {
	if f.panics {
		panic("cannot unpack " + string(data))
	}

	return f.size, f.err
}

func (f failing) String() (string, error) { return "123", f.stringErr }

func TestKeyReaderContainsForeignCode(t *testing.T) {
	t.Parallel()

	text := field.NewString(&field.Spec{Length: 6, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed})
	leak := errors.New("cannot read " + keyPAN)

	for _, c := range []struct {
		name  string
		field field.Field
		want  string
	}{
		{"panic", failing{panics: true}, "panic in the field's own code (string)"},
		{"error", failing{err: leak}, "refused by the field's own code"},
		{"too many", failing{size: 100}, "the field's own code read more than there is"},
		{"negative", failing{size: -1}, "the field's own code read more than there is"},
		{"no spec", field.NewString(nil), "panic in the field's own code (runtime.errorString)"},
		{"no prefixer", field.NewString(&field.Spec{Enc: encoding.ASCII}), "panic in the field's own code (runtime.errorString)"},
		{"no encoder", field.NewString(&field.Spec{Pref: prefix.ASCII.Fixed}), "panic in the field's own code (runtime.errorString)"},
	} {
		spec := &iso8583.MessageSpec{Fields: map[int]field.Field{
			0: text.NewInstance(), 1: field.NewBitmap(&field.Spec{Enc: encoding.Binary, Pref: prefix.Binary.Fixed}),
			5: c.field, 11: text,
		}}
		spec.Fields[0] = field.NewString(&field.Spec{Length: 4, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed})

		for _, fields := range [][]int{{11}, {5}, {11, 5}} {
			_, _, err := newReader(t, spec, fields...).Read([]byte("0200\x08\x20\x00\x00\x00\x00\x00\x00" + keyPAN))
			require.ErrorContains(t, err, "no key: 0200 (class 2): field 5: at offset 12: "+c.want[:5], c.name)
			require.ErrorContains(t, err, c.want, c.name)
			require.NotErrorIs(t, err, leak, c.name)
		}
	}

	spec := &iso8583.MessageSpec{Fields: map[int]field.Field{
		0:  text,
		1:  field.NewBitmap(&field.Spec{Enc: encoding.Binary, Pref: prefix.Binary.Fixed}),
		11: failing{stringErr: leak},
	}}
	spec.Fields[0] = field.NewString(&field.Spec{Length: 4, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed})
	_, _, err := newReader(t, spec).Read([]byte("0200\x00\x20\x00\x00\x00\x00\x00\x00"))
	require.EqualError(t, err, "no key: 0200 (class 2): field 11: at offset 12: refused by the field's own code")
}

func TestKeyReaderContainsForeignBitmaps(t *testing.T) {
	t.Parallel()

	text := field.NewString(&field.Spec{Length: 4, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed})

	for name, c := range map[string]struct {
		bitmap *field.Bitmap
		want   string
	}{
		"panics":  {field.NewBitmap(&field.Spec{Enc: encoding.Binary}), "panic in the field's own code (runtime.errorString)"},
		"refuses": {field.NewBitmap(&field.Spec{Enc: encoding.EBCDIC, Pref: prefix.EBCDIC.LL}), "refused by the field's own code"},
		"lies":    {field.NewBitmap(&field.Spec{Enc: lyingEncoder{}, Pref: prefix.ASCII.Fixed}), "the field's own code read more than there is"},
	} {
		spec := &iso8583.MessageSpec{Fields: map[int]field.Field{0: text, 1: c.bitmap, 11: text}}

		_, _, err := newReader(t, spec).Read([]byte("0200123456781234"))
		require.EqualError(t, err, "no key: 0200 (class 2): field 1: at offset 4: "+c.want, name)
	}
}

// lyingEncoder says that it read more than there is.
type lyingEncoder struct{}

func (lyingEncoder) Encode(data []byte) ([]byte, error) { return data, nil }

func (lyingEncoder) Decode(data []byte, length int) ([]byte, int, error) {
	return make([]byte, length), len(data) + 1, nil
}
