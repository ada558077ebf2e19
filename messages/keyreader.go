package messages

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/field"
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
	steps   []fieldStep // indexed by field number, 0 (the MTI) to the last key field
	bitmap  bitmapStep
	fields  []int // the key fields, in the order of their values in the key
	mtiFill bool  // the MTI field drops leading zeros, which have to be put back
}

// Read works without allocating up to so many key fields, words of bits (the 192
// fields of ISO 8583) and bytes of a value that has to be rendered.
const (
	fewKeyFields = 8
	fewWords     = 3
	valueSpace   = 64
)

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
	if spec == nil {
		return nil, errors.New("key reader: no message specification")
	}

	if err := spec.Validate(); err != nil {
		return nil, fmt.Errorf("key reader: message specification: %w", err)
	}

	// Validate has seen that there is a bitmap, and of which type, but not more.
	bitmapField, _ := spec.Fields[1].(*field.Bitmap)
	if isNil(spec.Fields[0]) || bitmapField == nil || bitmapField.Spec() == nil {
		return nil, errors.New("key reader: message specification: MTI or bitmap is nil")
	}

	if len(fields) == 0 {
		fields = []int{11}
	}

	bitmap := compileBitmap(bitmapField)
	if err := checkKeyFields(spec, bitmap, fields); err != nil {
		return nil, fmt.Errorf("key reader: %w", err)
	}

	r := &KeyReader{
		steps:  make([]fieldStep, slices.Max(fields)+1),
		bitmap: bitmap,
		fields: slices.Clone(fields),
	}

	for id := range r.steps {
		r.steps[id] = compileField(spec.Fields[id])
		if id == 1 || bitmap.announces(id) {
			r.steps[id] = fieldStep{kind: stepPresence}
		}
	}

	for slot, id := range fields {
		r.steps[id].slot = slot + 1
	}

	r.mtiFill = dropsLeadingZeros(&r.steps[0])

	return r, nil
}

// MTI reads the message type indicator of a packed message. body is not kept and
// not changed. The error is a [*KeyError] for field 0.
func (r *KeyReader) MTI(body []byte) (MTI, error) {
	mti, _, err := r.readMTI(body)

	return mti, err
}

// Read reads the message type indicator and the key of a packed message. body is
// not kept and not changed. Whatever the error, the MTI is valid if it could be
// read, and the zero MTI otherwise.
//
// The error is a [*KeyError], which matches [ErrNoKey]: a key field is absent or
// empty, or the frame is malformed in a part that has to be read.
func (r *KeyReader) Read(body []byte) (MTI, Key, error) {
	mti, size, err := r.readMTI(body)
	if err != nil {
		return MTI{}, Key{}, err
	}

	var few [fewKeyFields]int

	found := few[:]
	if len(r.fields) > len(few) {
		found = make([]int, len(r.fields))
	}

	if err := r.locate(mti, body, size, found); err != nil {
		return mti, Key{}, err
	}

	key := emptyKey(mti)
	joined := key.values[:0]

	for slot, id := range r.fields {
		at, start := found[slot], len(joined)
		if at == 0 {
			return mti, Key{}, &KeyError{MTI: mti, Field: id, Err: errFieldAbsent}
		}

		joined, _, err = r.steps[id].read(append(joined, 0), body[at:])
		if err != nil {
			return mti, Key{}, malformed(mti, id, at, err)
		}

		if len(joined) == start+1 {
			return mti, Key{}, &KeyError{MTI: mti, Field: id, Err: errFieldEmpty}
		}

		joined = closeValue(joined, start)
	}

	key.fill(mti, joined)

	return mti, key, nil
}

// readMTI returns the MTI and the number of bytes that it takes.
func (r *KeyReader) readMTI(body []byte) (MTI, int, error) {
	var mti, space MTI

	value, size, err := r.steps[0].read(space[:0], body)
	if err != nil {
		return MTI{}, 0, malformed(MTI{}, 0, 0, err)
	}

	missing := len(mti) - len(value)
	if missing < 0 || missing > 0 && !r.mtiFill {
		return MTI{}, 0, malformed(MTI{}, 0, 0, errNotAnMTI)
	}

	for i := range missing {
		mti[i] = '0'
	}

	copy(mti[missing:], value)

	if !mti.Valid() {
		return MTI{}, 0, malformed(MTI{}, 0, 0, errNotAnMTI)
	}

	return mti, size, nil
}

// locate reads the bitmap at offset at and walks to the last key field. It writes
// the offset of every key field that it meets to the field's slot of found, which
// stays 0 for the others: what is at offset 0 is the MTI.
func (r *KeyReader) locate(mti MTI, body []byte, at int, found []int) error {
	last := len(r.steps) - 1

	var few [fewWords]uint64

	words := few[:min(fewWords, last/64+1)]
	if last/64 >= fewWords {
		words = make([]uint64, last/64+1)
	}

	size, err := r.bitmap.read(body[at:], words)
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

			s := &r.steps[id]
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
