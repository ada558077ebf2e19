package messages

import (
	"encoding/hex"
	"fmt"
	"log/slog"
)

// String returns the key for people to read: both MTIs of the pair, then the
// values, as 0200/0210:000123:TERM0001. Any run of 13 or more digits is masked,
// since it may be a PAN (ISO/IEC 7812-1; PCI DSS 4.0, 3.4.1); bytes that are not
// printable ASCII are shown as \x00. The values of a digest are not known: it is
// shown by its first six bytes, 0200/0210:sha256=1f0e2d3c4b5a. The zero Key is
// shown as "none".
//
// It is for diagnosis, not for comparison: different keys can print alike.
func (k Key) String() string {
	if k == (Key{}) {
		return "none"
	}

	version, class := '0'+k.class>>4, '0'+k.class&0x0f
	function := '0' + k.values[0]>>keyLengthBits<<1
	text := []byte{version, class, function, '0', '/', version, class, function + 1, '0'}

	rest := k.values[:]
	size := int(rest[0] & keyLengthMask)

	if size == 0 {
		text = append(text, ":sha256="...)

		return string(hex.AppendEncode(text, rest[1:7]))
	}

	for size > 0 {
		text = append(text, ':')
		text = appendMasked(text, rest[1:1+size])
		rest = rest[1+size:]

		size = 0
		if len(rest) > 0 {
			size = int(rest[0])
		}
	}

	return string(text)
}

// Format prints String for every verb, quoted for %q, so that no verb shows the
// values unmasked. Width and flags are those of a string.
func (k Key) Format(state fmt.State, verb rune) {
	if verb != 'q' {
		verb = 's'
	}

	_, _ = fmt.Fprintf(state, fmt.FormatString(state, verb), k.String())
}

// LogValue returns String, for log/slog.
func (k Key) LogValue() slog.Value {
	return slog.StringValue(k.String())
}

// panDigits is the least number of digits that a PAN in use has.
const panDigits = 13

// appendMasked appends value with its unprintable bytes escaped and its long
// runs of digits masked. It looks for the runs in the escaped text: what is to be
// judged is what a reader, or a scanner of log files, sees.
func appendMasked(text, value []byte) []byte {
	start := len(text)

	for _, b := range value {
		if b < ' ' || b > '~' {
			text = fmt.Appendf(text, `\x%02x`, b)
		} else {
			text = append(text, b)
		}
	}

	run := start
	for i := start; i <= len(text); i++ {
		if i < len(text) && text[i] >= '0' && text[i] <= '9' {
			continue
		}

		if i-run >= panDigits {
			for j := run; j < i; j++ {
				text[j] = '*'
			}
		}

		run = i + 1
	}

	return text
}
