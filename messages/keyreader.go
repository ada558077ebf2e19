package messages

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/moov-io/iso8583"
)

// KeyReader reads MTI and key from packed messages of one specification, without
// unpacking them: it steps over the fields before the last key field by their
// lengths, and decodes the key fields only.
//
// What it reads is what iso8583.Message gives after Unpack: a value in a key is
// that of GetString (a Numeric field has lost its leading zeros, a padded field
// its padding, a Binary field is upper-case hex). It errs where Unpack errs on
// the MTI, the bitmap, a key field, or the length of a field before the last key
// field. The content of the fields that it steps over it does not judge, nor
// anything behind the last key field: a response that is damaged elsewhere still
// finds its request, whose sender then learns from Unpack what is wrong with it.
//
// Fields with an unpacker, prefixer, encoder or type that are not of moov's
// packages are unpacked by their own code, one at a time; that is slower, and
// such code has to be safe for concurrent use. A panic in it is an error here.
//
// A KeyReader does not change and is safe for concurrent use. The specification
// must not be changed once it has been given to NewKeyReader.
type KeyReader struct {
	mti     MTIReader
	bitmap  bitmapStep
	classes [10]*keyPlan // by the MTI's class
	normal  bool
}

// keyPlan is how the key fields of a class are found and read.
type keyPlan struct {
	steps  []fieldStep // indexed by field number, 0 (the MTI) to the last key field
	fields []int       // the key fields, in the order of their values in the key
	plain  bool        // readPlain can read the key
}

// Read works without allocating up to so many key fields.
const fewKeyFields = 8

// NewKeyReader returns a KeyReader for keys that are made of fields, in this
// order; without any, of field 11, the systems trace audit number.
//
// It returns every [*KeyFieldError] there is, joined: for a field that the
// specification lacks (ErrKeyFieldUnknown), and for one that cannot be part of a
// key (ErrKeyFieldRefused) because it holds card data or a PIN (2, 14, 34, 35, 36,
// 45, 52, 53, 55), is the MTI (0), a bitmap or a MAC (1, 64, 128), is given
// twice, or lies where no bitmap of the specification can announce it. A nil
// specification, or one that its own Validate refuses, is an error too.
func NewKeyReader(spec *iso8583.MessageSpec, fields ...int) (*KeyReader, error) {
	bitmapField, err := checkSpec(spec)
	if err != nil {
		return nil, fmt.Errorf("key reader: %w", err)
	}

	if len(fields) == 0 {
		fields = []int{11}
	}

	bitmap := compileBitmap(bitmapField)
	if err := checkKeyFields(spec, bitmap, fields); err != nil {
		return nil, fmt.Errorf("key reader: %w", err)
	}

	made := compileLayout(spec, bitmap, slices.Max(fields))
	plan := &keyPlan{steps: made.steps, fields: slices.Clone(fields)}

	for slot, id := range fields {
		plan.steps[id].slot = slot + 1
	}

	plan.plain = plan.isPlain(made.mti, bitmap)

	r := &KeyReader{mti: made.mti, bitmap: bitmap}
	for class := range r.classes {
		r.classes[class] = plan
	}

	return r, nil
}

// WithClass returns a KeyReader that reads the keys of one class of messages, the
// MTI's second digit as a character, '0' to '9', from the key fields of other, and
// all others as r does. Both are of the same specification. Any other class
// changes nothing.
func (r *KeyReader) WithClass(class byte, other *KeyReader) *KeyReader {
	made := *r
	if class >= '0' && class <= '9' {
		made.classes[class-'0'] = other.classes[class-'0']
	}

	return &made
}

// Normalized returns a KeyReader that takes values of fields 11 and 41 for equal
// which differ in their padding only: spaces around them do not count, nor do the
// zeros that they begin with; of nothing but these "0" is left. So "000123" is
// "123", and "00TERM1 " is "TERM1". jPOS compares likewise: its QMUX trims both
// fields and fills them up with leading zeros.
func (r *KeyReader) Normalized() *KeyReader {
	made := *r
	made.normal = true

	return &made
}

// MTI reads the message type indicator of a packed message, as [MTIReader.MTI]
// does.
func (r *KeyReader) MTI(body []byte) (MTI, error) { return r.mti.MTI(body) }

// Read reads the message type indicator and the key of a packed message. body is
// not kept and not changed. Whatever the error, the MTI is valid if it could be
// read, and the zero MTI otherwise.
//
// The error is a [*KeyError], which matches [ErrNoKey]: a key field is absent or
// empty, or the frame is malformed in a part that has to be read.
func (r *KeyReader) Read(body []byte) (MTI, Key, error) {
	var key Key
	if mti, ok := r.readPlain(&key, body); ok {
		return mti, key, nil
	}

	mti, size, err := r.mti.read(body)
	if err != nil {
		return MTI{}, Key{}, malformed(MTI{}, 0, 0, err)
	}

	if err := r.readAs(&key, mti, body, size); err != nil {
		return mti, Key{}, err
	}

	return mti, key, nil
}

