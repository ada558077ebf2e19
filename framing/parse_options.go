package framing

import (
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The options of a name; those that end with = have a value.
const (
	inclusiveOption = "inclusive"
	leadingOption   = "leading"
	headerOption    = "header="
	defaultOption   = "default="

	inclusiveSuffix = " " + inclusiveOption
)

// options are those of one name. A framing takes those that it has; what is
// left then is a mistake.
type options struct {
	family string
	values map[string]string
	errs   []error
}

// readOptions takes the words behind a name apart.
func readOptions(family string, words []string) (*options, error) {
	o := &options{family: family, values: make(map[string]string, len(words))}
	for _, word := range words {
		option, value := word, ""
		if i := strings.IndexByte(word, '='); i >= 0 {
			option, value = word[:i+1], word[i+1:]
		}
		if _, again := o.values[option]; again {
			return nil, optionError(family, "option %q is given twice", option)
		}
		o.values[option] = value
	}
	return o, nil
}

func (o *options) take(option string) (value string, given bool) {
	value, given = o.values[option]
	delete(o.values, option)
	return value, given
}

func (o *options) flag(option string) bool {
	_, given := o.take(option)
	return given
}

func (o *options) headerLen() int {
	value, given := o.take(headerOption)
	if !given {
		return 0
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		o.errs = append(o.errs, optionError(o.family, "option %q: %q is not a number of bytes", headerOption, value))
	}
	return n
}

// header is the default header of n bytes, in hexadecimal digits; zeros where it
// is not given, or wrong.
func (o *options) header(n int) []byte {
	value, given := o.take(defaultOption)
	if !given {
		return make([]byte, n)
	}
	b, err := hex.DecodeString(value)
	if err != nil || len(b) != n {
		o.errs = append(o.errs, optionError(o.family, "option %q: %q is not %d bytes in hexadecimal digits", defaultOption, value, n))
		return make([]byte, n)
	}
	// A framing would write its own default instead.
	if !slices.ContainsFunc(b, func(v byte) bool { return v != 0 }) {
		o.errs = append(o.errs, optionError(o.family, "option %q: it must not be all zeros", defaultOption))
	}
	return b
}

// unread reports what was wrong, all at once, with the options that nobody took.
func (o *options) unread() error {
	errs := o.errs
	for _, option := range slices.Sorted(maps.Keys(o.values)) {
		errs = append(errs, optionError(o.family, "it has no option %q", option))
	}
	return errors.Join(errs...)
}
