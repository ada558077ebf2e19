package messages_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/isolink-go/isolink/messages"
	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/padding"
	"github.com/moov-io/iso8583/prefix"
	"github.com/moov-io/iso8583/sort"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// ownPrefixer calls itself ASCII.LL, and is not: its digits count down from 99.
type ownPrefixer struct{ prefix.Prefixer }

func (p ownPrefixer) EncodeLength(limit, length int) ([]byte, error) {
	return p.Prefixer.EncodeLength(max(limit, 99), 99-length)
}

func (p ownPrefixer) DecodeLength(_ int, data []byte) (length, read int, err error) {
	length, read, err = p.Prefixer.DecodeLength(99, data)

	return 99 - length, read, err
}

// ownEncoder wraps an encoder in a type that is not of moov's package, and cannot
// be compared.
type ownEncoder struct {
	encoding.Encoder
	_ []byte
}

// ownPadder wraps a padder likewise.
type ownPadder struct{ padding.Padder }

func allPrefixers() []prefix.Prefixer {
	all := []prefix.Prefixer{prefix.BerTLV, prefix.None.Fixed, ownPrefixer{prefix.ASCII.LL}}

	for _, p := range []prefix.Prefixers{
		prefix.ASCII, prefix.EBCDIC, prefix.EBCDIC1047, prefix.BCD, prefix.Binary, prefix.Hex,
	} {
		all = append(all, p.Fixed, p.L, p.LL, p.LLL, p.LLLL, p.LLLLL, p.LLLLLL)
	}

	return all
}

func allEncoders() []encoding.Encoder {
	return []encoding.Encoder{
		encoding.ASCII, encoding.EBCDIC, encoding.EBCDIC1047, encoding.Binary, encoding.BCD, encoding.LBCD,
		encoding.BytesToASCIIHex, encoding.ASCIIHexToBytes, encoding.BerTLVTag,
		ownEncoder{Encoder: encoding.ASCII},
	}
}

func allPadders() []padding.Padder {
	return []padding.Padder{
		nil, nil, padding.None, padding.Left('0'), padding.Left(' '), padding.Right('0'), padding.Right('F'),
		padding.Left('\u00e9'), padding.Right('\ufffd'), padding.Left(0),
		ownPadder{padding.Left('0')},
	}
}

func allUnpackers() []field.Unpacker {
	return []field.Unpacker{nil, nil, nil, field.Track2Unpacker{}, &field.Track2Unpacker{}, ownUnpacker}
}

func allTypes() map[string]func(*field.Spec) field.Field {
	return map[string]func(*field.Spec) field.Field{
		"String":     func(s *field.Spec) field.Field { return field.NewString(s) },
		"Numeric":    func(s *field.Spec) field.Field { return field.NewNumeric(s) },
		"Binary":     func(s *field.Spec) field.Field { return field.NewBinary(s) },
		"Hex":        func(s *field.Spec) field.Field { return field.NewHex(s) },
		"Track1":     func(s *field.Spec) field.Field { return field.NewTrack1(s) },
		"Track2":     func(s *field.Spec) field.Field { return field.NewTrack2(s) },
		"Track3":     func(s *field.Spec) field.Field { return field.NewTrack3(s) },
		"positional": newPositional,
		"tagged":     newTagged,
		"own":        func(s *field.Spec) field.Field { return ownField{field.NewString(s)} },
	}
}

func newPositional(s *field.Spec) field.Field {
	sub := &field.Spec{Length: 2, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed}

	return field.NewComposite(&field.Spec{
		Length: s.Length, Pref: s.Pref, Tag: &field.TagSpec{Sort: sort.StringsByInt},
		Subfields: map[string]field.Field{"1": field.NewString(sub), "2": field.NewNumeric(sub)},
	})
}

func newTagged(s *field.Spec) field.Field {
	return field.NewComposite(&field.Spec{
		Length: s.Length, Pref: s.Pref,
		Tag: &field.TagSpec{Length: 2, Enc: encoding.ASCII, Sort: sort.StringsByInt},
		Subfields: map[string]field.Field{
			"01": field.NewString(&field.Spec{Length: 9, Enc: encoding.ASCII, Pref: prefix.ASCII.L}),
		},
	})
}

