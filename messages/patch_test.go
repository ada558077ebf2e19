package messages_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
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

// Bitmaps come and go with the fields that need them.
func TestPatchAddsAndDropsBitmaps(t *testing.T) {
	t.Parallel()

	spec := bcdSpec()
	viewer := newViewer(t, spec)
	short := map[int]string{3: "000000", 11: "000123"}
	frame := pack(t, spec, "0800", short)

	for _, id := range []int{70, 130} {
		v := viewOf(t, viewer, frame)
		long, err := v.Patch(nil, messages.SetField(id, "301"))
		require.NoError(t, err)

		want := map[int]string{3: "000000", 11: "000123", id: "301"}
		require.Equal(t, pack(t, spec, "0800", want), long)

		back := viewOf(t, viewer, long)
		again, err := back.Patch(nil, messages.UnsetField(id))
		require.NoError(t, err)
		require.Equal(t, frame, again)
	}

	// A bitmap that announces nothing is dropped, and so is what stands behind.
	empty := slices.Concat([]byte{0x08, 0x00, 0x80 | frame[2]}, frame[3:10], make([]byte, 8), frame[10:], []byte("behind"))
	v := viewOf(t, viewer, empty)
	same, err := v.Patch(nil)
	require.NoError(t, err)
	require.Equal(t, frame, same)
}

// What is not changed keeps the way in which the peer packed it.
func TestPatchCopiesTheRest(t *testing.T) {
	t.Parallel()

	spec := &iso8583.MessageSpec{Fields: map[int]field.Field{
		0: field.NewString(&field.Spec{Length: 4, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed}),
		1: field.NewBitmap(&field.Spec{Length: 2, Enc: encoding.BytesToASCIIHex, Pref: prefix.Hex.Fixed}),
		2: field.NewHex(&field.Spec{Length: 2, Enc: encoding.BytesToASCIIHex, Pref: prefix.ASCII.Fixed}),
		3: field.NewNumeric(&field.Spec{Length: 6, Enc: encoding.ASCII, Pref: prefix.ASCII.LL}),
		4: field.NewString(&field.Spec{Length: 6, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed, Pad: padding.Left('0')}),
	}}

	v := viewOf(t, newViewer(t, spec), []byte("0200"+"7000"+"abcd"+"04+012"+"000007"))
	made, err := v.Patch([]byte("> "), messages.SetField(4, "8"), messages.SetMTI(messages.MTI{'0', '2', '1', '0'}))
	require.NoError(t, err)
	require.Equal(t, "> 0210"+"7000"+"abcd"+"04+012"+"000008", string(made))
}

// The later change of a field counts.
func TestPatchLastChangeCounts(t *testing.T) {
	t.Parallel()

	frame := pack(t, specs.Spec87ASCII, "0100", typical())
	v := viewOf(t, newViewer(t, specs.Spec87ASCII), frame)

	made, err := v.Patch(nil,
		messages.SetField(39, "this is too long"), messages.SetField(38, "123456"), messages.UnsetField(0),
		messages.UnsetField(38), messages.SetField(39, "05"), messages.SetField(39, "00"),
		messages.UnsetField(54), messages.UnsetField(-7), messages.UnsetField(77), messages.SetField(0, "0110"))
	require.NoError(t, err)

	want := typical()
	want[39] = "00"
	delete(want, 54)
	require.Equal(t, string(pack(t, specs.Spec87ASCII, "0110", want)), string(made))
}

