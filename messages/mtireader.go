package messages

import (
	"encoding/hex"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/field"
)

// MTIReader reads the MTI from packed messages of one specification. It does not
// change and is safe for concurrent use.
type MTIReader struct {
	step fieldStep
	fill bool // the MTI field drops leading zeros, which have to be put back
	// plain is set if it is four ASCII characters.
	plain bool
}

// NewMTIReader returns an MTIReader. The error says that spec is nil, or that its
// own Validate refuses it.
func NewMTIReader(spec *iso8583.MessageSpec) (*MTIReader, error) {
	if _, err := checkSpec(spec); err != nil {
		return nil, err
	}

	r := compileMTI(spec)

	return &r, nil
}

func compileMTI(spec *iso8583.MessageSpec) MTIReader {
	step := compileField(spec.Fields[0])

	return MTIReader{step: step, fill: dropsLeadingZeros(&step), plain: step.isPlain(len(MTI{}))}
}

// MTI reads the message type indicator of a packed message. body is not kept and
// not changed. The error is a [*KeyError] for field 0.
func (r *MTIReader) MTI(body []byte) (MTI, error) {
	mti, _, err := r.read(body)
	if err != nil {
		return MTI{}, malformed(MTI{}, 0, 0, err)
	}

	return mti, nil
}

// read returns the MTI and the number of bytes that it takes, or the reason why
// there is none.
func (r *MTIReader) read(body []byte) (MTI, int, error) {
	if r.plain && len(body) >= len(MTI{}) {
		if mti := MTI(body[:len(MTI{})]); mti.Valid() {
			return mti, len(mti), nil
		}
	}

	return r.decode(body)
}

// decode does it for an MTI of any encoding.
func (r *MTIReader) decode(body []byte) (MTI, int, error) {
	var mti, space MTI

	value, size, err := r.step.read(space[:0], body)
	if err != nil {
		return MTI{}, 0, err
	}

	missing := len(mti) - len(value)
	if missing < 0 || missing > 0 && !r.fill {
		return MTI{}, 0, errNotAnMTI
	}

	for i := range missing {
		mti[i] = '0'
	}

	copy(mti[missing:], value)

	if !mti.Valid() {
		return MTI{}, 0, errNotAnMTI
	}

	return mti, size, nil
}

// pack appends mti, so that it is read again, to dst. room is how much to make where
// dst has too little.
func (r *MTIReader) pack(dst []byte, mti MTI, room int) ([]byte, error) {
	switch r.step.source.(type) {
	case *field.Binary, *field.Hex:
		var packed [2]byte

		_, _ = hex.Decode(packed[:], mti[:]) // it is digits

		return r.step.pack(dst, string(packed[:]), room)
	}

	return r.step.pack(dst, string(mti[:]), room)
}

// dropsLeadingZeros reports whether the values of a field have lost their leading
// zeros, which the MTI of every message of version 0 begins with.
func dropsLeadingZeros(s *fieldStep) bool {
	return s.value == valueNumber || s.value == valueText && s.pad == padLeft && s.padByte == '0'
}
