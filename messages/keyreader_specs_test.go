package messages_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/padding"
	"github.com/moov-io/iso8583/prefix"
	"github.com/moov-io/iso8583/sort"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/require"
)

// bcdSpec is a specification in BCD with binary bitmaps, as many networks have.
func bcdSpec() *iso8583.MessageSpec {
	bcd := func(length int, pref prefix.Prefixer) *field.Spec {
		return &field.Spec{Length: length, Enc: encoding.BCD, Pref: pref}
	}
	text := func(length int, pref prefix.Prefixer) *field.Spec {
		return &field.Spec{Length: length, Enc: encoding.ASCII, Pref: pref}
	}
	binary := func(length int, pref prefix.Prefixer) *field.Spec {
		return &field.Spec{Length: length, Enc: encoding.Binary, Pref: pref}
	}
	zeros := bcd(6, prefix.BCD.Fixed)
	zeros.Pad = padding.Left('0')

	return &iso8583.MessageSpec{Fields: map[int]field.Field{
		0:  field.NewString(bcd(4, prefix.BCD.Fixed)),
		1:  field.NewBitmap(&field.Spec{Enc: encoding.Binary, Pref: prefix.Binary.Fixed}),
		2:  field.NewString(bcd(19, prefix.BCD.LL)),
		3:  field.NewString(bcd(6, prefix.BCD.Fixed)),
		4:  field.NewString(bcd(12, prefix.BCD.Fixed)),
		7:  field.NewString(bcd(10, prefix.BCD.Fixed)),
		11: field.NewString(bcd(6, prefix.BCD.Fixed)),
		12: field.NewNumeric(zeros),
		13: field.NewString(bcd(4, prefix.BCD.Fixed)),
		14: field.NewString(bcd(4, prefix.BCD.Fixed)),
		18: field.NewString(bcd(4, prefix.BCD.Fixed)),
		22: field.NewString(bcd(3, prefix.BCD.Fixed)),
		25: field.NewString(bcd(2, prefix.BCD.Fixed)),
		32: field.NewString(bcd(11, prefix.BCD.LL)),
		35: field.NewString(&field.Spec{
			Length: 37, Enc: encoding.LBCD, Pref: prefix.BCD.LL, Pad: padding.Right('0'),
			Packer: field.Track2Packer{}, Unpacker: field.Track2Unpacker{},
		}),
		37:  field.NewString(text(12, prefix.ASCII.Fixed)),
		38:  field.NewString(text(6, prefix.ASCII.Fixed)),
		39:  field.NewString(text(2, prefix.ASCII.Fixed)),
		41:  field.NewString(text(8, prefix.ASCII.Fixed)),
		42:  field.NewString(text(15, prefix.ASCII.Fixed)),
		43:  field.NewString(text(40, prefix.ASCII.Fixed)),
		48:  field.NewBinary(binary(255, prefix.Binary.L)),
		49:  field.NewString(bcd(3, prefix.BCD.Fixed)),
		52:  field.NewBinary(binary(8, prefix.Binary.Fixed)),
		54:  field.NewString(text(120, prefix.BCD.LLL)),
		60:  field.NewHex(binary(999, prefix.Binary.LL)),
		64:  field.NewBinary(binary(8, prefix.Binary.Fixed)),
		70:  field.NewString(bcd(3, prefix.BCD.Fixed)),
		100: field.NewString(bcd(11, prefix.BCD.LL)),
		130: field.NewString(text(20, prefix.ASCII.LL)),
	}}
}

