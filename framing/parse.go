package framing

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/isolink-go/isolink/framing/nearest"
)

// families makes the framing of each name without options.
var families = map[string]func(*options) Framer{
	"ascii2": func(o *options) Framer { return ASCII{2, o.flag(inclusiveOption), o.headerLen()} },
	"ascii3": func(o *options) Framer { return ASCII{3, o.flag(inclusiveOption), o.headerLen()} },
	"ascii4": func(o *options) Framer { return ASCII{0, o.flag(inclusiveOption), o.headerLen()} },
	"ascii5": func(o *options) Framer { return ASCII{5, o.flag(inclusiveOption), o.headerLen()} },
	"ascii6": func(o *options) Framer { return ASCII{6, o.flag(inclusiveOption), o.headerLen()} },

	"base24":    func(o *options) Framer { return BASE24{o.headerLen()} },
	"bcd2":      func(o *options) Framer { return BCD2{o.flag(inclusiveOption), o.headerLen()} },
	"binary2":   func(o *options) Framer { return Binary2{o.flag(inclusiveOption), o.headerLen()} },
	"binary4":   func(o *options) Framer { return Binary4{o.flag(inclusiveOption), o.headerLen()} },
	"cmf":       func(o *options) Framer { return CMF{o.flag(inclusiveOption), o.headerLen()} },
	"ebcdic4":   func(o *options) Framer { return EBCDIC4{o.flag(inclusiveOption), o.headerLen()} },
	"hex4":      func(o *options) Framer { return Hex4{o.flag(inclusiveOption), o.headerLen()} },
	"padded":    func(o *options) Framer { return Padded{o.flag(leadingOption), o.headerLen()} },
	"rbp":       func(o *options) Framer { return RBP{o.headerLen()} },
	baseIName:   func(o *options) Framer { return VisaBaseI{[BaseILen]byte(o.header(BaseILen))} },
	tpduName:    func(o *options) Framer { return TPDU{[tpduLen]byte(o.header(tpduLen))} },
	trailerName: func(*options) Framer { return Trailer{} },
	vmlhName:    func(*options) Framer { return VMLH{} },
}

// Names returns the names that Parse knows, without their options, in
// alphabetical order.
func Names() []string {
	names := make([]string, 0, len(families))
	for name := range families {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Parse returns the framing of a name, with its options behind it, as the String
// methods of the framings give it: "binary2", "ascii4 inclusive header=12",
// "padded leading", "binary2+tpdu default=6000010002". Case does not matter,
// options stand in any order, and a hyphen is as good as a space.
//
//	inclusive     the length counts itself
//	leading       the padding stands in front of the length (padded)
//	header=N      HeaderLen, in bytes
//	default=HEX   the header where none is given (binary2+tpdu, base1)
//
// Four digits are an [ASCII] with Digits left zero. [Funcs] has no name here.
//
// The error wraps ErrName for a name that is none; it lists the names, and
// suggests the nearest. It wraps ErrOptions for options that the framing has not,
// or does not allow.
func Parse(name string) (Framer, error) {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || unicode.IsSpace(r) })
	if len(words) == 0 {
		return nil, unknownName("")
	}
	family := words[0]
	frame := families[family]
	if frame == nil {
		return nil, unknownName(family)
	}
	o, err := readOptions(family, words[1:])
	if err != nil {
		return nil, err
	}
	f := frame(o)
	if err := o.unread(); err != nil {
		return nil, err
	}
	if v, ok := f.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func unknownName(name string) error {
	names := Names()
	text := "the names are " + strings.Join(names, ", ")
	if near := nearest.Of(name, names); near != "" {
		text = fmt.Sprintf("did you mean %q? %s", near, text)
	}
	return fmt.Errorf("framing: %w: %q: %s", ErrName, name, text)
}
