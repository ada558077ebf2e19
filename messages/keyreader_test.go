package messages_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/isolink-go/isolink/messages"
	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/padding"
	"github.com/moov-io/iso8583/prefix"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func newReader(tb testing.TB, spec *iso8583.MessageSpec, fields ...int) *messages.KeyReader {
	tb.Helper()

	reader, err := messages.NewKeyReader(spec, fields...)
	require.NoError(tb, err)

	return reader
}

func TestKeyReaderReads(t *testing.T) {
	t.Parallel()

	for _, c := range typicalCases() {
		reader := newReader(t, c.spec, c.fields...)
		request := pack(t, c.spec, "0201", typical())

		answer := typical()
		delete(answer, 43)
		answer[39] = "00"
		response := pack(t, c.spec, "0210", answer)

		mtiRequest, keyRequest, err := reader.Read(request)
		require.NoError(t, err, c.name)

		mtiResponse, keyResponse, err := reader.Read(response)
		require.NoError(t, err, c.name)

		assert.Equal(t, mti("0201"), mtiRequest, c.name)
		assert.Equal(t, mti("0210"), mtiResponse, c.name)
		assert.Equal(t, keyRequest, keyResponse, c.name)

		var values []string
		for _, id := range c.fields {
			values = append(values, typical()[id])
		}

		assert.Equal(t, newKey(t, "0200", values...), keyRequest, c.name)
		assert.Equal(t, "0200/0210:"+strings.Join(values, ":"), keyRequest.String(), c.name)
	}
}

func TestKeyReaderTakesField11ByDefault(t *testing.T) {
	t.Parallel()

	_, key, err := newReader(t, bcdSpec()).Read(pack(t, bcdSpec(), "0200", typical()))

	require.NoError(t, err)
	assert.Equal(t, newKey(t, "0200", "000123"), key)
}

// A Numeric field loses its leading zeros, and the MTI gets them back.
func TestKeyReaderTakesCanonicalValues(t *testing.T) {
	t.Parallel()

	four := &field.Spec{Length: 4, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed, Pad: padding.Left('0')}
	six := &field.Spec{Length: 6, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed}

	for name, typeOf := range map[string]func(*field.Spec) field.Field{
		"Numeric": allTypes()["Numeric"], "String": allTypes()["String"],
	} {
		spec := &iso8583.MessageSpec{Fields: map[int]field.Field{
			0:  typeOf(four),
			1:  field.NewBitmap(&field.Spec{Enc: encoding.Binary, Pref: prefix.Binary.Fixed}),
			11: field.NewNumeric(six),
		}}

		got, key, err := newReader(t, spec).Read([]byte("0010\x00\x20\x00\x00\x00\x00\x00\x00000123"))
		require.NoError(t, err, name)
		assert.Equal(t, mti("0010"), got, name)
		assert.Equal(t, "0000/0010:123", key.String(), name)
	}
}

// Twelve key fields are more than Read has room for without allocating, and need
// a digest.
func TestKeyReaderWithManyFields(t *testing.T) {
	t.Parallel()

	fields := []int{49, 43, 42, 41, 37, 32, 25, 22, 18, 13, 11, 7, 3}
	spec := bcdSpec()
	reader := newReader(t, spec, fields...)
	frame := pack(t, spec, "0200", typical())

	_, key, err := reader.Read(frame)
	require.NoError(t, err)
	assert.Contains(t, key.String(), "sha256=")
	agree(t, spec, reader, fields, frame)

	other := typical()
	other[3] = "000001"
	_, otherKey, err := reader.Read(pack(t, spec, "0200", other))
	require.NoError(t, err)
	assert.NotEqual(t, key, otherKey)
}

func TestKeyReaderErrors(t *testing.T) {
	t.Parallel()

	ascii := newReader(t, iso8583.Spec87)
	fixed := newReader(t, fixedBitmapSpec())
	bcd := newReader(t, bcdSpec(), 7, 11, 12)

	for _, c := range []struct {
		name   string
		reader *messages.KeyReader
		body   string
		want   string
	}{
		{"nothing", ascii, "", "no key: field 0: at offset 0: not enough data"},
		{"short MTI", ascii, "020", "no key: field 0: at offset 0: not enough data"},
		{"MTI not digits", ascii, "ISO0", "no key: field 0: at offset 0: not four digits"},
		{"MTI not ASCII", ascii, "\xf0\xf2\xf0\xf0", "no key: field 0: at offset 0: content is not in the specification's encoding"},
		{"Numeric MTI", fixed, "-1  ", "no key: field 0: at offset 0: content is not a number"},
		{"no bitmap", ascii, "0200", "no key: 0200 (class 2): field 1: at offset 4: not enough data"},
		{"bitmap not hex", ascii, "02000020000000000000X", "no key: 0200 (class 2): field 11: at offset 20: not enough data"},
		{"bitmap not hex", ascii, "0200002000000000000X", "no key: 0200 (class 2): field 1: at offset 4: content is not in the specification's encoding"},
		{"bitmap begins badly", ascii, "0200X020000000000000", "no key: 0200 (class 2): field 1: at offset 4: content is not in the specification's encoding"},
		{"second bitmap", ascii, "02008020000000000000", "no key: 0200 (class 2): field 1: at offset 4: not enough data"},
		{"absent", ascii, "02000000000000000000", "no key: 0200 (class 2): field 11: is not in the message"},
		{"only later fields", fixed, "0200000001", "no key: 0200 (class 2): field 11: is not in the message"},
		{"not in the spec", fixed, "0200080000000123", "no key: 0200 (class 2): field 5: at offset 10: is not in the message specification"},
		{"length of field 2", ascii, "02004020000000000000" + "99", "no key: 0200 (class 2): field 2: at offset 20: length is larger than the specification's maximum"},
		{"length no number", ascii, "02004020000000000000" + "1A", "no key: 0200 (class 2): field 2: at offset 20: length cannot be read"},
		{"short field 2", ascii, "02004020000000000000" + "16" + "411111", "no key: 0200 (class 2): field 2: at offset 20: not enough data"},
		{
			"BCD", bcd,
			"\x02\x00\x02\x30\x00\x00\x00\x00\x00\x00" + "\x11\x22\x09\x30\x0a" + "\x00\x01\x23" + "\x09\x30\x00",
			"no key: 0200 (class 2): field 7: at offset 10: content is not in the specification's encoding",
		},
	} {
		_, key, err := c.reader.Read([]byte(c.body))

		require.EqualError(t, err, c.want, c.name)
		require.ErrorIs(t, err, messages.ErrNoKey, c.name)
		assert.Equal(t, messages.Key{}, key, c.name)
	}
}

