package messages_test

import (
	"strings"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/isolink-go/isolink/messages"
)

// looseSpec has fields 11, 37 and 41 of any length, without padding of their own.
func looseSpec() *iso8583.MessageSpec {
	loose := func() field.Field {
		return field.NewString(&field.Spec{Length: 99, Enc: encoding.ASCII, Pref: prefix.ASCII.LL})
	}

	return &iso8583.MessageSpec{Fields: map[int]field.Field{
		0: specs.Spec87ASCII.Fields[0], 1: specs.Spec87ASCII.Fields[1], 11: loose(), 37: loose(), 41: loose(),
	}}
}

func TestNormalizedValues(t *testing.T) {
	t.Parallel()

	reader := newReader(t, looseSpec(), 11).Normalized()

	for value, want := range map[string]string{
		"000123": "123", "123": "123", "123000": "123000", "000000": "0", "0": "0", " ": "0", "  ": "0",
		" 0012 ": "12", "TERM0001": "TERM0001", "TERM1   ": "TERM1", "   TERM1": "TERM1", "00TERM1 ": "TERM1",
		"A  B": "A  B", "0 0": " 0", "00 ": "0", " 00": "0",
	} {
		_, key, err := reader.Read(pack(t, looseSpec(), "0200", map[int]string{11: value}))
		require.NoError(t, err, value)
		assert.Equal(t, newKey(t, "0200", want), key, "%q", value)
	}

	_, _, err := reader.Read(pack(t, looseSpec(), "0200", map[int]string{11: ""}))
	require.ErrorIs(t, err, messages.ErrNoKey, "no value is not a zero")
}

// TestNormalizedKeys: fields 11 and 41 alone are normalised, each for itself,
// whatever the length of the values; without the option none is.
func TestNormalizedKeys(t *testing.T) {
	t.Parallel()

	spec := looseSpec()
	fields := []int{41, 37, 11}
	plain := newReader(t, spec, fields...)
	normalized := plain.WithClass('8', newReader(t, spec, 11, 41)).Normalized()
	value := rapid.StringOfN(rapid.RuneFrom([]rune("  0001A")), 1, 20, -1)
	norm := func(s string) string {
		if s = strings.TrimLeft(strings.Trim(s, " "), "0"); s == "" {
			return "0"
		}

		return s
	}

	rapid.Check(t, func(r *rapid.T) {
		values := map[int]string{11: value.Draw(r, "11"), 37: value.Draw(r, "37"), 41: value.Draw(r, "41")}

		_, key, err := plain.Read(pack(t, spec, "0210", values))
		require.NoError(r, err)
		require.Equal(r, newKey(r, "0200", values[41], values[37], values[11]), key)

		_, key, err = normalized.Read(pack(t, spec, "0210", values))
		require.NoError(r, err)
		require.Equal(r, newKey(r, "0200", norm(values[41]), values[37], norm(values[11])), key)

		_, key, err = normalized.Read(pack(t, spec, "0810", values))
		require.NoError(r, err)
		require.Equal(r, newKey(r, "0800", norm(values[11]), norm(values[41])), key)
	})
}
