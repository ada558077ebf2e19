package messages_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
	"github.com/moov-io/iso8583/sort"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// chipSpec is specs.Spec87ASCII with the tags of field 55 as fields of their own.
func chipSpec() *iso8583.MessageSpec {
	spec := *specs.Spec87ASCII
	spec.Fields = make(map[int]field.Field)

	for id, f := range specs.Spec87ASCII.Fields {
		spec.Fields[id] = f
	}

	spec.Fields[52] = field.NewBinary(&field.Spec{Length: 8, Description: "PIN", Enc: encoding.Binary, Pref: prefix.Binary.Fixed})

	tag := func() field.Field {
		return field.NewHex(&field.Spec{Description: "tag", Enc: encoding.Binary, Pref: prefix.BerTLV})
	}
	spec.Fields[55] = field.NewComposite(&field.Spec{
		Length: 999, Pref: prefix.ASCII.LLL,
		Tag:       &field.TagSpec{Enc: encoding.BerTLVTag, Sort: sort.StringsByHex},
		Subfields: map[string]field.Field{"5A": tag(), "57": tag(), "9F02": tag()},
	})

	return &spec
}

// describedMessage holds card data in all the places that are known for it, and a PAN
// in one that is not.
func describedMessage(t *testing.T) []byte {
	t.Helper()

	msg := iso8583.NewMessage(chipSpec())
	msg.MTI("0200")

	for id, value := range map[int]string{
		2: keyPAN, 11: "000123", 14: "2912", 35: keyPAN + "=29121010000012345678",
		43: "A SHOP " + keyPAN + "               XX", 48: "CVV2 957", 52: "\x12\x34\x56\x78\x87\x65\x43\x21",
	} {
		require.NoError(t, msg.Field(id, value))
	}

	require.NoError(t, msg.Marshal(&struct {
		F55 *struct {
			F5A, F57, F9F02 *field.Hex
		} `index:"55"`
	}{&struct{ F5A, F57, F9F02 *field.Hex }{
		field.NewHexValue(keyPAN), field.NewHexValue(keyPAN + "D29121010000012345678F"), field.NewHexValue("000000012345"),
	}}))

	frame, err := msg.Pack()
	require.NoError(t, err)

	return frame
}

func TestDescribe(t *testing.T) {
	t.Parallel()

	var out strings.Builder
	require.NoError(t, messages.Describe(&out, chipSpec(), describedMessage(t)))

	text := out.String()
	for _, want := range []string{
		"MTI", ": 0200\n", ": 4111****1111\n", ": 000123\n", ": ****\n", ": A SHOP ****************  ", "000000012345",
	} {
		assert.Contains(t, text, want)
	}

	for _, secret := range []string{keyPAN, "2912", "12345678", "87654321", keyPAN[:8], "957"} {
		assert.NotContains(t, text, secret)
	}
}

func TestDescribeWithFilters(t *testing.T) {
	t.Parallel()

	var out strings.Builder

	hide := iso8583.FilterField("43", func(string, field.Field) string { return "somewhere" })
	require.NoError(t, messages.Describe(&out, chipSpec(), describedMessage(t), hide))
	assert.NotContains(t, out.String(), "A SHOP")
	assert.Contains(t, out.String(), ": somewhere\n")
	assert.NotContains(t, out.String(), keyPAN, "filters come on top")
}

// A short PAN, as of a test card, is not shown at all: a part of it would be most of
// it.
func TestDescribeShortPAN(t *testing.T) {
	t.Parallel()

	var out strings.Builder

	frame := pack(t, specs.Spec87ASCII, "0200", map[int]string{2: "41111111111"})
	require.NoError(t, messages.Describe(&out, specs.Spec87ASCII, frame))
	assert.NotContains(t, out.String(), "4111")
}

type failingWriter struct{}

var errFull = errors.New("full")

func (failingWriter) Write([]byte) (int, error) { return 0, errFull }

func TestDescribeFails(t *testing.T) {
	t.Parallel()

	var out strings.Builder

	frame := describedMessage(t)
	err := messages.Describe(&out, chipSpec(), frame[:40])
	require.ErrorIs(t, err, messages.ErrUnpack)
	assert.NotContains(t, err.Error(), "4111")
	assert.Empty(t, out.String())
	require.ErrorIs(t, messages.Describe(failingWriter{}, chipSpec(), frame), errFull)

	panics := iso8583.FilterField("11", func(v string, _ field.Field) string { panic(v) })
	err = messages.Describe(&out, chipSpec(), frame, panics)
	require.ErrorIs(t, err, messages.ErrUnpack)
	assert.Empty(t, out.String())
}

// A filter for one of the sensitive fields takes the place of what hides it: who gives
// it has decided so.
func TestDescribeFilterDecides(t *testing.T) {
	t.Parallel()

	var out strings.Builder

	as := func(v string, _ field.Field) string { return v }
	frame := pack(t, specs.Spec87ASCII, "0200", map[int]string{14: "2912", 48: "order 17", 60: "terminal 9"})
	require.NoError(t, messages.Describe(&out, specs.Spec87ASCII, frame, iso8583.FilterField("14", as), iso8583.FilterField("48", as)))
	assert.Contains(t, out.String(), ": 2912\n")
	assert.Contains(t, out.String(), ": order 17\n")
	assert.NotContains(t, out.String(), "terminal 9")
}
