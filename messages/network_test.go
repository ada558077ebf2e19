package messages_test

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/padding"
	"github.com/moov-io/iso8583/prefix"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// withCode is a specification whose field 39 is that one, with a field 70, and with
// a field 24 of three digits.
func withCode(code field.Field) *iso8583.MessageSpec {
	made := &iso8583.MessageSpec{Fields: maps.Clone(specs.Spec87ASCII.Fields)}
	made.Fields[39] = code
	made.Fields[70] = field.NewNumeric(&field.Spec{
		Length: 3, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed, Pad: padding.Left('0'),
	})
	made.Fields[24] = field.NewString(&field.Spec{Length: 3, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed})
	return made
}

func fixed(length int) *field.Spec {
	return &field.Spec{Length: length, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed}
}

// TestNetworks: each network's requests have its type and function, and its
// responses are judged by its code, at the length of the specification.
func TestNetworks(t *testing.T) {
	for _, c := range []struct {
		name          string
		network       messages.Network
		spec          *iso8583.MessageSpec
		mti           string
		on, off, echo string
		yes, no       string
	}{
		{"1987", messages.ISO87, withCode(field.NewString(fixed(2))), "0800", "001", "002", "301", "00", "05"},
		{"Visa", messages.VisaNetwork, withCode(field.NewString(fixed(2))), "0800", "071", "072", "301", "00", "91"},
		{"Mastercard", messages.MastercardNetwork, withCode(field.NewString(fixed(2))), "0800", "061", "062", "270", "00", "30"},
		{"1993", messages.ISO93, withCode(field.NewString(fixed(3))), "1804", "801", "802", "831", "800", "909"},
		{"2003", messages.ISO2003, withCode(field.NewString(fixed(4))), "2804", "801", "802", "831", "0800", "0909"},
		{"2003, as a number", messages.ISO2003, withCode(field.NewNumeric(fixed(4))), "2804", "801", "802", "831", "800", "909"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for function, want := range map[string]string{c.network.SignOn: c.on, c.network.SignOff: c.off, c.network.Echo: c.echo} {
				filled := false
				build := c.network.Builder(c.spec, function, func(msg *iso8583.Message) error {
					filled = true
					return msg.Field(11, "000001")
				})
				msg, err := build()
				require.NoError(t, err)
				assert.True(t, filled)
				frame, err := messages.Pack(msg)
				require.NoError(t, err)
				back, err := messages.Unpack(c.spec, frame)
				require.NoError(t, err)
				mti, err := back.GetMTI()
				require.NoError(t, err)
				assert.Equal(t, c.mti, mti)
				got, err := back.GetString(c.network.Function)
				require.NoError(t, err)
				number, err := strconv.Atoi(got) // field 70 may be a number
				require.NoError(t, err)
				assert.Equal(t, want, fmt.Sprintf("%03d", number))
			}
			answer := func(code string) *iso8583.Message {
				msg := iso8583.NewMessage(c.spec)
				require.NoError(t, msg.Field(39, code))
				return msg
			}
			require.NoError(t, c.network.Check(answer(c.yes)))
			err := c.network.Check(answer(c.no))
			var refused *messages.CodeError
			require.ErrorAs(t, err, &refused)
			require.ErrorIs(t, err, messages.ErrRefused)
			assert.Equal(t, messages.CodeError{Field: 39, Code: c.no}, *refused)
			require.ErrorIs(t, c.network.Check(iso8583.NewMessage(c.spec)), messages.ErrRefused, "without a code")
		})
	}
}

func TestBuilderFails(t *testing.T) {
	none := errors.New("no more STANs")
	_, err := messages.ISO87.Builder(withCode(field.NewString(fixed(2))), "001", func(*iso8583.Message) error { return none })()
	require.ErrorIs(t, err, none)
	lacking := &iso8583.MessageSpec{Fields: maps.Clone(specs.Spec87ASCII.Fields)}
	delete(lacking.Fields, 70)
	_, err = messages.ISO87.Builder(lacking, "001", func(*iso8583.Message) error { return nil })()
	require.ErrorIs(t, err, messages.ErrPack)
	assert.ErrorContains(t, err, "field 70")
}

func TestWantCode(t *testing.T) {
	spec := withCode(field.NewNumeric(fixed(2)))
	check := messages.WantCode(39, "00", "85")
	for code, ok := range map[string]bool{"0": true, "85": true, "1": false, "8": false} {
		msg := iso8583.NewMessage(spec)
		require.NoError(t, msg.Field(39, code))
		assert.Equal(t, ok, check(msg) == nil, code)
	}
	variable := withCode(field.NewString(&field.Spec{Length: 9, Enc: encoding.ASCII, Pref: prefix.ASCII.LL}))
	msg := iso8583.NewMessage(variable)
	require.NoError(t, msg.Field(39, "00"))
	require.NoError(t, check(msg), "nothing is filled up where the length varies")
	wide := withCode(field.NewString(&field.Spec{Length: 19, Enc: encoding.ASCII, Pref: prefix.ASCII.LL}))
	msg = iso8583.NewMessage(wide)
	require.NoError(t, msg.Field(39, "4111111111111111"))
	assert.EqualError(t, check(msg), "refused: response code 41111111 in field 39", "it might be anything")
	assert.Equal(t, "refused: no response code in field 39", (&messages.CodeError{Field: 39}).Error())
	assert.Equal(t, "refused: response code 05 in field 39", (&messages.CodeError{Field: 39, Code: "05"}).Error())
}
