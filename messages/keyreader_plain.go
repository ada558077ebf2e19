package messages

import (
	"math/bits"
)

// isPlain reports whether readPlain can read the key: MTI and key are ASCII of a
// fixed length, the key is one field, and one bitmap announces it. The default key,
// field 11, is that in most specifications.
func (p *keyPlan) isPlain(mti MTIReader, bitmap bitmapStep) bool {
	id := p.fields[0]
	key := &p.steps[id]

	return len(p.fields) == 1 && id > 1 && id <= 64 && mti.plain &&
		bitmap.foreign == nil && bitmap.bytes%8 == 0 && key.isPlain(key.fixed) && key.fixed > 0 && key.fixed < keySpace
}

// isPlain reports whether the field is size bytes of ASCII, and its value is what
// they say.
func (s *fieldStep) isPlain(size int) bool {
	return s.kind == stepFixed && s.fixed == size && s.value == valueText && s.encoding == encodingASCII && s.pad == padNone
}

// readPlain is Read for the plain case, in a third of its time: every message passes
// through it, in both directions. Whatever is not as usual, a fault above all, it
// leaves to Read.
func (r *KeyReader) readPlain(key *Key, body []byte) (mti MTI, ok bool) {
	if len(body) < len(mti) {
		return mti, false
	}

	mti = MTI(body[:len(mti)])
	if !mti.Valid() {
		return mti, false
	}

	const first = 1 << 63 // the bit of field 1, which is no field

	plan := r.classes[mti.Class()-'0']
	if !plan.plain || r.normal {
		return mti, false
	}

	var words [1]uint64

	size, _, err := r.bitmap.read(body[len(mti):], words[:])
	last := len(plan.steps) - 1

	if err != nil || words[0]&(first>>(last-1)) == 0 {
		return mti, false
	}

	at := len(mti) + size

	for word := words[0] &^ first & (^uint64(0) << (65 - last)); word != 0; {
		lead := bits.LeadingZeros64(word)
		word &^= first >> lead
		s := &plan.steps[lead+1]

		size = s.fixed
		if s.kind != stepFixed || size > len(body)-at {
			if size, err = s.size(body[at:]); err != nil {
				return mti, false
			}
		}

		at += size
	}

	size = plan.steps[last].fixed
	if size > len(body)-at || !isASCII(body[at:at+size]) {
		return mti, false
	}

	*key = emptyKey(mti)
	key.values[0] = byte(size) | (mti.Function()-'0')>>1<<keyLengthBits
	copy(key.values[1:], body[at:at+size])

	return mti, true
}
