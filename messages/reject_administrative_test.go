package messages_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/padding"
	"github.com/moov-io/iso8583/prefix"
	"github.com/moov-io/iso8583/sort"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// originalData is field 90 of ISO 8583:1987.
func originalData(mti, stan string) string {
	return mti + stan + "0704123456" + "00000012345" + "00000054321"
}

func administrative(t *testing.T, spec *iso8583.MessageSpec, c messages.Administrative) messages.Rejecter {
	t.Helper()
	reject, err := messages.RejectAdministrative(spec, c)
	require.NoError(t, err)
	return reject
}

// receivedBy is a message of that specification.
func receivedBy(t *testing.T, spec *iso8583.MessageSpec, mti string, fields map[int]string, keyFields ...int) *messages.Received {
	t.Helper()
	msg := iso8583.NewMessage(spec)
	msg.MTI(mti)
	for id, value := range fields {
		require.NoError(t, msg.Field(id, value))
	}
	frame, err := messages.Pack(msg)
	require.NoError(t, err)
	reader, err := messages.NewKeyReader(spec, keyFields...)
	require.NoError(t, err)
	return messages.NewReceived(messages.MTI([]byte(mti)), nil, frame, reader.KeyOf)
}

// TestRejectAdministrative: only an administrative advice or notification that
// names a request, and has one of the codes, is a reject of it.
func TestRejectAdministrative(t *testing.T) {
	spec := specs.Spec87ASCII
	reject := administrative(t, spec, messages.Administrative{Original: 90, Code: 60, Codes: []string{"600", "7"}})
	named := originalData("0200", "000123")
	for _, c := range []struct {
		name, mti, code, original, want string
	}{
		{"an advice", "0620", "6000051", named, "6000051"},
		{"its repeat", "0621", "6000051", named, "6000051"},
		{"a notification", "0644", "700", named, "700"},
		{"with free text", "0620", "6000051 card 4761739001010119", named, "6000051 "},
		{"another code", "0620", "650", named, ""},
		{"a request", "0600", "600", named, ""},
		{"a response", "0630", "600", named, ""},
		{"another class", "0420", "600", named, ""},
		{"of a response", "0620", "600", originalData("0110", "000123"), ""},
		{"of no message", "0620", "600", strings.Repeat(" ", 42), ""},
		{"of another STAN", "0620", "600", originalData("0200", "000124"), "600"},
		{"of no STAN", "0620", "600", originalData("0200", "00012A"), ""},
		{"without an original", "0620", "600", "", ""},
	} {
		fields := map[int]string{11: "000777", 60: c.code}
		if c.original != "" {
			fields[90] = c.original
		}
		r := receivedBy(t, spec, c.mti, fields)
		key, code, ok := reject(r)
		assert.Equal(t, c.want != "", ok, c.name)
		assert.Equal(t, c.want, code, c.name)
		if ok {
			assert.Equal(t, keyOf(t, "0200", c.original[4:10]), key, c.name)
		}
		assert.Equal(t, ok && c.mti[2] == '2', r.ToHandler, c.name)
	}
	r := receivedBy(t, spec, "0620", map[int]string{11: "000777", 60: "600", 90: named})
	r.Frame = r.Frame[:len(r.Frame)-1]
	_, _, ok := reject(r)
	assert.False(t, ok, "it cannot be unpacked")
}

// TestRejectAdministrativeKeys: the STAN is rendered as in keys that are read from
// requests; other key fields are those of the administrative message.
func TestRejectAdministrativeKeys(t *testing.T) {
	digits := func(length int) *field.Spec {
		return &field.Spec{Length: length, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed}
	}
	spec := &iso8583.MessageSpec{Name: "2003", Fields: maps.Clone(specs.Spec87ASCII.Fields)}
	spec.Fields[11] = field.NewNumeric(&field.Spec{Length: 12, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed, Pad: padding.Left('0')})
	spec.Fields[56] = field.NewComposite(&field.Spec{
		Length: 41, Pref: prefix.ASCII.LL, Tag: &field.TagSpec{Sort: sort.StringsByInt},
		Subfields: map[string]field.Field{
			"1": field.NewString(digits(4)), "2": field.NewString(digits(12)), "3": field.NewString(digits(14)),
		},
	})
	reject := administrative(t, spec, messages.Administrative{Original: 56, Code: 39})
	msg := iso8583.NewMessage(spec)
	msg.MTI("2644")
	for id, value := range map[int]string{11: "777", 39: "91", 41: "TERM0001"} {
		require.NoError(t, msg.Field(id, value))
	}
	for id, value := range map[string]string{"56.1": "2100", "56.2": "000000000123", "56.3": "20260704123456"} {
		require.NoError(t, msg.MarshalPath(id, value))
	}
	frame, err := messages.Pack(msg)
	require.NoError(t, err)
	reader, err := messages.NewKeyReader(spec, 41, 11)
	require.NoError(t, err)
	key, code, ok := reject(messages.NewReceived(messages.MTI([]byte("2644")), nil, frame, reader.KeyOf))
	require.True(t, ok)
	assert.Equal(t, "91", code)
	want, err := messages.NewKey(messages.MTI([]byte("2100")), "TERM0001", "123")
	require.NoError(t, err)
	assert.Equal(t, want, key)

	reader, err = messages.NewKeyReader(spec, 11, 37)
	require.NoError(t, err)
	_, _, ok = reject(messages.NewReceived(messages.MTI([]byte("2644")), nil, frame, reader.KeyOf))
	assert.False(t, ok, "a key field is not repeated")
}

// TestRejectAdministrativeFaults: fields that are not there, or hold card data.
func TestRejectAdministrativeFaults(t *testing.T) {
	for name, c := range map[string]messages.Administrative{
		"none": {}, "no original": {Code: 39}, "no code": {Original: 90},
		"card data": {Original: 90, Code: 2}, "one field": {Original: 90, Code: 90},
	} {
		reject, err := messages.RejectAdministrative(specs.Spec87ASCII, c)
		var fault *messages.KeyFieldError
		assert.ErrorAs(t, err, &fault, name)
		assert.Nil(t, reject, name)
	}
	_, err := messages.RejectAdministrative(nil, messages.Administrative{Original: 90, Code: 39})
	assert.Error(t, err)
}
