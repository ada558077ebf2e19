package messages_test

import (
	"encoding/hex"
	"math/rand/v2"
	"slices"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/field"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// change is a messages.Edit that can be looked into.
type change struct {
	id    int
	unset bool
	value string
}

func editsOf(changes []change) []messages.Edit {
	var edits []messages.Edit

	for _, c := range changes {
		if c.unset {
			edits = append(edits, messages.UnsetField(c.id))
		} else {
			edits = append(edits, messages.SetField(c.id, c.value))
		}
	}

	return edits
}

// fault is why a patch cannot be made.
type fault struct {
	kind  error
	field int
}

// patched is what a patch has to be by moov's own code: the frame, or the faults of
// which it may name any.
func patched(spec *iso8583.MessageSpec, want *seenFrame, body []byte, changes []change) (frame []byte, faults []fault) {
	fields := map[int][]byte{}
	for _, f := range want.fields {
		fields[f.id] = body[f.at : f.at+f.size]
	}

	if want.failed >= 0 {
		faults = append(faults, fault{messages.ErrUnpack, want.failed})
	}

	bitmap := field.NewInstanceOf(spec.Fields[1]).(*field.Bitmap)
	lasting := map[int]change{}

	for _, c := range changes {
		lasting[c.id] = c
	}

	for _, id := range want.ids() { // that of the fault, and those behind it
		if _, ok := fields[id]; !ok {
			fields[id] = nil
		}
	}

	for id, c := range lasting {
		if refused(spec, bitmap, c) {
			faults = append(faults, fault{messages.ErrPack, id})

			continue
		}

		if c.unset {
			delete(fields, id)

			continue
		}

		packed, err := packOne(spec.Fields[id], moovValue(spec, c))
		if err != nil {
			faults = append(faults, fault{messages.ErrPack, id})
		}

		fields[id] = packed
	}

	for id := range fields {
		if id < 2 {
			continue
		}

		if bitmap.Set(id); !bitmap.IsSet(id) {
			faults = append(faults, fault{messages.ErrPack, id}, fault{messages.ErrPack, 1})
		}
	}

	packedBitmap, err := bitmap.Pack()
	if err != nil {
		faults = append(faults, fault{messages.ErrPack, 1})
	}

	if len(faults) > 0 {
		return nil, faults
	}

	frame = append(slices.Clone(fields[0]), packedBitmap...)
	for id := 2; id <= bitmap.Len(); id++ {
		frame = append(frame, fields[id]...)
	}

	return frame, nil
}

// refused reports whether a change can be made in no message.
func refused(spec *iso8583.MessageSpec, bitmap *field.Bitmap, c change) bool {
	if c.id == 0 || c.id == 1 {
		return c.unset || c.id == 1 || !validMTI(c.value)
	}

	return !c.unset && (spec.Fields[c.id] == nil || bitmap.IsBitmapPresenceBit(c.id))
}

func validMTI(text string) bool { return len(text) == 4 && messages.MTI([]byte(text)).Valid() }

// moovValue is the value that moov's package wants: of an MTI that is a Hex or Binary
// field, its bytes.
func moovValue(spec *iso8583.MessageSpec, c change) string {
	if c.id == 0 {
		switch spec.Fields[0].(type) {
		case *field.Hex, *field.Binary:
			raw, _ := hex.DecodeString(c.value)

			return string(raw)
		}
	}

	return c.value
}

// packOne packs a value as Message.Field and Pack do.
func packOne(specField field.Field, value string) (packed []byte, err error) {
	defer func() {
		if recover() != nil {
			packed, err = nil, messages.ErrPack
		}
	}()

	f := field.NewInstanceOf(specField)
	if err := f.SetBytes([]byte(value)); err != nil {
		return nil, err
	}

	return f.Pack()
}

// agreeOnPatch requires that a patched frame is what moov makes of it, and returns
// whether there is one.
func agreeOnPatch(t require.TestingT, spec *iso8583.MessageSpec, viewer *messages.Viewer, body []byte, changes []change) bool {
	v, err := viewer.View(body)
	if err != nil {
		return false
	}

	want := see(spec, body)
	before := slices.Clone(body)
	dst := append(make([]byte, 0, len(body)/2), "dst"...)

	made, err := v.Patch(dst, editsOf(changes)...)
	require.Equal(t, before, body)

	if want.content {
		return err == nil // it was stepped over, and moov does not tell what is behind
	}

	frame, faults := patched(spec, want, body, changes)
	if len(faults) > 0 {
		var frameError *messages.FrameError

		require.ErrorAs(t, err, &frameError)
		require.Contains(t, faults, fault{frameError.Kind, frameError.Field}, "%v", err)
		require.NotRegexp(t, longNumber, err.Error(), "a part of the frame")
		require.Equal(t, "dst", string(made))

		return false
	}

	require.NoError(t, err, "%+v", changes)
	require.Equal(t, "dst"+string(frame), string(made), "%+v", changes)

	agreeOnPack(t, spec, body[:want.end], frame, changes)

	return true
}

// agreeOnPack requires that the oracle itself is right: that a message that moov
// packs as it came has the same bytes after the same changes.
func agreeOnPack(t require.TestingT, spec *iso8583.MessageSpec, body, frame []byte, changes []change) {
	msg, err := messages.Unpack(spec, body)
	if err != nil {
		return
	}

	if again, err := messages.Pack(msg); err != nil || string(again) != string(body) {
		return
	}

	for i, c := range changes {
		overridden := slices.ContainsFunc(changes[i+1:], func(later change) bool { return later.id == c.id })

		switch {
		case overridden: // its value may be wrong
		case c.unset:
			msg.UnsetField(c.id)
		case c.id == 0:
			msg.MTI(moovValue(spec, c))
		default:
			require.NoError(t, msg.Field(c.id, c.value))
		}
	}

	packed, err := messages.Pack(msg)
	require.NoError(t, err)
	require.Equal(t, string(packed), string(frame))
}

// randomChanges are a few changes of the specification's fields, most of them such as
// can be made.
func randomChanges(rnd *rand.Rand, spec *iso8583.MessageSpec, ids []int) []change {
	var changes []change

	for range rnd.IntN(5) {
		c := change{id: ids[rnd.IntN(len(ids))], unset: rnd.IntN(4) == 0}

		if rnd.IntN(30) == 0 {
			c.id = rnd.IntN(140) - 2
		}

		f := spec.Fields[c.id]

		switch {
		case c.unset:
		case c.id == 0:
			c.value = []string{"0110", "0210", "1814", "0430", "01", "abcd"}[rnd.IntN(6)]
		case c.id == 1 || f == nil:
			c.value = "1"
		default:
			value, _, ok := randomField(rnd, f)
			if !ok || rnd.IntN(8) == 0 {
				value = randomValue(rnd, f)
			}

			c.value = value
		}

		changes = append(changes, c)
	}

	return changes
}
