package messages_test

import (
	"errors"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/padding"
	"github.com/moov-io/iso8583/prefix"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// stanSpec is a specification of fields of those texts, besides MTI and bitmap.
func stanSpec(fields map[int]field.Field) *iso8583.MessageSpec {
	spec := &iso8583.MessageSpec{Fields: map[int]field.Field{
		0: stanText(4), 1: field.NewBitmap(&field.Spec{Enc: encoding.Binary, Pref: prefix.Binary.Fixed}),
	}}
	for id, f := range fields {
		spec.Fields[id] = f
	}
	return spec
}

func stanText(length int) field.Field {
	return field.NewString(&field.Spec{Length: length, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed})
}

func stanNumeric(length int) field.Field {
	return field.NewNumeric(&field.Spec{Length: length, Enc: encoding.BCD, Pref: prefix.BCD.Fixed, Pad: padding.Left('0')})
}

// ownSTAN is a field whose own code fails or panics, when it is read or set.
type ownSTAN struct {
	field.Field
	readErr, setErr       error
	readPanics, setPanics bool
}

func (o ownSTAN) NewInstance() field.Field { return o }

func (o ownSTAN) String() (string, error) {
	if o.readPanics {
		panic("cannot read " + keyPAN)
	}
	return "", o.readErr
}

func (o ownSTAN) SetBytes([]byte) error {
	if o.setPanics {
		panic("cannot set " + keyPAN)
	}
	return o.setErr
}

func stanMessage(t *testing.T, fields map[int]field.Field, values map[int]string) *iso8583.Message {
	t.Helper()
	msg := iso8583.NewMessage(stanSpec(fields))
	msg.MTI("0200")
	for id, value := range values {
		require.NoError(t, msg.Field(id, value))
	}
	return msg
}

func TestSTANsFill(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fields map[int]field.Field
		values map[int]string
		want   string
		packed string
	}{
		"absent":       {map[int]field.Field{11: stanText(6)}, nil, "000001", "000001"},
		"empty":        {map[int]field.Field{11: stanText(6)}, map[int]string{11: ""}, "000001", "000001"},
		"longer":       {map[int]field.Field{11: stanText(12)}, nil, "000000000001", "000000000001"},
		"there":        {map[int]field.Field{11: stanText(6)}, map[int]string{11: "000777"}, "", "000777"},
		"there, other": {map[int]field.Field{11: stanText(6)}, map[int]string{11: "ABCDEF"}, "", "ABCDEF"},
		"numeric":      {map[int]field.Field{11: stanNumeric(6)}, nil, "1", "\x00\x00\x01"},
		"numeric, 0":   {map[int]field.Field{11: stanNumeric(6)}, map[int]string{11: "000000"}, "", "\x00\x00\x00"},
	} {
		stans := newSTANs(t, messages.STANConfig{Now: stanClock(0)})
		msg := stanMessage(t, c.fields, c.values)
		filled, err := stans.Fill(msg)
		require.NoError(t, err, name)
		assert.Equal(t, c.want != "", filled, name)
		if filled {
			got, err := msg.GetString(11)
			require.NoError(t, err)
			assert.Equal(t, c.want, got, name)
		}
		frame, err := messages.Pack(msg)
		require.NoError(t, err, name)
		assert.Equal(t, "0200\x00\x20\x00\x00\x00\x00\x00\x00"+c.packed, string(frame), name)

		want := "000001" // what was there has cost no number
		if filled {
			want = "000002"
		}
		assert.Equal(t, want, nextSTAN(t, stans), name)
	}
}

// fillFault is a message that cannot be filled, with the error's text.
type fillFault struct {
	msg  *iso8583.Message
	want string
}

// fillFaults are those of field id, whose value would have that many characters.
func fillFaults(t *testing.T, id string, number int) map[string]fillFault {
	own := func(f ownSTAN) *iso8583.Message {
		f.Field = stanText(12)
		fields := map[int]field.Field{11: stanText(6), 37: stanText(12)}
		fields[number] = f
		msg := stanMessage(t, fields, nil)
		if number != 11 {
			require.NoError(t, msg.Field(11, "000001"))
		}
		return msg
	}
	present := func(f ownSTAN) *iso8583.Message {
		msg := own(f)
		require.NoError(t, msg.Field(number, "1"))
		return msg
	}
	leak := errors.New("cannot take " + keyPAN)
	text := func(problem string) string { return "message cannot be packed: " + problem + ": field " + id }
	return map[string]fillFault{
		"nil":         {nil, text("nil message")},
		"no message":  {new(iso8583.Message), text("panic (runtime.errorString)")},
		"no field":    {stanMessage(t, nil, nil), text("not in the specification")},
		"no spec":     {stanMessage(t, map[int]field.Field{number: field.NewString(nil)}, nil), text("panic (runtime.errorString)")},
		"read fails":  {present(ownSTAN{readErr: leak}), text("cannot be read")},
		"read panics": {present(ownSTAN{readPanics: true}), text("panic (string)")},
		"set fails":   {own(ownSTAN{setErr: leak}), text("cannot be set")},
		"set panics":  {own(ownSTAN{setPanics: true}), text("panic (string)")},
	}
}

func assertFillFault(t *testing.T, name string, c fillFault, id int, filled bool, err error) {
	t.Helper()
	assert.False(t, filled, name)
	require.EqualError(t, err, c.want, name)
	assertNoCardData(t, err)
	require.ErrorIs(t, err, messages.ErrPack, name)
	var codec *messages.CodecError
	require.ErrorAs(t, err, &codec, name)
	if name == "set fails" || name == "set panics" {
		assert.NotContains(t, c.msg.GetFields(), id, "%s: the message is as it was", name)
	}
}

func TestSTANsFillRefuses(t *testing.T) {
	t.Parallel()
	stans := newSTANs(t, messages.STANConfig{})
	faults := fillFaults(t, "11", 11)
	faults["short"] = fillFault{
		stanMessage(t, map[int]field.Field{11: stanText(5)}, nil),
		"message cannot be packed: 5 digits in the specification, STANs have 6: field 11",
	}
	for name, c := range faults {
		filled, err := stans.Fill(c.msg)
		assertFillFault(t, name, c, 11, filled, err)
	}

	away := newSTANs(t, messages.STANConfig{Store: stanFunc(func(uint64) (uint64, error) { return 0, errSTANStore })})
	msg := message(t, "0200", nil)
	filled, err := away.Fill(msg)
	assert.False(t, filled)
	require.ErrorIs(t, err, errSTANStore)
	assert.NotErrorIs(t, err, messages.ErrPack)
	assert.NotContains(t, msg.GetFields(), 11)
}

// Links of different specifications share the numbers, and Fill gives each once.
func TestSTANsFillPacksByItsSpec(t *testing.T) {
	t.Parallel()
	stans := newSTANs(t, messages.STANConfig{Digits: 12, Now: stanClock(0)})
	_, err := stans.Fill(message(t, "0200", nil))
	require.ErrorIs(t, err, messages.ErrPack, "12 digits do not fit in 6")
	assert.Equal(t, "000000000001", nextSTAN(t, stans), "and no number was lost")
}