// mixedSpec has what the others do not: EBCDIC of both kinds, composites of all
// three sorts, track fields, a type and an unpacker of nobody's, and fields behind
// them.
func mixedSpec() *iso8583.MessageSpec {
	ebcdic := &field.Spec{Length: 6, Enc: encoding.EBCDIC, Pref: prefix.EBCDIC.Fixed}
	text := func(length int) *field.Spec {
		return &field.Spec{Length: length, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed}
	}

	return &iso8583.MessageSpec{Fields: map[int]field.Field{
		0:  field.NewString(&field.Spec{Length: 4, Enc: encoding.EBCDIC, Pref: prefix.EBCDIC.Fixed}),
		1:  field.NewBitmap(&field.Spec{Enc: encoding.Binary, Pref: prefix.Binary.Fixed}),
		2:  field.NewString(&field.Spec{Length: 19, Enc: encoding.EBCDIC1047, Pref: prefix.EBCDIC1047.LL}),
		3:  field.NewNumeric(ebcdic),
		4:  ownField{field.NewString(text(12))},
		5:  field.NewString(&field.Spec{Length: 9, Enc: encoding.ASCII, Pref: prefix.ASCII.L, Unpacker: ownUnpacker}),
		11: field.NewNumeric(ebcdic),
		35: field.NewTrack2(&field.Spec{Length: 37, Enc: encoding.ASCII, Pref: prefix.ASCII.LL}),
		37: field.NewString(&field.Spec{Length: 12, Enc: encoding.EBCDIC, Pref: prefix.EBCDIC.LL, Pad: padding.Right(' ')}),
		45: field.NewTrack1(&field.Spec{Length: 76, Enc: encoding.ASCII, Pref: prefix.ASCII.LL}),
		48: field.NewComposite(&field.Spec{
			Length: 99, Pref: prefix.EBCDIC.LL,
			Tag: &field.TagSpec{Sort: sort.StringsByInt},
			Subfields: map[string]field.Field{
				"1": field.NewString(text(2)),
				"2": field.NewNumeric(text(3)),
			},
		}),
		55: field.NewComposite(&field.Spec{
			Length: 255, Pref: prefix.BerTLV,
			Tag: &field.TagSpec{Enc: encoding.BerTLVTag, Sort: sort.StringsByHex, SkipUnknownTLVTags: true},
			Subfields: map[string]field.Field{
				"9A":   field.NewString(&field.Spec{Enc: encoding.ASCIIHexToBytes, Pref: prefix.BerTLV}),
				"9F02": field.NewHex(&field.Spec{Enc: encoding.Binary, Pref: prefix.BerTLV}),
			},
		}),
		60: field.NewString(&field.Spec{Length: 50, Enc: encoding.ASCIIHexToBytes, Pref: prefix.Hex.LL}),
		62: field.NewComposite(&field.Spec{
			Length: 99, Pref: prefix.Binary.L,
			Bitmap: field.NewBitmap(&field.Spec{Length: 1, Enc: encoding.Binary, Pref: prefix.Binary.Fixed, DisableAutoExpand: true}),
			Subfields: map[string]field.Field{
				"1": field.NewString(text(4)),
				"8": field.NewString(text(1)),
			},
		}),
		63: field.NewString(&field.Spec{Length: 20, Enc: encoding.BytesToASCIIHex, Pref: prefix.EBCDIC1047.LLL}),
		90: field.NewString(&field.Spec{Length: 300, Enc: encoding.EBCDIC1047, Pref: prefix.BerTLV}),
	}}
}

// ownField is a field of a type that moov's package does not know. It reads its
// String one byte at a time, with a NUL behind.
type ownField struct{ *ownText }

// ownText lets the method String be promoted, which a field named String hides.
type ownText = field.String

func (f ownField) NewInstance() field.Field { return ownField{field.NewString(f.Spec())} }

func (f ownField) Pack() ([]byte, error) { return append([]byte(f.Value()), 0), nil }

func (f ownField) Unpack(data []byte) (int, error) {
	text, _, found := strings.Cut(string(data), "\x00")
	if !found {
		return 0, errors.New("no NUL")
	}

	f.SetValue(text)

	return len(text) + 1, nil
}

// ownUnpacker reads one byte more than the length says, and drops it.
var ownUnpacker = field.UnpackerFunc(func(data []byte, spec *field.Spec) ([]byte, int, error) {
	size, head, err := spec.Pref.DecodeLength(spec.Length, data)
	if err != nil {
		return nil, 0, err
	}

	return data[head : head+size], head + size + 1, nil
})

