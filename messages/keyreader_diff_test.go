package messages_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/isolink-go/isolink/messages"
	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/field"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// keyFieldSets are lists of key fields to try with any specification.
var keyFieldSets = [][]int{{11}, {41, 11}, {7, 11, 37}, {37}, {48, 11}, {130}, {70, 11}, {66, 2 + 16, 34}, {24, 9}, {60, 62, 63}, {90, 4, 5, 3}}

type keyCase struct {
	reader *messages.KeyReader
	fields []int
}

// keyCases returns the readers with those sets that the specification has.
func keyCases(t testing.TB, spec *iso8583.MessageSpec) []keyCase {
	t.Helper()

	var cases []keyCase

	for _, fields := range keyFieldSets {
		if reader, err := messages.NewKeyReader(spec, fields...); err == nil {
			cases = append(cases, keyCase{reader, fields})
		}
	}

	require.NotEmpty(t, cases)

	return cases
}

// randomFrame packs a message with a random choice of fields and values, which all
// can be unpacked.
func randomFrame(t testing.TB, rnd *rand.Rand, spec *iso8583.MessageSpec) []byte {
	t.Helper()

	values := map[int]string{}
	bitmap, _ := spec.Fields[1].(*field.Bitmap)

	for _, id := range slices.Sorted(maps.Keys(spec.Fields)) {
		f := spec.Fields[id]
		if id < 2 || bitmap.IsBitmapPresenceBit(id) || rnd.IntN(3) == 0 {
			continue
		}

		if value, _, ok := randomField(rnd, f); ok {
			values[id] = value
		}
	}

	mti := []string{"0100", "0110", "0200", "0211", "0421", "0430", "0800", "1814"}[rnd.IntN(8)]
	if hex, ok := spec.Fields[0].(*field.Hex); ok {
		hex = field.NewHex(hex.Spec())
		hex.SetValue(mti)
		raw, _ := hex.Bytes()
		mti = string(raw)
	}

	return pack(t, spec, mti, values)
}

// randomField packs f with a random value. It returns false if it finds none that
// can be packed and unpacked again.
func randomField(rnd *rand.Rand, f field.Field) (value string, packed []byte, ok bool) {
	for range 20 {
		value := randomValue(rnd, f)

		packed, err := packField(f, value)
		if err != nil {
			continue
		}

		if _, size, err := unpackOne(f, packed, true); err == nil && size == len(packed) {
			return value, packed, true
		}
	}

	return "", nil, false
}

var samples = map[string][]string{
	"track1":    {"B4111111111111111^DOE/JOHN                  ^29121010000000000000"},
	"track2":    {"4111111111111111=29121011234", "4111111111111111D29121011"},
	"composite": {"AB123", "CD999", "\x80ABCD", "\x81ABCDZ", "\x9a\x03\x29\x12\x31\x9f\x02\x02\x12\x34", "\x5f\x2a\x01\x01"},
}

func randomValue(rnd *rand.Rand, f field.Field) string {
	sample := func(kind string) string { return samples[kind][rnd.IntN(len(samples[kind]))] }

	switch f.(type) {
	case *field.Track1:
		return sample("track1")
	case *field.Track2:
		return sample("track2")
	case *field.Composite:
		return sample("composite")
	}

	alphabet := []string{"0123456789", "0123456789", "0000000009", "0123456789ABCDEFabcdef=", "ABC xyz 0123 +-'\x00"}[rnd.IntN(5)]

	length := max(0, f.Spec().Length)
	if rnd.IntN(3) == 0 {
		length = rnd.IntN(length + 1)
	}

	value := make([]byte, min(length, 200))
	for i := range value {
		value[i] = alphabet[rnd.IntN(len(alphabet))]
	}

	return string(value)
}

// mutate damages a frame, mostly near its beginning, where what matters is.
func mutate(rnd *rand.Rand, frame []byte) []byte {
	frame = slices.Clone(frame)

	for range 1 + rnd.IntN(3) {
		if len(frame) == 0 {
			return frame
		}

		at := rnd.IntN(min(len(frame), 8<<rnd.IntN(6)))

		switch rnd.IntN(6) {
		case 0:
			frame = frame[:at]
		case 1:
			frame = slices.Insert(frame, at, byte(rnd.IntN(256)))
		case 2:
			frame = slices.Delete(frame, at, at+1)
		case 3:
			frame[at] ^= 1 << rnd.IntN(8)
		case 4:
			frame[at] = "0129-+ =AFaf\x00\xf0\xff\x80\x8f"[rnd.IntN(17)]
		default:
			frame[at] = byte(rnd.IntN(256))
		}
	}

	return frame
}

func TestKeyReaderAgreesWithMoov(t *testing.T) {
	t.Parallel()

	for name, spec := range namedSpecs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			rnd := rand.New(rand.NewPCG(1, 2))
			read, failed := 0, map[int]int{}

			for _, c := range keyCases(t, spec) {
				for range 10 {
					frame := randomFrame(t, rnd, spec)
					agree(t, spec, c.reader, c.fields, frame)

					for range 50 {
						if at := agree(t, spec, c.reader, c.fields, mutate(rnd, frame)); at < 0 {
							read++
						} else {
							failed[min(at, 2)]++
						}
					}
				}
			}

			// All kinds of ends were met, so that agreeing means something.
			assert.Greater(t, read, 40)

			for at := range 3 {
				assert.Greater(t, failed[at], 20, "failures at field %d", at)
			}
		})
	}
}

func TestKeyReaderAgreesWithMoovOnTruncatedFrames(t *testing.T) {
	t.Parallel()

	for name, spec := range namedSpecs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			rnd := rand.New(rand.NewPCG(3, 4))

			for _, c := range keyCases(t, spec) {
				frame := randomFrame(t, rnd, spec)

				for end := range min(len(frame), 700) {
					agree(t, spec, c.reader, c.fields, frame[:end])
				}
			}
		})
	}
}
