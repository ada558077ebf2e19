package messages_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// seenField is what moov's own code says of one field of a frame.
type seenField struct {
	id, at, size int
	text         string
	textErr      error
}

// seenFrame is what it says of all of them, as Message.Unpack does, up to the field
// that it cannot unpack.
type seenFrame struct {
	mti    messages.MTI
	bitmap *field.Bitmap
	fields []seenField // field 0 and 1 first
	end    int
	// failed is the field that could not be unpacked, or -1.
	failed int
	// content is set if that field's length was good and only its content bad.
	content bool
}

func see(spec *iso8583.MessageSpec, body []byte) *seenFrame {
	s := &seenFrame{failed: -1}

	if !s.see(0, spec.Fields[0], body) {
		return s
	}

	mti, ok := fullMTI(spec, s.fields[0].text)
	if !ok || s.fields[0].textErr != nil {
		s.failed = 0

		return s
	}

	s.mti = mti
	s.bitmap = field.NewInstanceOf(spec.Fields[1]).(*field.Bitmap)

	if !s.see(1, s.bitmap, body) {
		return s
	}

	for id := 2; id <= s.bitmap.Len(); id++ {
		if s.bitmap.IsBitmapPresenceBit(id) || !s.bitmap.IsSet(id) {
			continue
		}

		specField, ok := spec.Fields[id]
		if !ok {
			s.failed = id

			return s
		}

		if !s.see(id, specField, body) {
			return s
		}
	}

	return s
}

func (s *seenFrame) see(id int, specField field.Field, body []byte) bool {
	text, size, textErr := unpackOne(specField, body[s.end:], true)

	_, bare, err := unpackOne(specField, body[s.end:], false)
	if err != nil {
		failed := oracle{}.fail(id, err)
		s.failed, s.content = id, failed.content

		return false
	}

	size = max(size, bare)
	s.fields = append(s.fields, seenField{id: id, at: s.end, size: size, text: text, textErr: textErr})
	s.end += size

	return true
}

// ids are the fields that the bitmap announces.
func (s *seenFrame) ids() []int {
	var ids []int

	for id := 2; s.bitmap != nil && id <= s.bitmap.Len(); id++ {
		if s.bitmap.IsSet(id) && !s.bitmap.IsBitmapPresenceBit(id) {
			ids = append(ids, id)
		}
	}

	return ids
}

// agreeOnView requires that a view of body says what moov says of it, whatever the
// order in which it is asked, and returns the field at which moov failed, or -1.
func agreeOnView(t require.TestingT, rnd *rand.Rand, spec *iso8583.MessageSpec, viewer *messages.Viewer, body []byte) int {
	want := see(spec, body)

	v, err := viewer.View(body)
	if want.failed == 0 || want.failed == 1 {
		failsView(t, err, messages.ErrUnpack, want.failed)

		return want.failed
	}

	require.NoError(t, err)
	require.Equal(t, want.mti, v.MTI())
	require.Equal(t, want.ids(), slices.Collect(v.Fields()))

	for _, i := range rnd.Perm(len(want.fields)) {
		f := want.fields[i]
		require.True(t, v.Has(f.id))

		head, content, err := v.Bytes(f.id)
		require.NoError(t, err, "field %d", f.id)
		require.NotNil(t, content, "field %d", f.id)
		require.Equal(t, string(body[f.at:f.at+f.size]), string(head)+string(content), "field %d", f.id)

		text, err := v.String(f.id)
		if f.textErr != nil {
			failsView(t, err, messages.ErrUnpack, f.id)

			continue
		}

		require.NoError(t, err, "field %d", f.id)
		require.Equal(t, f.text, text, "field %d", f.id)
	}

	agreeOnAbsent(t, rnd, spec, &v, want)
	agreeOnFault(t, &v, want)

	if want.failed < 0 {
		agreeOnStrings(t, spec, &v, body)
	}

	return want.failed
}