// fixedBitmapSpec has one short bitmap that announces no other.
func fixedBitmapSpec() *iso8583.MessageSpec {
	text := func(length int) *field.Spec {
		return &field.Spec{Length: length, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed}
	}

	mti := text(4)
	mti.Pad = padding.Left('0')

	return &iso8583.MessageSpec{Fields: map[int]field.Field{
		0: field.NewNumeric(mti),
		1: field.NewBitmap(&field.Spec{
			Length: 3, Enc: encoding.BytesToASCIIHex, Pref: prefix.Hex.Fixed, DisableAutoExpand: true,
		}),
		2:  field.NewString(&field.Spec{Length: 19, Enc: encoding.ASCII, Pref: prefix.ASCII.LL}),
		9:  field.NewString(text(3)),
		11: field.NewString(text(6)),
		24: field.NewString(text(3)),
		33: field.NewString(text(3)), // no bit announces it
	}}
}

// shortBitmapSpec has bitmaps of two bytes, each announcing the next one.
func shortBitmapSpec() *iso8583.MessageSpec {
	text := func(length int) *field.Spec {
		return &field.Spec{Length: length, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed}
	}
	fields := map[int]field.Field{
		0: field.NewHex(&field.Spec{Length: 2, Enc: encoding.Binary, Pref: prefix.Binary.Fixed}),
		1: field.NewBitmap(&field.Spec{Length: 2, Enc: encoding.Binary, Pref: prefix.Binary.Fixed}),
	}

	for _, id := range []int{2, 11, 16, 18, 32, 34, 66, 70, 130} {
		fields[id] = field.NewString(text(id%5 + 1))
	}

	return &iso8583.MessageSpec{Fields: fields}
}

// foreignBitmapSpec has bitmaps that only moov's own code reads.
func foreignBitmapSpec() *iso8583.MessageSpec {
	spec := shortBitmapSpec()
	spec.Fields[1] = field.NewBitmap(&field.Spec{Length: 4, Enc: encoding.EBCDIC, Pref: prefix.EBCDIC.Fixed})

	return spec
}

// namedSpecs are all specifications of the tests and of moov's package specs.
func namedSpecs() map[string]*iso8583.MessageSpec {
	return map[string]*iso8583.MessageSpec{
		"Spec87":        iso8583.Spec87,
		"Spec87ASCII":   specs.Spec87ASCII,
		"Spec87Hex":     specs.Spec87Hex,
		"bcd":           bcdSpec(),
		"mixed":         mixedSpec(),
		"fixedBitmap":   fixedBitmapSpec(),
		"shortBitmap":   shortBitmapSpec(),
		"foreignBitmap": foreignBitmapSpec(),
	}
}

// pack packs a message with moov's own fields. It does not use Message.Pack, which
// refuses every field that is fixed by prefix.Hex.Fixed, so all of Spec87Hex.
func pack(tb testing.TB, spec *iso8583.MessageSpec, mti string, values map[int]string) []byte {
	tb.Helper()

	frame, err := packFields(spec, mti, values)
	require.NoError(tb, err)

	return frame
}

func packFields(spec *iso8583.MessageSpec, mti string, values map[int]string) ([]byte, error) {
	bitmap, _ := field.NewInstanceOf(spec.Fields[1]).(*field.Bitmap)
	for id := range values {
		bitmap.Set(id)
	}

	packedBitmap, err := bitmap.Pack()
	if err != nil {
		return nil, err
	}

	frame, err := packField(spec.Fields[0], mti)
	if err != nil {
		return nil, err
	}

	frame = append(frame, packedBitmap...)

	for id := 2; id <= bitmap.Len(); id++ {
		value, ok := values[id]
		if !ok {
			continue
		}

		packed, err := packField(spec.Fields[id], value)
		if err != nil {
			return nil, err
		}

		frame = append(frame, packed...)
	}

	return frame, nil
}

func packField(specField field.Field, value string) ([]byte, error) {
	f := field.NewInstanceOf(specField)

	if spec := f.Spec(); spec.Pref == prefix.Hex.Fixed && spec.Enc == encoding.BytesToASCIIHex {
		content := []byte(value)
		if spec.Pad != nil {
			content = spec.Pad.Pad(content, spec.Length)
		}

		return spec.Enc.Encode(content)
	}

	if err := f.SetBytes([]byte(value)); err != nil {
		return nil, err
	}

	return f.Pack()
}