// KeyOf reads the key of a message of type m.MTI from m.Frame, whatever type that
// says itself: a [KeyFunc] that uses key fields. The error is a [*KeyError].
func (r *KeyReader) KeyOf(m *Received) (Key, error) {
	own, size, err := r.mti.read(m.Frame)
	if err != nil {
		return Key{}, malformed(MTI{}, 0, 0, err)
	}

	if !m.MTI.Valid() {
		return Key{}, &KeyError{MTI: own, Err: errNotAnMTI}
	}

	var key Key
	if err := r.readAs(&key, m.MTI, m.Frame, size); err != nil {
		return Key{}, err
	}

	return key, nil
}

// readAs reads the key of a message of type mti, which is valid, into key, the
// zero one; the MTI takes size bytes of body.
func (r *KeyReader) readAs(key *Key, mti MTI, body []byte, size int) error {
	plan := r.classes[mti.Class()-'0']

	var few [fewKeyFields]int

	found := few[:]
	if len(plan.fields) > len(few) {
		found = make([]int, len(plan.fields))
	}

	if err := r.locate(plan, mti, body, size, found); err != nil {
		return err
	}

	*key = emptyKey(mti)
	joined := key.values[:0]

	for slot, id := range plan.fields {
		var err error

		if joined, err = r.appendValue(joined, plan, mti, id, body, found[slot]); err != nil {
			return err
		}
	}

	key.fill(mti, joined)

	return nil
}

// appendValue appends the value of a key field, behind its length. It begins at
// offset at of body; 0: it is absent.
func (r *KeyReader) appendValue(joined []byte, plan *keyPlan, mti MTI, id int, body []byte, at int) ([]byte, error) {
	if at == 0 {
		return joined, &KeyError{MTI: mti, Field: id, Err: errFieldAbsent}
	}

	start := len(joined)

	joined, _, err := plan.steps[id].read(append(joined, 0), body[at:])
	if err != nil {
		return joined, malformed(mti, id, at, err)
	}

	if len(joined) == start+1 {
		return joined, &KeyError{MTI: mti, Field: id, Err: errFieldEmpty}
	}

	if r.normal {
		joined = normalize(joined, start+1, id)
	}

	return closeValue(joined, start), nil
}

// ReadEach reads a key of each field alone, in the order of the fields: what as many
// KeyReaders of one field each would read, but the frame is walked through once. A
// field that cannot be read has the zero Key. body is not kept and not changed.
func (r *KeyReader) ReadEach(body []byte) []Key {
	mti, size, err := r.mti.read(body)
	if err != nil {
		return make([]Key, len(r.classes[0].fields))
	}

	plan := r.classes[mti.Class()-'0']
	keys, found := make([]Key, len(plan.fields)), make([]int, len(plan.fields))
	_ = r.locate(plan, mti, body, size, found) // what is before the fault was found

	for slot, id := range plan.fields {
		key := &keys[slot]
		*key = emptyKey(mti)

		joined, err := r.appendValue(key.values[:0], plan, mti, id, body, found[slot])
		if err != nil {
			*key = Key{}

			continue
		}

		key.fill(mti, joined)
	}

	return keys
}

// locate reads the bitmap at offset at and walks to the last key field. It writes
// the offset of every key field that it meets to the field's slot of found, which
// stays 0 for the others: what is at offset 0 is the MTI.
func (r *KeyReader) locate(plan *keyPlan, mti MTI, body []byte, at int, found []int) error {
	last := len(plan.steps) - 1

	var few [fewWords]uint64

	words := few[:min(fewWords, last/64+1)]
	if last/64 >= fewWords {
		words = make([]uint64, last/64+1)
	}

	size, _, err := r.bitmap.read(body[at:], words)
	if err != nil {
		return malformed(mti, 1, at, err)
	}

	at += size

	for i, word := range words {
		for word != 0 {
			lead := bits.LeadingZeros64(word)
			word &^= 1 << (63 - lead)

			id := 64*i + lead + 1
			if id > last {
				return nil
			}

			s := &plan.steps[id]
			if s.kind == stepPresence {
				continue
			}

			if s.slot > 0 {
				found[s.slot-1] = at
				if id == last {
					return nil
				}
			}

			size := s.fixed
			if s.kind != stepFixed || size > len(body)-at {
				if size, err = s.size(body[at:]); err != nil {
					return malformed(mti, id, at, err)
				}
			}

			at += size
		}
	}

	return nil
}

// malformed says at which offset of the frame the field at fault begins.
func malformed(mti MTI, field, offset int, reason error) error {
	return &KeyError{MTI: mti, Field: field, Err: fmt.Errorf("at offset %d: %w", offset, reason)}
}