// guard keeps moov from allocating what a length says before it looks at the
// data: its LBCD decoder does, and BER-TLV without a limit lets any length pass.
func guard(s *field.Spec) *field.Spec {
	if s.Pref == prefix.BerTLV && s.Enc == encoding.LBCD {
		s.Length = max(1, s.Length)
	}

	return s
}

// rawField makes bytes that look like a field with this prefix: a length that may
// fit, now and then of another kind, and content in some encoding.
func rawField(rnd *rand.Rand, pref prefix.Prefixer) []byte {
	length := rnd.IntN(14)
	digits := 1 + rnd.IntN(6)
	decimal := fmt.Appendf(nil, "%0*d", digits, length)

	var raw []byte

	switch rnd.IntN(16) {
	case 0:
		raw = decimal
	case 1:
		raw, _ = encoding.EBCDIC.Encode(decimal)
	case 2:
		raw, _ = encoding.BCD.Encode(decimal)
	case 3:
		raw = append(make([]byte, digits-1), byte(length))
	case 4:
		raw = fmt.Appendf(nil, "%0*x", 2*digits, length)
	case 5:
		raw = append([]byte{0x80 | byte(digits)}, append(make([]byte, digits-1), byte(length))...)
	default:
		raw, _ = pref.EncodeLength(max(length, 20), length)
	}

	if len(raw) > 0 && rnd.IntN(4) == 0 {
		raw[rnd.IntN(len(raw))] = "+-\x4e\x60\x80\xffG\x1f\xf1 "[rnd.IntN(10)]
	}

	content := []string{"0123456789", "AFaf09", "\x00\x12\x34\x56\x78\x90", "\xf0\xf1\xf9\x4e", "\x5f\x05\xff\x9a", "=D^?"}[rnd.IntN(6)]
	for range rnd.IntN(30) {
		raw = append(raw, content[rnd.IntN(len(content))])
	}

	return raw
}

// Random specifications, random messages of them, and what damage makes of those.
func TestKeyReaderAgreesWithMoovOnRandomSpecs(t *testing.T) {
	t.Parallel()

	read := 0

	rapid.Check(t, func(t *rapid.T) {
		spec, fields := drawSpec(t)

		reader, err := messages.NewKeyReader(spec, fields...)
		if err != nil {
			require.ErrorIs(t, err, messages.ErrKeyFieldRefused) // behind the only bitmap
			t.Skip("refused")
		}

		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))

		for range 10 {
			frame := damagedFrame(rnd, spec, fields)

			for range 6 {
				if agree(t, spec, reader, fields, frame) < 0 {
					read++
				}

				frame = mutate(rnd, frame)
			}
		}
	})

	assert.Greater(t, read, 10)
}