// Only four digits are an MTI, and zeros are put back only where they are dropped.
func TestKeyReaderRefusesMTIsOfOtherLengths(t *testing.T) {
	t.Parallel()

	for _, length := range []int{0, 3, 5} {
		spec := bcdSpec()
		spec.Fields[0] = field.NewString(&field.Spec{Length: length, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed})

		got, err := newReader(t, spec).MTI([]byte("02000000000000000"))
		require.EqualError(t, err, "no key: field 0: at offset 0: not four digits")
		assert.Equal(t, messages.MTI{}, got)
	}
}

// Some networks go on with bitmaps where ISO 8583 ends, at 192 fields.
func TestKeyReaderReadsFieldsBehindThe192nd(t *testing.T) {
	t.Parallel()

	spec := bcdSpec()
	spec.Fields[250] = field.NewString(&field.Spec{Length: 3, Enc: encoding.ASCII, Pref: prefix.ASCII.LL})

	values := typical()
	values[250] = "abc"
	frame := pack(t, spec, "0200", values)

	_, key, err := newReader(t, spec, 11, 250).Read(frame)
	require.NoError(t, err)
	assert.Equal(t, newKey(t, "0200", "000123", "abc"), key)
}

// An empty field has no value that could tell one message from another.
func TestKeyReaderRefusesEmptyFields(t *testing.T) {
	t.Parallel()

	spec := bcdSpec()
	values := typical()
	values[48] = ""

	_, _, err := newReader(t, spec, 48).Read(pack(t, spec, "0200", values))
	require.EqualError(t, err, "no key: 0200 (class 2): field 48: is empty")
}

// Damage to the content of a field that is stepped over does not keep a response
// from finding its request.
func TestKeyReaderDoesNotJudgeOtherFields(t *testing.T) {
	t.Parallel()

	rnd := rand.New(rand.NewPCG(7, 8))

	for name, c := range map[string]struct {
		spec     *iso8583.MessageSpec
		fields   []int
		from, to int // of the content of the fields in between
	}{
		"ASCII": {specs.Spec87ASCII, []int{11}, 38, 38 + 16 + 6 + 12 + 10},
		"BCD":   {bcdSpec(), []int{11}, 11, 11 + 8 + 3 + 6 + 5},
	} {
		reader := newReader(t, c.spec, c.fields...)
		frame := pack(t, c.spec, "0210", typical())
		_, want, err := reader.Read(frame)
		require.NoError(t, err, name)

		unpackable := 0

		for range 200 {
			for i := c.from; i < c.to; i++ {
				frame[i] = byte(rnd.IntN(256))
			}

			got, key, err := reader.Read(frame)
			require.NoError(t, err, name)
			require.Equal(t, mti("0210"), got, name)
			require.Equal(t, want, key, name)

			if _, err := messages.Unpack(c.spec, frame); err == nil {
				unpackable++
			}
		}

		assert.Less(t, unpackable, 100, name)
	}
}

func TestKeyReaderKeepsBody(t *testing.T) {
	t.Parallel()

	for _, c := range typicalCases() {
		frame := pack(t, c.spec, "0200", typical())
		before := slices.Clone(frame)

		_, key, err := newReader(t, c.spec, c.fields...).Read(frame)
		require.NoError(t, err)
		require.Equal(t, before, frame, c.name)

		text := key.String()
		clear(frame)
		assert.Equal(t, text, key.String(), c.name)
	}
}

func TestKeyReaderIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()

	rnd := rand.New(rand.NewPCG(9, 10))

	for name, spec := range namedSpecs() {
		for _, c := range keyCases(t, spec)[:1] {
			frames := [][]byte{randomFrame(t, rnd, spec), randomFrame(t, rnd, spec), randomFrame(t, rnd, spec)}

			var group sync.WaitGroup

			for range 4 {
				group.Go(func() {
					for _, frame := range frames {
						agree(assertOnly{t}, spec, c.reader, c.fields, frame)
					}
				})
			}

			group.Wait()
			require.False(t, t.Failed(), name)
		}
	}
}

// assertOnly ends a failed check without ending the goroutine, which only the
// test's own may do.
type assertOnly struct{ *testing.T }

func (assertOnly) FailNow() {}

func TestKeyReaderDoesNotAllocate(t *testing.T) {
	for _, c := range typicalCases() {
		reader := newReader(t, c.spec, c.fields...)
		frame := pack(t, c.spec, "0200", typical())

		var err error

		allocs := testing.AllocsPerRun(200, func() {
			if _, _, e := reader.Read(frame); e != nil {
				err = e
			}
		})

		require.NoError(t, err)
		assert.Zero(t, allocs, c.name)
	}
}
