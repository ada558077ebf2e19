package messages

import "github.com/moov-io/iso8583/field"

// fieldStep is what is known of one field of a specification: how to find its
// end in a frame, and how to read its value.
type fieldStep struct {
	kind  stepKind
	value valueKind
	// evenUnits is set for a track 2 unpacker: an odd length stands for the even
	// one above it, whose last unit is padding.
	evenUnits bool
	encoding  encodingKind
	pad       padKind
	padByte   byte
	// packs is set if the field is packed without its own code.
	packs  bool
	prefix lengthPrefix
	// max is the length of a fixed field and the greatest of any other, in units
	// of the encoding (characters, digits or bytes).
	max int
	// fixed and units are how many bytes and units the field always takes, if kind
	// is stepFixed.
	fixed, units int
	// slot is the field's place in the key, from 1, or 0 for all other fields.
	slot int
	// source is the specification's field, for its own code.
	source field.Field
}

// stepKind is how the end of a field is found. The zero kind is that of a field
// that the specification lacks.
type stepKind uint8

const (
	stepUnknown  stepKind = iota
	stepPresence          // no field: a bit that announces a bitmap
	stepFixed             // by a size that is always the same
	stepMeasured          // by its length prefix
	stepForeign           // by unpacking it with its own code
)

// size returns how many bytes the field at the beginning of src takes.
func (s *fieldStep) size(src []byte) (int, error) {
	_, size, err := s.extent(src)

	return size, err
}

// extent returns how many bytes the field at the beginning of src takes, and how
// many of them are its length prefix, as far as that is known.
func (s *fieldStep) extent(src []byte) (head, size int, err error) {
	switch s.kind {
	case stepFixed, stepMeasured:
		head, content, _, err := s.measure(src)

		return head, head + content, err
	case stepForeign:
		size, _, err := unpackForeign(s.source, src, false)

		return 0, size, err
	default:
		return 0, 0, errNotInSpec
	}
}

// read appends the value of the field at the beginning of src to dst, and returns
// how many bytes the field takes. The specification has the field.
func (s *fieldStep) read(dst, src []byte) (value []byte, size int, err error) {
	if s.value == valueForeign {
		size, text, err := unpackForeign(s.source, src, true)

		return append(dst, text...), size, err
	}

	head, content, units, err := s.measure(src)
	if err != nil {
		return dst, 0, err
	}

	size = head + content
	value, err = s.appendValue(dst, src[head:size], units)

	return value, size, err
}

// measure returns how many bytes length prefix and content of the field at the
// beginning of src take, and how many units (characters, digits or bytes) the
// content has. All of the field is within src.
func (s *fieldStep) measure(src []byte) (head, content, units int, err error) {
	if s.kind == stepFixed {
		if s.fixed > len(src) {
			return 0, 0, 0, errShort
		}

		return 0, s.fixed, s.units, nil
	}

	units, head, err = s.prefix.length(src, s.max)
	if err != nil {
		return 0, 0, 0, err
	}

	room := len(src) - head

	if s.evenUnits && units%2 != 0 {
		units++
	}

	switch {
	case units < 0:
		return 0, 0, 0, errBadLength
	case units > 2*room:
		// No encoding takes less than half a byte for a unit. To know it first
		// keeps what follows from overflowing.
		return 0, 0, 0, errShort
	}

	content = s.encoding.size(units)
	if content > room {
		return 0, 0, 0, errShort
	}

	return head, content, units, nil
}
