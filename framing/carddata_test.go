package framing_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

// shown are framings of every kind.
var shown = []framing.Framer{
	framing.Binary2{},
	framing.Binary2{Inclusive: true},
	framing.Binary2{HeaderLen: 200},
	framing.ASCII{Digits: 2},
	framing.ASCII{},
	framing.ASCII{Digits: 6},
	framing.ASCII{HeaderLen: 200},
	framing.Binary4{},
	framing.Binary4{Inclusive: true, HeaderLen: 200},
	framing.BCD2{},
	framing.BCD2{HeaderLen: 200},
	framing.Hex4{},
	framing.EBCDIC4{},
	framing.CMF{},
	framing.CMF{Inclusive: true},
	framing.Padded{},
	framing.Padded{Leading: true},
	framing.RBP{},
	framing.VMLH{},
	framing.TPDU{},
	framing.BASE24{},
	framing.Trailer{},
	framing.VisaBaseI{},
	threeBytes(), signed(),
}

// What follows the length bytes can be card data: it is shown in no error.
func TestErrorsShowLengthBytesOnly(t *testing.T) {
	const pan = "4111111111111111"
	for _, f := range shown {
		for _, length := range []string{"", "\x00\x40", "\xee\xee", "\x00\x00\x40", "40", "0064", "000064", "ZZZZZZ", "\x16\x03", "GET "} {
			for _, limit := range []int{10, 65_535} {
				wire := []byte(length + "\x02\x00" + pan + pan)
				_, err := readAll(f, reader(wire), limit)
				text := err.Error()
				assert.NotContains(t, text, "1111")
				assert.NotContains(t, text, "31 31 31 31 31", "%v %q", f, length)
				assert.LessOrEqual(t, strings.Count(text, " 31"), 2*4, "%v %q: %s", f, length, text)
				if own := asError(t, err); own.Bytes != nil {
					assert.LessOrEqual(t, len(own.Bytes), 8)
					assert.True(t, bytes.Contains(wire, own.Bytes))
				}
			}
		}
	}
}

// The same where the number is packed, two digits to a byte: length fields of four
// and six bytes hold more of it.
func TestErrorsShowNoPackedNumberOutOfStep(t *testing.T) {
	const pan = "4276123498760345"
	for _, f := range shown {
		for skip := range 8 {
			for _, prefix := range []string{"", "\x00", "\x00\x00", "\x00\x00\x00\x03", "0", "\x04", "\x16\x03"} {
				for _, limit := range []int{20, 65_535, 1 << 24} {
					packed, err := hex.DecodeString(pan[skip&^1:] + pan + pan)
					require.NoError(t, err)
					wire := prefix + string(packed)
					_, err = readAll(f, reader([]byte(wire)), limit)
					text := strings.ReplaceAll(err.Error(), " ", "")
					for i := range len(pan) - 6 {
						part := pan[i : i+7]
						assert.NotContains(t, text, part, "%v %q", f, wire)
					}
					for at := range len(wire) - 4 {
						number := binary.BigEndian.Uint32([]byte(wire[at : at+4]))
						if number > 1<<24 {
							assert.NotContains(t, text, strconv.Itoa(int(number)), "%v %q", f, wire)
						}
					}
				}
			}
		}
	}
}

// A stream that is out of step, or a header where no framing has one, puts the
// number itself where the length should be: six digits of it are the most that
// an error may show, as on a receipt.
func TestErrorsShowNoCardNumberOutOfStep(t *testing.T) {
	const pan = "4276123498760345"
	for _, f := range shown {
		for skip := range 8 {
			for _, prefix := range []string{
				"", "\x00\x03", "\x00\x03\x00\x00", "\x00\x00\x00\x03", "\xd0\x4a\x00\x03\x00\x00", "\x00\x00\x03",
				"0003", "\xf0\xf0\xf0\xf3", "\x00\x18\x00\x00\x18\x01", "\x16\x03",
			} {
				for _, limit := range []int{20, 65_535} {
					wire := prefix + pan[skip:] + pan
					_, err := readAll(f, reader([]byte(wire)), limit)
					text := err.Error()
					for i := range len(pan) - 6 {
						part := pan[i : i+7]
						if strings.Contains(text, part) || strings.Contains(strings.ReplaceAll(text, " 3", ""), part) {
							assert.Fail(t, "seven digits of a card number", "%v %q: %s", f, wire, text)
						}
					}
				}
			}
		}
	}
}