// The errors say the field and the reason, and match ErrPack; the frame's own match
// ErrUnpack.
func TestPatchErrors(t *testing.T) {
	t.Parallel()

	spec := fixedBitmapSpec()
	ascii := func(length int, pref prefix.Prefixer) *field.Spec {
		return &field.Spec{Length: length, Enc: encoding.ASCII, Pref: pref}
	}
	digits := ascii(4, prefix.ASCII.L)
	spec.Fields[10] = field.NewNumeric(digits)
	spec.Fields[12] = field.NewString(&field.Spec{Length: 40, Enc: encoding.BCD, Pref: prefix.BCD.L})
	spec.Fields[13] = field.NewBinary(&field.Spec{Length: 400, Enc: encoding.Binary, Pref: prefix.Binary.L})
	spec.Fields[14] = failing{err: errors.New(pan)}
	spec.Fields[15] = field.NewTrack2(ascii(37, prefix.ASCII.LL))
	spec.Fields[16] = field.NewString(&field.Spec{Length: 4, Enc: encoding.BytesToASCIIHex, Pref: prefix.Hex.Fixed})

	viewer := newViewer(t, spec)
	frame := pack(t, spec, "200", map[int]string{2: pan, 11: "000123"})
	v := viewOf(t, viewer, frame)

	for _, c := range []struct {
		edit messages.Edit
		want string
	}{
		{messages.SetMTI(messages.MTI{}), "field 0: not four digits"},
		{messages.SetField(0, "02000"), "field 0: not four digits"},
		{messages.UnsetField(0), "field 0: is part of every message"},
		{messages.UnsetField(1), "field 1: is part of every message"},
		{messages.SetField(1, "abc"), "field 1: is a bitmap"},
		{messages.SetField(3, "abc"), "field 3: is not in the message specification"},
		{messages.SetField(1<<40, "abc"), "is not in the message specification"},
		{messages.SetField(-1, "abc"), "field -1: is not in the message specification"},
		{messages.SetField(33, "abc"), "field 33: no bit of the bitmaps announces it"},
		{messages.SetField(9, "abcd"), "field 9: length is not the specification's"},
		{messages.SetField(2, pan+pan), "field 2: length is larger than the specification's maximum"},
		{messages.SetField(9, "\xe9bc"), "field 9: content is not in the specification's encoding"},
		{messages.SetField(10, "12a"), "field 10: content is not a number"},
		{messages.SetField(12, "1234567890"), "field 12: length is larger than the specification's maximum"},
		{messages.SetField(12, "12a"), "field 12: content is not in the specification's encoding"},
		{messages.SetField(13, strings.Repeat("x", 256)), "field 13: length is larger than the specification's maximum"},
		{messages.SetField(14, pan), "field 14: panic in the field's own code"},
		{messages.SetField(15, pan), "field 15: refused by the field's own code"},
		{messages.SetField(16, "abcd"), "field 16: refused by the field's own code"},
	} {
		made, err := v.Patch([]byte("kept"), c.edit)
		require.ErrorContains(t, err, c.want)
		require.ErrorIs(t, err, messages.ErrPack, c.want)
		require.NotErrorIs(t, err, messages.ErrUnpack, c.want)
		require.NotContains(t, err.Error(), pan)
		require.Equal(t, "kept", string(made))
	}

	short := viewOf(t, viewer, frame[:len(frame)-1])

	for _, edits := range [][]messages.Edit{
		nil, {messages.SetField(2, pan)}, {messages.SetField(11, "000124")}, {messages.SetField(24, "abc")},
	} {
		_, err := short.Patch(nil, edits...)
		require.ErrorIs(t, err, messages.ErrUnpack)
		require.ErrorContains(t, err, "field 11 at offset")
	}
}

// Bitmaps that only their own code packs.
func TestPatchForeignBitmaps(t *testing.T) {
	t.Parallel()

	text := field.NewString(&field.Spec{Length: 4, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed})

	for name, c := range map[string]struct {
		enc  encoding.Encoder
		id   int
		want string
	}{
		"refuses": {packRefuser{}, 5, "field 1: refused by the field's own code"},
		"panics":  {packRefuser{panics: true}, 5, "field 1: panic in the field's own code (string)"},
		"short":   {ownEncoder{Encoder: encoding.Binary}, 9, "field 1: no bit of the bitmaps announces it"},
	} {
		spec := &iso8583.MessageSpec{Fields: map[int]field.Field{
			0: text, 3: text, 5: text, 9: text,
			1: field.NewBitmap(&field.Spec{Length: 1, Enc: c.enc, Pref: prefix.Binary.Fixed, DisableAutoExpand: true}),
		}}
		v := viewOf(t, newViewer(t, spec), []byte("0200\x20abcd"))

		_, err := v.Patch(nil, messages.SetField(c.id, "abcd"))
		require.ErrorContains(t, err, c.want, name)
	}
}

// packRefuser is an encoder that decodes only.
type packRefuser struct{ panics bool }

func (e packRefuser) Encode([]byte) ([]byte, error) {
	if e.panics {
		panic("cannot encode")
	}

	return nil, errors.New("cannot encode")
}

func (packRefuser) Decode(data []byte, length int) ([]byte, int, error) {
	return encoding.Binary.Decode(data, length)
}

// One allocation where there is no room, and none where there is just enough.
func TestPatchAllocatesRoomOnly(t *testing.T) {
	for _, c := range []typicalCase{{"ASCII", specs.Spec87ASCII, []int{38}}, {"BCD", bcdSpec(), []int{100}}} {
		v := viewOf(t, newViewer(t, c.spec), pack(t, c.spec, "0100", typical()))
		stan := "654321"
		patch := func(dst []byte) []byte {
			made, err := v.Patch(dst, messages.SetMTI(messages.MTI{'0', '1', '1', '0'}), messages.SetField(39, "00"),
				messages.SetField(11, stan), messages.SetField(c.fields[0], "123456"), messages.UnsetField(14))
			if err != nil {
				panic(err)
			}

			return made
		}

		want := patch(nil)
		exact := make([]byte, len(want))

		assert.Zero(t, testing.AllocsPerRun(100, func() { patch(exact[:0]) }), c.name)
		assert.Equal(t, want, exact, c.name)

		for _, room := range []int{0, 1, 3, 20, len(want) / 2, len(want) - 1} {
			dst := make([]byte, 0, room)
			allocs := testing.AllocsPerRun(100, func() {
				if !bytes.Equal(patch(dst), want) {
					panic("another message")
				}
			})
			assert.EqualValues(t, 1, allocs, "%s: room for %d", c.name, room)
		}
	}
}