// drawSpec draws a specification and key fields of it.
func drawSpec(t *rapid.T) (*iso8583.MessageSpec, []int) {
	text := &field.Spec{Length: 4, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed}
	bcd := &field.Spec{Length: 4, Enc: encoding.BCD, Pref: prefix.BCD.Fixed, Pad: padding.Left('0')}
	bytes := &field.Spec{Length: 2, Enc: encoding.Binary, Pref: prefix.Binary.Fixed}

	spec := &iso8583.MessageSpec{Fields: map[int]field.Field{
		0: rapid.SampledFrom([]field.Field{
			field.NewString(text), field.NewNumeric(text), field.NewNumeric(bcd), field.NewHex(bytes), field.NewBinary(bytes),
		}).Draw(t, "MTI"),
		1: field.NewBitmap(rapid.SampledFrom([]*field.Spec{
			{Length: 8, Enc: encoding.Binary, Pref: prefix.Binary.Fixed},
			{Length: 16, Enc: encoding.BytesToASCIIHex, Pref: prefix.Hex.Fixed},
			{Length: 1, Enc: encoding.Binary, Pref: prefix.Hex.Fixed},
			{Length: 3, Enc: encoding.BytesToASCIIHex, Pref: prefix.ASCII.Fixed},
			{Length: 2, Enc: encoding.Binary, Pref: prefix.BCD.Fixed, DisableAutoExpand: true},
			{Length: 9, Enc: encoding.BytesToASCIIHex, Pref: prefix.Binary.Fixed, DisableAutoExpand: true},
			{Length: 4, Enc: encoding.EBCDIC, Pref: prefix.EBCDIC.Fixed},
			{Length: 2, Enc: encoding.Binary, Pref: prefix.None.Fixed, DisableAutoExpand: true},
			{Length: 20, Enc: encoding.Binary, Pref: prefix.Binary.L},
			{Enc: encoding.ASCIIHexToBytes, Pref: prefix.Binary.Fixed},
		}).Draw(t, "bitmap")),
	}}

	ids := rapid.SliceOfNDistinct(rapid.IntRange(3, 80), 1, 12, rapid.ID).Draw(t, "ids")
	types := allTypes()

	for _, id := range ids {
		kind := rapid.SampledFrom([]string{
			"String", "String", "String", "Numeric", "Numeric", "Binary", "Hex",
			"Track1", "Track2", "Track3", "positional", "tagged", "own",
		}).Draw(t, "type")

		spec.Fields[id] = types[kind](guard(&field.Spec{
			Length:   rapid.SampledFrom([]int{-1, 0, 1, 2, 4, 5, 6, 9, 12, 40}).Draw(t, "length"),
			Enc:      rapid.SampledFrom(allEncoders()).Draw(t, "encoder"),
			Pref:     rapid.SampledFrom(allPrefixers()).Draw(t, "prefixer"),
			Pad:      rapid.SampledFrom(allPadders()).Draw(t, "padder"),
			Unpacker: rapid.SampledFrom(allUnpackers()).Draw(t, "unpacker"),
		}))
	}

	return spec, drawKeyFields(t, spec, ids)
}

// drawKeyFields draws key fields among ids, mostly such as can be packed: most of
// what can be combined at random cannot.
func drawKeyFields(t *rapid.T, spec *iso8583.MessageSpec, ids []int) []int {
	fields := slices.DeleteFunc(ids, func(id int) bool {
		return slices.Contains([]int{14, 34, 35, 36, 45, 52, 53, 55, 64}, id)
	})
	if len(fields) == 0 {
		spec.Fields[3] = field.NewString(&field.Spec{Length: 4, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed})
		fields = []int{3}
	}

	if rapid.IntRange(0, 9).Draw(t, "any key") > 0 {
		probe := rand.New(rand.NewPCG(1, 1))
		good := slices.DeleteFunc(slices.Clone(fields), func(id int) bool {
			_, _, ok := randomField(probe, spec.Fields[id])

			return !ok
		})

		if len(good) > 0 {
			fields = good
		}
	}

	return fields[:rapid.IntRange(1, min(3, len(fields))).Draw(t, "keys")]
}

// damagedFrame makes a frame with most fields of spec, all of fields among them,
// packed by moov where that works.
func damagedFrame(rnd *rand.Rand, spec *iso8583.MessageSpec, fields []int) []byte {
	bitmap, _ := field.NewInstanceOf(spec.Fields[1]).(*field.Bitmap)
	content := []byte{}

	for id := 2; id <= 80; id++ {
		f := spec.Fields[id]
		if f == nil || bitmap.IsBitmapPresenceBit(id) {
			continue
		}

		_, packed, ok := randomField(rnd, f)
		if !ok {
			if rnd.IntN(4) > 0 && !slices.Contains(fields, id) {
				continue
			}

			packed = rawField(rnd, f.Spec().Pref)
		}

		if bitmap.Set(id); bitmap.IsSet(id) {
			content = append(content, packed...)
		}
	}

	frame := []byte("0200")

	switch spec.Fields[0].(type) {
	case *field.Hex, *field.Binary:
		frame = []byte{0x02, 0x00}
	}

	if spec.Fields[0].Spec().Enc == encoding.BCD {
		frame = []byte{0x02, 0x00}
	}

	if packed, err := bitmap.Pack(); err == nil {
		frame = append(frame, packed...)
	}

	return append(frame, content...)
}
