// Package spec87 holds the message format that the examples speak: every data
// element of ISO 8583:1987, with ASCII text and binary bitmaps.
//
//	message := iso8583.NewMessage(spec87.Spec)
//	message.MTI("0800")
//	err := message.Field(70, "301")
//
// Real hosts differ in some elements, and say so in their own specification: copy
// the table, and change what yours has otherwise.
package spec87

import (
	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
)

// Spec is the format. On the wire:
//
//   - the MTI is four ASCII digits;
//   - a bitmap is 8 bytes, and the second one is there when an element above 64 is;
//   - text is ASCII, its length, where it varies, two or three ASCII digits in front;
//   - elements 52, 64, 96 and 128 are 8 bytes; element 55 is as many bytes as its
//     length says, holding EMV data in BER-TLV.
//
// Nothing is padded: a value of an element with a fixed length must have that length,
// so that leading zeros and trailing spaces come out as they went in. Spec is shared:
// it must not be changed.
var Spec = newSpec()

// kind is how an element's value and its length are written.
type kind int

const (
	fixed       kind = iota // text of a fixed length
	llvar                   // text, two digits of length
	lllvar                  // text, three digits of length
	binaryFixed             // bytes of a fixed number
	binaryLLL               // bytes, three digits of length
)

// element is a row of the table: number, kind, length or greatest length, name.
type element struct {
	id     int
	kind   kind
	length int
	name   string
}

func newSpec() *iso8583.MessageSpec {
	fields := map[int]field.Field{
		0: field.NewString(&field.Spec{
			Length:      4,
			Description: "Message type identifier",
			Enc:         encoding.ASCII,
			Pref:        prefix.ASCII.Fixed,
		}),
		1: field.NewBitmap(&field.Spec{
			Length:      8,
			Description: "Bitmap",
			Enc:         encoding.Binary,
			Pref:        prefix.Binary.Fixed,
		}),
	}
	for _, e := range elements {
		fields[e.id] = e.field()
	}
	return &iso8583.MessageSpec{Name: "ISO 8583:1987, ASCII text, binary bitmaps", Fields: fields}
}

func (e element) field() field.Field {
	spec := &field.Spec{Length: e.length, Description: e.name, Enc: encoding.ASCII}
	switch e.kind {
	case fixed:
		spec.Pref = prefix.ASCII.Fixed
	case llvar:
		spec.Pref = prefix.ASCII.LL
	case lllvar:
		spec.Pref = prefix.ASCII.LLL
	case binaryFixed:
		spec.Enc, spec.Pref = encoding.Binary, prefix.Binary.Fixed
		return field.NewBinary(spec)
	case binaryLLL:
		spec.Enc, spec.Pref = encoding.Binary, prefix.ASCII.LLL
		return field.NewBinary(spec)
	}
	return field.NewString(spec)
}
