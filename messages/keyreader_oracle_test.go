package messages_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/isolink-go/isolink/messages"
	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/field"
	"github.com/stretchr/testify/require"
)

// oracle is what moov's own fields say of a frame up to its last key field.
type oracle struct {
	mti    string
	values map[int]string // of the key fields that are in the message
	// failed is the field that could not be unpacked, or -1.
	failed int
	// content is set if that field's length was good and only its content bad.
	content bool
}

// consult unpacks a frame field by field, as Message.Unpack does, but no further
// than the last of fields.
func consult(spec *iso8583.MessageSpec, fields []int, body []byte) oracle {
	o := oracle{values: map[int]string{}, failed: -1}

	text, at, err := unpackOne(spec.Fields[0], body, true)
	if err != nil {
		return oracle{failed: 0}
	}

	o.mti = text

	bitmap := field.NewInstanceOf(spec.Fields[1]).(*field.Bitmap)

	_, size, err := unpackOne(bitmap, body[at:], false)
	if err != nil {
		return o.fail(1, err)
	}

	at += size

	for id := 2; id <= min(bitmap.Len(), slices.Max(fields)); id++ {
		if bitmap.IsBitmapPresenceBit(id) || !bitmap.IsSet(id) {
			continue
		}

		specField, ok := spec.Fields[id]
		if !ok {
			return o.fail(id, fmt.Errorf("not defined"))
		}

		isKey := slices.Contains(fields, id)

		text, size, err := unpackOne(specField, body[at:], isKey)
		if err != nil {
			return o.fail(id, err)
		}

		if isKey {
			o.values[id] = text
		}

		at += size
	}

	return o
}

func (o oracle) fail(id int, err error) oracle {
	o.failed = id

	for _, words := range []string{
		"failed to perform ASCII decoding", "failed to perform BCD decoding", "failed to perform hex decoding",
		"failed to set bytes", "invalid track data", "invalid expired time",
		"unpacking subfields", "does not match aggregate data", "panic in composite",
	} {
		o.content = o.content || strings.Contains(err.Error(), words)
	}

	// The same words in a length prefix are of another matter.
	if strings.HasPrefix(err.Error(), "failed to decode length") {
		o.content = false
	}

	return o
}

// unpackOne unpacks one field, and returns its text if that is wanted: not every
// field that can be unpacked has one. A bitmap is unpacked in place, for its methods.
func unpackOne(specField field.Field, src []byte, wantText bool) (text string, size int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			if _, ok := specField.(*field.Composite); ok {
				err = fmt.Errorf("panic in composite: %v", p)
			}
		}
	}()

	f := specField
	if _, ok := f.(*field.Bitmap); !ok {
		f = field.NewInstanceOf(specField)
	}

	size, err = f.Unpack(src)
	if err != nil {
		return "", 0, err
	}

	_ = src[size:] // as moov goes on from there

	if wantText {
		text, err = f.String()
	}

	return text, size, err
}

// agree requires that reader says of body what moov says of it, and returns the
// field at which reading failed, or -1.
func agree(t require.TestingT, spec *iso8583.MessageSpec, reader *messages.KeyReader, fields []int, body []byte) int {
	want := consult(spec, fields, body)

	mti, key, err := reader.Read(body)

	mtiAlone, mtiErr := reader.MTI(body)
	require.Equal(t, mti, mtiAlone)
	require.Equal(t, mti == messages.MTI{}, mtiErr != nil)

	wantMTI, ok := fullMTI(spec, want.mti)
	if !ok {
		want.failed = 0
	}

	if want.failed == 0 {
		return fails(t, err, 0, messages.MTI{}, mti, key)
	}

	require.Equal(t, wantMTI, mti)

	switch {
	case len(fields) > 1 && slices.Contains(fields, want.failed):
		// The reader finds all key fields before it decodes the first one, so that
		// it may complain of another one first.
		return fails(t, err, -1, wantMTI, mti, key)
	case want.content && want.failed > 1 && want.failed != fields[0]:
		// The reader steps over it. What it finds behind, moov does not tell.
		return want.failed
	case want.failed > 0:
		return fails(t, err, want.failed, wantMTI, mti, key)
	}

	values := make([]string, len(fields))

	for i, id := range fields {
		values[i] = want.values[id]
		if values[i] == "" {
			return fails(t, err, id, wantMTI, mti, key)
		}
	}

	require.NoError(t, err)

	wantKey, err := messages.NewKey(wantMTI, values...)
	require.NoError(t, err)
	require.Equal(t, wantKey, key)

	agreeWithMessage(t, spec, fields, values, body)

	return -1
}

// agreeWithMessage requires that the oracle itself is right: that a message that
// can be unpacked as a whole has the same values.
func agreeWithMessage(t require.TestingT, spec *iso8583.MessageSpec, fields []int, values []string, body []byte) {
	msg, err := messages.Unpack(spec, body)
	if err != nil {
		return // behind the last key field
	}

	for i, id := range fields {
		value, err := msg.GetString(id)
		require.NoError(t, err)
		require.Equal(t, values[i], value)
	}
}

// longNumber is more digits than an MTI, a field's number or an offset has.
var longNumber = regexp.MustCompile(`[0-9]{5}`)

// fails requires that there is no key, for the fault of field id unless id is -1.
func fails(t require.TestingT, err error, id int, wantMTI, mti messages.MTI, key messages.Key) int {
	var keyError *messages.KeyError

	require.ErrorAs(t, err, &keyError)
	require.ErrorIs(t, err, messages.ErrNoKey)

	if id >= 0 {
		require.Equal(t, id, keyError.Field, "%v", err)
	}

	require.NotRegexp(t, longNumber, err.Error(), "a part of the frame")
	require.Equal(t, wantMTI, keyError.MTI)
	require.Equal(t, wantMTI, mti)
	require.Equal(t, messages.Key{}, key)

	return keyError.Field
}

// fullMTI puts back the zeros that a Numeric MTI field drops.
func fullMTI(spec *iso8583.MessageSpec, text string) (messages.MTI, bool) {
	if _, ok := spec.Fields[0].(*field.Numeric); ok {
		if n, err := strconv.Atoi(text); err == nil {
			text = fmt.Sprintf("%04d", n)
		}
	}

	if len(text) != 4 {
		return messages.MTI{}, false
	}

	mti := messages.MTI([]byte(text))

	return mti, mti.Valid()
}
