package messages

import (
	"fmt"
	"iter"
	"log/slog"
)

// View is a look at one packed message, made by [Viewer.View]: it reads the MTI, the
// bitmaps and any field without unpacking the message, and without allocating
// where moov's own encodings allow it (see AppendString). With Patch it makes a new
// message of it. The zero View is of no use.
//
// A View errs where Unpack errs on the MTI, the bitmaps, the field that is asked for,
// and the length of the fields before it. The content of all others it does not
// judge, nor what stands behind: a message that is damaged elsewhere can still be
// routed. It prints and logs its MTI and size, and nothing of the content.
//
// A View is a small value, to be kept in a variable of its own. It remembers where
// the first fields begin (32 of them), so that the frame is walked through once
// however many are read: use it in one goroutine at a time. A copy is another View
// of the same frame.
type View struct {
	viewer *Viewer
	frame  []byte
	mti    MTI
	// bitmapAt is where the bitmaps begin; they end at at[0].
	bitmapAt int
	few      [fewWords]uint64 // the fields that there are, by bit
	more     []uint64         // all of them, where few does not hold them
	// at[i] is where the field begins that has i fields before it, or where the last
	// one ends, as far as it is known; of these, next is above all but the last.
	at    [viewOffsets]int
	known int
	next  int
}

// viewOffsets is how many offsets a View remembers.
const viewOffsets = 33

// MTI is the message type indicator, which is valid.
func (v *View) MTI() MTI { return v.mti }

// Frame is the packed message.
func (v *View) Frame() []byte { return v.frame }

// Has reports whether the message has field id. It always has 0, the MTI, and 1,
// the bitmap.
func (v *View) Has(id int) bool {
	if id < 2 {
		return id >= 0
	}

	words := v.words()
	word := (id - 1) / 64

	return word < len(words) && words[word]<<((id-1)%64)>>63 == 1
}

// Fields gives the numbers of the fields that the message has, in their order,
// without the MTI and bitmaps.
func (v *View) Fields() iter.Seq[int] { return fieldsIn(v.words()) }

// Bytes returns a field as it is in the frame: its length prefix, empty where it has
// none, and its content. Of a field whose length only its own code knows, all is
// content. Both are part of the frame, and valid as long as that is; to append to
// them does not write to it. Field 0 is the MTI, field 1 the bitmaps. For a field
// that the message does not have, content is nil.
//
// The error is a [*FrameError], which matches [ErrUnpack]: the specification lacks
// the field, or the frame is malformed there or before.
func (v *View) Bytes(id int) (prefix, content []byte, err error) {
	switch {
	case id == 1:
		return nil, v.frame[v.bitmapAt:v.at[0]:v.at[0]], nil
	case !v.Has(id):
		return nil, nil, v.viewer.absent(id)
	}

	s, at, err := v.find(id)
	if err != nil {
		return nil, nil, err
	}

	head, size, err := s.extent(v.frame[at:])
	if err != nil {
		return nil, nil, unreadable(id, at, err)
	}

	middle, end := at+head, at+size

	return v.frame[at:middle:middle], v.frame[middle:end:end], nil
}

// String returns the value of a field as GetString of the unpacked message gives
// it: a Numeric field has lost its leading zeros, a padded field its padding, a
// Binary field is upper-case hex, and a field that is not in the message is empty.
// The error is that of Bytes; or the field's content is not what the specification
// says.
func (v *View) String(id int) (string, error) {
	var space [64]byte

	text, err := v.AppendString(space[:0], id)

	return string(text), err
}

// AppendString appends to dst what String returns. With an error, it returns dst as
// it was. It allocates nothing, where dst has room, for String, Numeric, Binary and
// Hex fields in ASCII, EBCDIC, BCD, binary and hex encodings; others, composites
// and tracks among them, are unpacked by their own code, one field at a time.
func (v *View) AppendString(dst []byte, id int) ([]byte, error) {
	if !v.Has(id) {
		return dst, v.viewer.absent(id)
	}

	s, at, err := v.find(id)
	if err != nil {
		return dst, err
	}

	made, _, err := s.read(dst, v.frame[at:])
	if err != nil {
		return dst, unreadable(id, at, err)
	}

	return made, nil
}

// absent is the error for a field that is not in the message: none, if it could be.
func (r *Viewer) absent(id int) error {
	if _, ok := r.spec.Fields[id]; !ok {
		return unreadable(id, 0, errNotInSpec)
	}

	return nil
}

// Format prints MTI and size, whatever the verb.
func (v View) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "isolink view (%s, %d bytes)", v.mti, len(v.frame))
}

// LogValue logs what Format prints.
func (v View) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(v)) }

// MarshalText gives what Format prints, to encoders that look into what they
// are given.
func (v View) MarshalText() ([]byte, error) { return fmt.Append(nil, v), nil }
