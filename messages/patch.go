package messages

import (
	"fmt"
	"log/slog"
	"math"
)

// Edit is a change that [View.Patch] makes: SetMTI, SetField and UnsetField return
// one. It can be used many times. It prints and logs its field's number, and not
// the value.
type Edit struct {
	id    int
	unset bool
	mti   MTI
	value string
}

// SetMTI makes mti the message type indicator; it has to be valid.
func SetMTI(mti MTI) Edit { return Edit{mti: mti} }

// SetField gives field id the value that iso8583.Message.Field takes, whether the
// message has it or not. That of a Binary or Hex field is its bytes, that of a
// composite its packed subfields. Field 0 is the MTI.
func SetField(id int, value string) Edit {
	if id == 0 {
		return Edit{mti: mtiOf(value)}
	}

	return Edit{id: id, value: value}
}

// UnsetField takes field id out of the message; if the message does not have it,
// nothing is changed.
func UnsetField(id int) Edit { return Edit{id: id, unset: true} }

func mtiOf(text string) (mti MTI) {
	if len(text) == len(mti) {
		copy(mti[:], text)
	}

	return mti
}

// Patch appends to dst the message with these changes, and returns that: a packed
// message as Unpack, the changes, and Pack would have made it. Of two changes of one
// field the later one counts. What is changed is packed by the specification, the
// bitmaps are written anew, and all else is copied as it is, byte for byte: where
// the peer has packed a field in another way than moov's package would, that way is
// kept. What stands behind the last field is left out.
//
// dst must not overlap the frame. Where it has room, nothing is allocated, and
// otherwise only that room, as long as the changed fields are of the kinds that
// AppendString names, in ASCII, EBCDIC, BCD or binary; others are packed by their
// own code.
//
// The error is a [*FrameError], and dst is returned as it was. It matches
// [ErrUnpack] where the message is malformed, or has a field that the specification
// lacks: all of its lengths are judged, and no content. It matches [ErrPack] where a
// change cannot be made: the field does not pack with that value, the MTI is not
// four digits or is to be taken out, or the field is not in the specification, is a
// bitmap, or no bitmap can announce it.
func (v *View) Patch(dst []byte, edits ...Edit) ([]byte, error) {
	made, err := v.patch(dst, edits)
	if err != nil {
		return dst, err
	}

	return made, nil
}

func (v *View) patch(dst []byte, edits []Edit) ([]byte, error) {
	room, n := len(v.frame), len(v.words())

	for e := nextEdit(edits, math.MinInt); e != nil; e = nextEdit(edits, e.id) {
		if err := v.viewer.check(e); err != nil {
			return nil, err
		}

		if !e.unset {
			room += v.viewer.mayTake(e)
			n = max(n, (e.id+63)/64)
		}
	}

	var few [fewWords]uint64

	words := few[:]
	if n > fewWords {
		words = make([]uint64, n)
	}

	copy(words, v.words())

	for e := nextEdit(edits, 1); e != nil; e = nextEdit(edits, e.id) {
		e.mark(words)
	}

	dst, err := v.patchHead(dst, edits, words, room)
	if err != nil {
		return nil, err
	}

	return v.patchFields(dst, edits, room)
}

// mark changes the field's bit. There are words for all that is set.
func (e *Edit) mark(words []uint64) {
	word, bit := (e.id-1)/64, uint64(1)<<(63-(e.id-1)%64)

	switch {
	case word >= len(words):
	case e.unset:
		words[word] &^= bit
	default:
		words[word] |= bit
	}
}

// check returns the error of a change that can be made in no message.
func (r *Viewer) check(e *Edit) error {
	bitmap := &r.layout.bitmap

	switch {
	case e.unset && (e.id == 0 || e.id == 1):
		return unwritable(e.id, errAlwaysThere)
	case e.unset:
		return nil
	case e.id == 0 && !e.mti.Valid():
		return unwritable(0, errNotAnMTI)
	case e.id == 1 || bitmap.announces(e.id):
		return unwritable(e.id, errIsABitmap)
	case r.step(e.id).kind == stepUnknown:
		return unwritable(e.id, errNotInSpec)
	case bitmap.limit > 0 && e.id > bitmap.limit:
		return unwritable(e.id, errNoBit)
	default:
		return nil
	}
}

// mayTake returns how many bytes a change adds at most, if the field is packed
// without its own code.
func (r *Viewer) mayTake(e *Edit) int {
	const most = 6 + 20 // a length prefix, a number

	size := most + len(e.value)

	if s := r.step(e.id); s.pad != padNone {
		size += max(0, s.max)
	}

	// The bitmaps grow with the field's number.
	return size + r.layout.bitmap.encodedSize(e.id/8+r.layout.bitmap.bytes)
}

// patchHead appends MTI and bitmaps.
func (v *View) patchHead(dst []byte, edits []Edit, words []uint64, room int) ([]byte, error) {
	if e := nextEdit(edits, -1); e == nil || e.id > 0 {
		dst = append(grow(dst, v.bitmapAt, room), v.frame[:v.bitmapAt]...)
	} else {
		var err error
		if dst, err = v.viewer.layout.mti.pack(dst, e.mti, room); err != nil {
			return nil, unwritable(0, err)
		}
	}

	dst, err := v.viewer.layout.bitmap.append(dst, words, room)
	if err != nil {
		return nil, unwritable(1, err)
	}

	return dst, nil
}

// patchFields appends the fields: from change to change, what is between.
func (v *View) patchFields(dst []byte, edits []Edit, room int) ([]byte, error) {
	from := v.at[0] // what is before has been copied, or is not to be

	for e := nextEdit(edits, 0); e != nil; e = nextEdit(edits, e.id) {
		at, err := v.locate(e.id)
		if err != nil {
			return nil, err
		}

		dst = append(grow(dst, at-from, room), v.frame[from:at]...)
		from = at

		if v.Has(e.id) {
			if from, err = v.locate(e.id + 1); err != nil {
				return nil, err
			}
		}

		if e.unset {
			continue
		}

		if dst, err = v.viewer.step(e.id).pack(dst, e.value, room); err != nil {
			return nil, unwritable(e.id, err)
		}
	}

	end, err := v.locate(64*len(v.words()) + 1)
	if err != nil {
		return nil, err
	}

	return append(grow(dst, end-from, room), v.frame[from:end]...), nil
}

// nextEdit returns the change of the first field behind field id, the last one of
// them.
func nextEdit(edits []Edit, id int) (next *Edit) {
	for i := range edits {
		e := &edits[i]
		if e.id > id && (next == nil || e.id <= next.id) {
			next = e
		}
	}

	return next
}

// Format prints the number of the field, whatever the verb.
func (e Edit) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "isolink edit (field %d)", e.id)
}

// LogValue logs what Format prints.
func (e Edit) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(e)) }

// MarshalText gives what Format prints, to encoders that look into what they
// are given.
func (e Edit) MarshalText() ([]byte, error) { return fmt.Append(nil, e), nil }
