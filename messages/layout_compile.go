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

	s.packs = s.canPack(spec)
	fixSize(&s)

	return s
}

// fixSize finds out whether the field always takes the same number of bytes.
func fixSize(s *fieldStep) {
	// So large a length is no frame's, and its size could overflow.
	const largest = 1 << 30

	if s.prefix.kind != prefixFixed || s.max < 0 || s.max > largest {
		return
	}

	s.units = s.max
	if s.evenUnits {
		s.units += s.units % 2
	}

	s.kind, s.fixed = stepFixed, s.encoding.size(s.units)
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

// prefixKinds are the prefixes with a length in them, by the name that moov's
// prefixers give themselves.
var prefixKinds = map[string]prefixKind{
	"ASCII":      prefixASCII,
	"EBCDIC":     prefixEBCDIC,
	"EBCDIC1047": prefixEBCDIC1047,
	"BCD":        prefixBCD,
	"Binary":     prefixBinary,
	"Hex":        prefixHex,
}

// compilePrefix returns the prefix that p is, of kind prefixUnknown if p is not
// of moov's package. The types there have no exported names, and its variables
// can be assigned to, so that a prefixer is known by where its type is from and
// by what it says of itself: ASCII.LL, BCD.Fixed, BerTLV.
func compilePrefix(p prefix.Prefixer) lengthPrefix {
	if !samePackage(p, prefix.BerTLV) {
		return lengthPrefix{}
	}

	family, size, _ := strings.Cut(p.Inspect(), ".")

	switch {
	case family == "BerTLV":
		return lengthPrefix{kind: prefixBER}
	case family == "None":
		return lengthPrefix{kind: prefixRest}
	case size == "Fixed":
		return lengthPrefix{kind: prefixFixed}
	}

	digits := int8(strings.Count(size, "L"))
	compiled := lengthPrefix{kind: prefixKinds[family], digits: digits}

	switch compiled.kind {
	case prefixBCD:
		compiled.bytes = (digits + 1) / 2
	case prefixHex:
		compiled.bytes = 2 * digits
	default:
		compiled.bytes = digits
	}

	return compiled
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
	if len(pad) == 0 {
		return padNone, 0, true
	}

	kind := padNone

	switch reflect.TypeOf(p) {
	case reflect.TypeOf(padding.NewLeftPadder(' ')):
		kind = padLeft
	case reflect.TypeOf(padding.NewRightPadder(' ')):
		kind = padRight
	}

	return kind, pad[0], kind != padNone && len(pad) == 1
}
