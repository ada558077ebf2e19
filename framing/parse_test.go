package framing_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

// named is every framing with every option, by its name.
var named = map[string]framing.Framer{
	"ascii2":                          framing.ASCII{Digits: 2},
	"ascii3 inclusive":                framing.ASCII{Digits: 3, Inclusive: true},
	"ascii4":                          framing.ASCII{},
	"ascii4 inclusive header=12":      framing.ASCII{Inclusive: true, HeaderLen: 12},
	"ascii5":                          framing.ASCII{Digits: 5},
	"ascii6 header=12":                framing.ASCII{Digits: 6, HeaderLen: 12},
	"base1":                           framing.VisaBaseI{},
	"base24":                          framing.BASE24{},
	"base24 header=12":                framing.BASE24{HeaderLen: 12},
	"bcd2":                            framing.BCD2{},
	"bcd2 inclusive header=5":         framing.BCD2{Inclusive: true, HeaderLen: 5},
	"binary2":                         framing.Binary2{},
	"binary2 inclusive":               framing.Binary2{Inclusive: true},
	"binary2 header=5":                framing.Binary2{HeaderLen: 5},
	"binary2+tpdu":                    framing.TPDU{},
	"binary2+tpdu default=60000100aa": framing.TPDU{Header: [5]byte{0x60, 0, 1, 0, 0xAA}},
	"binary4":                         framing.Binary4{},
	"binary4 inclusive header=5":      framing.Binary4{Inclusive: true, HeaderLen: 5},
	"cmf":                             framing.CMF{},
	"cmf inclusive header=5":          framing.CMF{Inclusive: true, HeaderLen: 5},
	"ebcdic4":                         framing.EBCDIC4{},
	"ebcdic4 inclusive header=5":      framing.EBCDIC4{Inclusive: true, HeaderLen: 5},
	"hex4":                            framing.Hex4{},
	"hex4 inclusive header=5":         framing.Hex4{Inclusive: true, HeaderLen: 5},
	"padded":                          framing.Padded{},
	"padded leading":                  framing.Padded{Leading: true},
	"padded leading header=22":        framing.Padded{Leading: true, HeaderLen: 22},
	"rbp":                             framing.RBP{},
	"rbp header=5":                    framing.RBP{HeaderLen: 5},
	"trailer":                         framing.Trailer{},
	"vmlh":                            framing.VMLH{},
	"base1 default=16010200001234566543210000000000000000000000": framing.VisaBaseI{
		Header: [22]byte{22, 1, 2, 0, 0, 0x12, 0x34, 0x56, 0x65, 0x43, 0x21},
	},
}

func TestParseRoundTrip(t *testing.T) {
	covered := map[string]bool{}
	for name, want := range named {
		got, err := framing.Parse(name)
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
		assert.Equal(t, name, fmt.Sprint(got))

		got, err = framing.Parse("  " + strings.ReplaceAll(strings.ToUpper(name), " ", "-") + "\t")
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
		covered[strings.Fields(name)[0]] = true
	}
	for _, name := range framing.Names() {
		assert.True(t, covered[name], "no test of %s", name)
		_, err := framing.Parse(name)
		assert.NoError(t, err)
	}
	assert.Len(t, framing.Names(), len(covered))
	assert.IsIncreasing(t, framing.Names())

	// Options stand in any order.
	got, err := framing.Parse("padded header=22 leading")
	require.NoError(t, err)
	assert.Equal(t, framing.Padded{Leading: true, HeaderLen: 22}, got)
}

func TestParseUnknownName(t *testing.T) {
	for name, nearest := range map[string]string{
		"binary3":      "binary2",
		"bnary4":       "binary4",
		"ascii":        "ascii2",
		"ascii44":      "ascii4",
		"ASCI6":        "ascii6",
		"binary2+tdpu": "binary2+tpdu",
		"base-1":       "base1",
		"traler":       "trailer",
		"vmhl":         "vmlh",
		"padding":      "padded",
		"ebcdic":       "ebcdic4",
		"hex":          "hex4",
	} {
		f, err := framing.Parse(name)
		require.ErrorIs(t, err, framing.ErrName, name)
		assert.Nil(t, f)
		assert.ErrorContains(t, err, fmt.Sprintf("did you mean %q? the names are ascii2, ascii3,", nearest), name)
		for _, known := range framing.Names() {
			assert.ErrorContains(t, err, known)
		}
	}
	for _, name := range []string{"", "  ", "-", "q", "visa"} {
		_, err := framing.Parse(name)
		require.ErrorIs(t, err, framing.ErrName)
		assert.NotContains(t, err.Error(), "did you mean")
		assert.ErrorContains(t, err, "the names are ascii2, ascii3,")
	}
}

func TestParseOptions(t *testing.T) {
	for name, texts := range map[string][]string{
		"binary2 outclusive":              {`binary2: it has no option "outclusive"`},
		"binary2 inclusive inclusive":     {`option "inclusive" is given twice`},
		"binary2 leading":                 {`it has no option "leading"`},
		"binary2 inclusive=1":             {`it has no option "inclusive="`},
		"vmlh header=22 inclusive":        {`it has no option "header="`, `it has no option "inclusive"`},
		"padded inclusive":                {`it has no option "inclusive"`},
		"binary2 header=":                 {`binary2: option "header=": "" is not a number of bytes`},
		"binary2 header=five":             {`"five" is not a number`},
		"binary2 header=99999":            {"binary2: HeaderLen is 99999"},
		"binary2+tpdu header=5":           {`it has no option "header="`},
		"binary2+tpdu default=60":         {`"60" is not 5 bytes in hexadecimal digits`},
		"binary2+tpdu default=600001000x": {`"600001000x" is not 5 bytes`},
		"binary2+tpdu default=0000000000": {`option "default=": it must not be all zeros`},
		"base1 default=1701020000123456654321" + strings.Repeat("0", 22): {"base1: Header begins with 17 01"},
		"binary2 header=x default=1":                                     {`"x" is not a number`, `it has no option "default="`},
	} {
		f, err := framing.Parse(name)
		require.ErrorIs(t, err, framing.ErrOptions, name)
		assert.Nil(t, f, name)
		for _, text := range texts {
			assert.ErrorContains(t, err, text)
		}
		assert.Len(t, faults(err), len(texts), name)
	}
}

func FuzzParse(f *testing.F) {
	for name := range named {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		framer, err := framing.Parse(name)
		if err != nil {
			require.Nil(t, framer)
			require.True(t, strings.HasPrefix(err.Error(), "framing: ") || strings.HasPrefix(err.Error(), "invalid framing options: "))
			return
		}
		again, err := framing.Parse(fmt.Sprint(framer))
		require.NoError(t, err)
		require.Equal(t, framer, again)
	})
}
