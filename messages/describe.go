package messages

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/field"
)

// sensitive are the fields, and the tags of chip data in field 55, that hold what
// must not be stored or shown: expiry, tracks, PIN, security data, accounts, the
// cardholder's name (PCI DSS 4.0, 3.3 and 3.4; tags by EMV Book 3, annex A).
var sensitive = []string{
	"14", "34", "35", "36", "45", "52", "53", "55", "96", "102", "103",
	"5A", "56", "57", "5F20", "5F24", "99", "9F0B", "9F1F", "9F20", "9F6B",
}

// private are the fields, first and last, that ISO 8583 leaves to nations, networks and
// the parties themselves: verification values are in some of them, and what is in the
// others nobody here knows. So it is with what is not of ISO 8583 at all.
var private = [][2]int{{44, 44}, {46, 48}, {57, 63}, {104, 127}, {129, 192}}

// Describe writes a packed message as readable text, a line a field, with its card
// data masked: of the PAN (fields 2 and 20) the first and the last four digits are
// shown; of other sensitive fields, and of those for additional, private and national
// data (44, 46 to 48, 57 to 63, 104 to 127, 129 on), nothing, whether they have subfields
// or not; and in all others no run of 13 or more digits. Of chip data (55) in subfields
// the sensitive tags are hidden. Filters, as those of moov's Describe, come on top of
// that: one for a field that is masked here takes the place of that, gets the field
// whole, and shows what it returns. frame is not kept and not changed.
//
// The error is a *CodecError where the frame cannot be unpacked or shown, of which
// nothing is written then, or the writer's.
func Describe(w io.Writer, spec *iso8583.MessageSpec, frame []byte, filters ...iso8583.FieldFilter) error {
	msg, err := Unpack(spec, frame)
	if err != nil {
		return err
	}

	text, err := described(msg, filters)
	if err != nil {
		return err
	}

	_, err = w.Write(text)

	return err
}

func described(msg *iso8583.Message, filters []iso8583.FieldFilter) (text []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			text, err = nil, &CodecError{Kind: fmt.Errorf("%w: panic (%T)", ErrUnpack, r)}
		}
	}()

	all := []iso8583.FieldFilter{iso8583.FilterField("2", shortPAN), iso8583.FilterField("20", shortPAN)}
	for _, id := range sensitive {
		all = append(all, iso8583.FilterField(id, hidden))
	}

	for _, ids := range private {
		for id := ids[0]; id <= ids[1]; id++ {
			all = append(all, iso8583.FilterField(strconv.Itoa(id), hidden))
		}
	}

	var out bytes.Buffer
	if err := writeFields(&out, msg, all, filters); err != nil {
		return nil, &CodecError{Kind: ErrUnpack} // the error may quote a field
	}

	return maskLines(out.Bytes()), nil
}

// hidden shows nothing of a value, not even how long it is.
func hidden(string, field.Field) string { return "****" }

// shortPAN shows the first and the last four digits of a PAN.
func shortPAN(pan string, data field.Field) string {
	if len(pan) < panDigits-1 {
		return hidden(pan, data)
	}

	return pan[:4] + "****" + pan[len(pan)-4:]
}

// maskLines masks the long runs of digits in all lines but those of the bitmaps.
func maskLines(text []byte) []byte {
	masked := make([]byte, 0, len(text))

	for line := range bytes.Lines(text) {
		if strings.HasPrefix(string(line), "Bitmap HEX") {
			masked = append(masked, line...)

			continue
		}

		end := len(bytes.TrimRight(line, "\n"))
		masked = append(appendMasked(masked, line[:end]), line[end:]...)
	}

	return masked
}
