package messages_test

import (
	"strconv"
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

// privateSpec is specs.Spec87ASCII with subfields in field 48, as Mastercard has them:
// number 92 is the card's verification value.
func privateSpec() *iso8583.MessageSpec {
	spec := *chipSpec()
	spec.Fields[48] = field.NewComposite(&field.Spec{
		Length: 999, Description: "Additional Data", Pref: prefix.ASCII.LLL,
		Tag: &field.TagSpec{Length: 2, Enc: encoding.ASCII, Sort: sort.StringsByInt},
		Subfields: map[string]field.Field{
			"92": field.NewString(&field.Spec{Length: 3, Description: "CVC 2", Enc: encoding.ASCII, Pref: prefix.ASCII.LL}),
		},
	})

	return &spec
}

// What ISO 8583:1987 reserves for nations and the parties is hidden, field by field.
func TestDescribeReservedFields(t *testing.T) {
	t.Parallel()

	for id, f := range specs.Spec87ASCII.Fields {
		what := f.Spec().Description
		if !strings.Contains(what, "National") && !strings.Contains(what, "Private") {
			continue
		}

		var out strings.Builder

		frame := pack(t, specs.Spec87ASCII, "0200", map[int]string{id: "CVV2 957"})
		require.NoError(t, messages.Describe(&out, specs.Spec87ASCII, frame))
		assert.NotContains(t, out.String(), "957", "%d: %s", id, what)
	}
}

// A private field is hidden whole, also where the specification knows its subfields;
// a filter for it gets it whole, too.
func TestDescribePrivateSubfields(t *testing.T) {
	t.Parallel()

	frame := pack(t, privateSpec(), "0200", map[int]string{11: "000123", 48: "9203957"})

	var out strings.Builder
	require.NoError(t, messages.Describe(&out, privateSpec(), frame))
	assert.NotContains(t, out.String(), "957")
	assert.NotContains(t, out.String(), "F92")
	assert.Contains(t, out.String(), "F48  Additional Data")

	out.Reset()

	as := func(v string, f field.Field) string {
		return v + ", " + strconv.Itoa(len(f.(*field.Composite).GetSubfields())) + " subfield"
	}
	require.NoError(t, messages.Describe(&out, privateSpec(), frame, iso8583.FilterField("48", as)))
	assert.Contains(t, out.String(), ": 9203957, 1 subfield\n")
}

// Chip data is shown by its tags; a filter for all of it takes the place of that.
func TestDescribeChipDataFilter(t *testing.T) {
	t.Parallel()

	var out strings.Builder

	as := func(string, field.Field) string { return "chip" }
	require.NoError(t, messages.Describe(&out, chipSpec(), describedMessage(t), iso8583.FilterField("55", as)))
	assert.Contains(t, out.String(), ": chip\n")
	assert.NotContains(t, out.String(), "F9F02")
}

// A value cannot pass for a line of its own, such as that of the bitmap, which is
// not masked, whether it is a field or a subfield.
func TestDescribeLineBreak(t *testing.T) {
	t.Parallel()

	text := field.NewString(&field.Spec{Length: 99, Enc: encoding.ASCII, Pref: prefix.ASCII.LL})
	spec := privateSpec()
	spec.Fields[43] = text
	spec.Fields[50] = field.NewComposite(&field.Spec{
		Length: 99, Pref: prefix.ASCII.LL,
		Tag:       &field.TagSpec{Sort: sort.StringsByInt},
		Subfields: map[string]field.Field{"1": text},
	})

	value := "x\nBitmap HEX " + keyPAN + "\fF39  Response Code: 00"
	for id, packed := range map[int]string{43: value, 50: strconv.Itoa(len(value)) + value} {
		var out strings.Builder

		frame := pack(t, spec, "0200", map[int]string{id: packed})
		require.NoError(t, messages.Describe(&out, spec, frame))
		assert.NotContains(t, out.String(), keyPAN)
		assert.NotContains(t, out.String(), "\nF39")
		assert.Contains(t, out.String(), `: x\x0aBitmap HEX `)
	}
}
