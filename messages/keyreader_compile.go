package messages

import (
	"reflect"
	"strings"

	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/padding"
	"github.com/moov-io/iso8583/prefix"
)

// compileField returns the step of a field, of kind stepUnknown if f is nil. What
// is not exactly known is left to the field's own code: its value, or its length
// as well.
func compileField(f field.Field) fieldStep {
	if isNil(f) {
		return fieldStep{}
	}

	foreign := fieldStep{kind: stepForeign, value: valueForeign, source: f}
	s := fieldStep{kind: stepMeasured, source: f}

	switch f.(type) {
	case *field.String:
		s.value = valueText
	case *field.Numeric:
		s.value = valueNumber
	case *field.Binary, *field.Hex:
		s.value = valueHex
	case *field.Track1, *field.Track2, *field.Track3, *field.Composite:
		s.value = valueForeign
	default:
		return foreign
	}

	spec := f.Spec()
	if spec == nil {
		return foreign
	}

	s.max = spec.Length
	s.prefix = compilePrefix(spec.Pref)
	s.encoding = compileEncoding(spec.Enc)

	if _, ok := f.(*field.Composite); ok {
		// A composite's length counts bytes, and its unpacker is its own.
		s.encoding = encodingBinary
	} else if !knownUnpacker(&s, spec.Unpacker) {
		return foreign
	}

	if s.prefix.kind == prefixUnknown || s.encoding == encodingUnknown {
		return foreign
	}

	var ok bool
	if s.pad, s.padByte, ok = compilePad(spec.Pad); !ok {
		s.value = valueForeign
	}

	return s
}

// knownUnpacker reports whether u is one of moov's, and sets what it is.
func knownUnpacker(s *fieldStep, u field.Unpacker) bool {
	switch u.(type) {
	case nil:
		return true
	case field.Track2Unpacker, *field.Track2Unpacker:
		s.evenUnits = true

		return true
	default:
		return false
	}
}

// compilePrefix returns the prefix that p is, of kind prefixUnknown if p is not
// of moov's package. The types there have no exported names, and its variables
// can be assigned to, so that a prefixer is known by where its type is from and by what it says of
// itself.
func compilePrefix(p prefix.Prefixer) lengthPrefix {
	if !samePackage(p, prefix.BerTLV) {
		return lengthPrefix{}
	}

	family, size, _ := strings.Cut(p.Inspect(), ".")
	digits := int8(len(size))

	switch {
	case family == "BerTLV":
		return lengthPrefix{kind: prefixBER}
	case family == "None":
		return lengthPrefix{kind: prefixRest}
	case size == "Fixed":
		return lengthPrefix{kind: prefixFixed}
	case strings.Trim(size, "L") != "" || size == "":
		return lengthPrefix{}
	}

	switch family {
	case "ASCII":
		return lengthPrefix{kind: prefixASCII, digits: digits, bytes: digits}
	case "EBCDIC":
		return lengthPrefix{kind: prefixEBCDIC, digits: digits, bytes: digits}
	case "EBCDIC1047":
		return lengthPrefix{kind: prefixEBCDIC1047, digits: digits, bytes: digits}
	case "BCD":
		return lengthPrefix{kind: prefixBCD, digits: digits, bytes: (digits + 1) / 2}
	case "Binary":
		return lengthPrefix{kind: prefixBinary, digits: digits, bytes: digits}
	case "Hex":
		return lengthPrefix{kind: prefixHex, digits: digits, bytes: 2 * digits}
	default:
		return lengthPrefix{}
	}
}

// samePackage reports whether the types of v and like, or what they point to,
// are declared in the same package.
func samePackage(v, like any) bool {
	return v != nil && packageOf(v) == packageOf(like)
}

func packageOf(v any) string {
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}

	return t.PkgPath()
}

// compileEncoding returns the encoding that e is, encodingUnknown if e is not
// one of moov's for content.
func compileEncoding(e encoding.Encoder) encodingKind {
	switch e {
	case encoding.ASCII:
		return encodingASCII
	case encoding.EBCDIC:
		return encodingEBCDIC
	case encoding.EBCDIC1047:
		return encodingEBCDIC1047
	case encoding.Binary:
		return encodingBinary
	case encoding.BCD:
		return encodingBCD
	case encoding.LBCD:
		return encodingLBCD
	case encoding.BytesToASCIIHex:
		return encodingHexText
	case encoding.ASCIIHexToBytes:
		return encodingHexValue
	default:
		return encodingUnknown
	}
}

// compilePad returns how p pads, and false if that is not exactly known: if p is
// not one of moov's, or pads with other than one ASCII character.
func compilePad(p padding.Padder) (padKind, byte, bool) {
	if p == nil {
		return padNone, 0, true
	}

	if !samePackage(p, padding.NewLeftPadder(' ')) {
		return padNone, 0, false
	}

	pad := p.Inspect()

	switch {
	case len(pad) == 0:
		return padNone, 0, true
	case len(pad) > 1 || pad[0] > 0x7f:
		return padNone, 0, false
	case reflect.TypeOf(p) == reflect.TypeOf(padding.NewLeftPadder(' ')):
		return padLeft, pad[0], true
	case reflect.TypeOf(p) == reflect.TypeOf(padding.NewRightPadder(' ')):
		return padRight, pad[0], true
	default:
		return padNone, 0, false
	}
}

// dropsLeadingZeros reports whether the values of a field have lost their leading
// zeros, which the MTI of every message of version 0 begins with.
func dropsLeadingZeros(s *fieldStep) bool {
	if s.value == valueForeign {
		return false
	}

	return s.value == valueNumber || s.pad == padLeft && s.padByte == '0'
}