// agreeOnAbsent: what is not in the message is empty, and what the specification
// lacks is an error.
func agreeOnAbsent(t require.TestingT, rnd *rand.Rand, spec *iso8583.MessageSpec, v *messages.View, want *seenFrame) {
	there := want.ids()

	for range 10 {
		id := rnd.IntN(140) - 1
		if id == 0 || id == 1 || slices.Contains(there, id) {
			continue
		}

		require.False(t, v.Has(id), "field %d", id)

		text, err := v.String(id)
		head, content, bytesErr := v.Bytes(id)

		require.Empty(t, text)
		require.Nil(t, head)
		require.Nil(t, content)

		if _, ok := spec.Fields[id]; ok {
			require.NoError(t, err)
			require.NoError(t, bytesErr)
		} else {
			failsView(t, err, messages.ErrUnpack, id)
			failsView(t, bytesErr, messages.ErrUnpack, id)
		}
	}
}

// agreeOnFault: the field that moov could not unpack has no value, and where its
// length is at fault, nor has any behind it.
func agreeOnFault(t require.TestingT, v *messages.View, want *seenFrame) {
	if want.failed < 0 {
		return
	}

	_, err := v.String(want.failed)
	failsView(t, err, messages.ErrUnpack, want.failed)

	if want.content {
		return
	}

	for _, id := range want.ids() {
		if id < want.failed {
			continue
		}

		_, err := v.String(id)
		failsView(t, err, messages.ErrUnpack, want.failed)

		_, _, err = v.Bytes(id)
		failsView(t, err, messages.ErrUnpack, want.failed)
	}
}

// agreeOnStrings requires that the oracle itself is right: that the message, where it
// can be unpacked as a whole, has the same values.
func agreeOnStrings(t require.TestingT, spec *iso8583.MessageSpec, v *messages.View, body []byte) {
	msg, err := messages.Unpack(spec, body)
	if err != nil {
		return
	}

	for id := range spec.Fields {
		want, wantErr := msg.GetString(id)
		got, err := v.String(id)

		require.Equal(t, wantErr == nil, err == nil, "field %d", id)

		if err == nil {
			require.Equal(t, want, got, "field %d", id)
		}
	}
}

// failsView requires an error of that kind and field, and nothing of the frame in it.
func failsView(t require.TestingT, err, kind error, id int) {
	var frameError *messages.FrameError

	require.ErrorAs(t, err, &frameError)
	require.ErrorIs(t, err, kind)
	require.Equal(t, id, frameError.Field, "%v", err)
	require.NotRegexp(t, longNumber, err.Error(), "a part of the frame")
}

// viewSpecs are the specifications to try views with.
func viewSpecs() map[string]*iso8583.MessageSpec {
	all := namedSpecs()
	all["wide"] = wideSpec()

	return all
}

// wideSpec has more bits than a View holds without allocating, and more fields than
// it remembers the offsets of.
func wideSpec() *iso8583.MessageSpec {
	spec := &iso8583.MessageSpec{Fields: map[int]field.Field{
		0: field.NewString(&field.Spec{Length: 4, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed}),
		1: field.NewBitmap(&field.Spec{Enc: encoding.BytesToASCIIHex, Pref: prefix.Hex.Fixed}),
	}}

	for id := 2; id <= 60; id++ {
		spec.Fields[id] = field.NewString(&field.Spec{Length: 9, Enc: encoding.ASCII, Pref: prefix.ASCII.L})
	}

	for _, id := range []int{66, 130, 200, 300} {
		spec.Fields[id] = field.NewBinary(&field.Spec{Length: 3, Enc: encoding.Binary, Pref: prefix.Binary.Fixed})
	}

	return spec
}

type viewCase struct {
	name   string
	spec   *iso8583.MessageSpec
	viewer *messages.Viewer
}

func viewCases(tb testing.TB) []viewCase {
	tb.Helper()

	var cases []viewCase

	all := viewSpecs()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		cases = append(cases, viewCase{name, all[name], newViewer(tb, all[name])})
	}

	return cases
}

func newViewer(tb testing.TB, spec *iso8583.MessageSpec) *messages.Viewer {
	tb.Helper()

	viewer, err := messages.NewViewer(spec)
	require.NoError(tb, err)

	return viewer
}

func viewOf(tb testing.TB, viewer *messages.Viewer, frame []byte) messages.View {
	tb.Helper()

	v, err := viewer.View(frame)
	require.NoError(tb, err)

	return v
}
