package framing_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

var (
	echoASCII     = "0800" + unhex("82200000000000000400000000000000") + "0713102233" + "000001" + "301"
	responseASCII = "0810" + unhex("82200000020000000400000000000000") + "0713102233" + "000001" + "00" + "301"
	echoBCD       = unhex("080082200000000000000400000000000000" + "0713102233" + "000001" + "0301")
	tpdu          = "\x60\x00\x01\x00\x02"

	baseIFull   = unhex("1601020032" + "123456" + "654321" + "01" + "0203" + "040506" + "07" + "000000" + "08")
	baseIPlain  = unhex("1601020016" + "123456" + "654321" + "0000000000000000000000")
	baseILong   = unhex("1901020040" + "654321" + "123456" + "0000000000000000000000" + "aabbcc")
	baseIReject = unhex("1a8102004c"+"654321"+"000000"+"0000000000000000000000"+"8000"+"0207") +
		unhex("1601020032"+"123456"+"654321"+"0000000000000000000000")
)

func unhex(digits string) string {
	b, err := hex.DecodeString(digits)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func golden() []struct {
	file   string
	framer framing.Framer
	frames []frame
} {
	funcs := threeBytes()
	return []struct {
		file   string
		framer framing.Framer
		frames []frame
	}{
		{"binary2.txt", framing.Binary2{}, []frame{{"", echoASCII}, {}, {"", echoBCD}, {"", responseASCII}}},
		{"binary2_inclusive.txt", framing.Binary2{Inclusive: true}, []frame{{"", echoBCD}, {}, {"", responseASCII}}},
		{"binary2_tpdu.txt", framing.Binary2{HeaderLen: 5}, []frame{{tpdu, echoBCD}, {tpdu, ""}, {}}},
		{"ascii2.txt", framing.ASCII{Digits: 2}, []frame{{"", echoASCII}, {}}},
		{"ascii4.txt", framing.ASCII{}, []frame{{"", echoASCII}, {}, {"", responseASCII}}},
		{"ascii4_inclusive.txt", framing.ASCII{Digits: 4, Inclusive: true}, []frame{{}, {"", echoASCII}}},
		{"ascii6_header.txt", framing.ASCII{Digits: 6, HeaderLen: 12}, []frame{{"ISO026000075", echoASCII}}},
		{"binary4.txt", framing.Binary4{}, []frame{{"", echoASCII}, {}, {"", echoBCD}}},
		{"binary4_inclusive.txt", framing.Binary4{Inclusive: true}, []frame{{}, {"", responseASCII}}},
		{"bcd2.txt", framing.BCD2{}, []frame{{"", echoASCII}, {}, {"", echoBCD}}},
		{"bcd2_inclusive.txt", framing.BCD2{Inclusive: true}, []frame{{}, {"", responseASCII}}},
		{"hex4.txt", framing.Hex4{}, []frame{{"", echoASCII}, {}, {"", echoBCD}}},
		{"hex4_inclusive.txt", framing.Hex4{Inclusive: true}, []frame{{"", echoASCII}, {}}},
		{"ebcdic4.txt", framing.EBCDIC4{}, []frame{{"", echoASCII}, {}, {"", responseASCII}}},
		{"ebcdic4_inclusive.txt", framing.EBCDIC4{Inclusive: true}, []frame{{}, {"", echoASCII}}},
		{"cmf.txt", framing.CMF{}, []frame{{"", echoASCII}, {}, {"", echoBCD}}},
		{
			"cmf_inclusive_header.txt",
			framing.CMF{Inclusive: true, HeaderLen: 4},
			[]frame{{"\xAA\xBB\xCC\xDD", echoBCD}, {}, {"\xAA\xBB\xCC\xDD", ""}},
		},
		{"padded.txt", framing.Padded{}, []frame{{"", echoASCII}, {}, {"", echoBCD}}},
		{"padded_leading.txt", framing.Padded{Leading: true}, []frame{{"", responseASCII}, {}, {"", echoBCD}}},
		{"rbp.txt", framing.RBP{}, []frame{{"", echoASCII}, {}, {"", responseASCII}}},
		{"base24.txt", framing.BASE24{}, []frame{{"", echoASCII}, {}, {"", echoBCD}}},
		{"base24_header.txt", framing.BASE24{HeaderLen: 12}, []frame{{"ISO026000075", echoASCII}}},
		{"trailer.txt", framing.Trailer{}, []frame{{"", echoASCII}, {"", responseASCII}}},
		{
			"tpdu.txt",
			framing.TPDU{},
			[]frame{{tpdu, echoBCD}, {tpdu, ""}, {"\x68\x12\x34\x00\x00", echoASCII}},
		},
		{"vmlh.txt", framing.VMLH{}, []frame{{"", echoASCII}, {}, {"\xAA\xBB\xCC", ""}, {"", echoBCD}}},
		{
			"base1.txt",
			framing.VisaBaseI{},
			[]frame{{baseIFull, echoBCD}, {}, {baseIPlain, ""}, {baseILong, echoASCII}},
		},
		{"base1_reject.txt", framing.VisaBaseI{}, []frame{{baseIReject, echoBCD}}},
		{"funcs_three_bytes.txt", funcs, []frame{{"", echoASCII}, {}, {"", responseASCII}}},
	}
}

func TestGoldenFrames(t *testing.T) {
	for _, tc := range golden() {
		t.Run(tc.file, func(t *testing.T) {
			wire := stream(t, tc.file)

			t.Run("read", func(t *testing.T) {
				frames, err := readAll(tc.framer, reader(wire), 100)
				assert.True(t, err == io.EOF, "bare io.EOF, not %v", err)
				assert.Equal(t, tc.frames, frames)
			})
			t.Run("one byte at a time", func(t *testing.T) {
				r := bufio.NewReader(iotest.OneByteReader(bytes.NewReader(wire)))
				frames, err := readAll(tc.framer, r, 100)
				assert.True(t, err == io.EOF, "bare io.EOF, not %v", err)
				assert.Equal(t, tc.frames, frames)
			})
			t.Run("smallest buffer", func(t *testing.T) {
				frames, err := readAll(tc.framer, bufio.NewReaderSize(bytes.NewReader(wire), 1), 100)
				assert.True(t, err == io.EOF, "bare io.EOF, not %v", err)
				assert.Equal(t, tc.frames, frames)
			})
			t.Run("append", func(t *testing.T) {
				var got []byte
				for _, f := range tc.frames {
					var err error
					got, err = tc.framer.Append(got, []byte(f.header), []byte(f.body))
					require.NoError(t, err)
				}
				assert.Equal(t, wire, got)
			})
			t.Run("truncated anywhere", func(t *testing.T) {
				ends := map[int]bool{0: true}
				var got []byte
				for _, f := range tc.frames {
					got, _ = tc.framer.Append(got, []byte(f.header), []byte(f.body))
					ends[len(got)] = true
				}
				for cut := range wire {
					_, err := readAll(tc.framer, reader(wire[:cut]), 100)
					if ends[cut] {
						assert.True(t, err == io.EOF, "cut at %d: %v", cut, err)
						continue
					}
					require.ErrorIs(t, err, io.ErrUnexpectedEOF, "cut at %d", cut)
					require.NotErrorIs(t, err, io.EOF, "cut at %d", cut)
				}
			})
		})
	}
}

// A header without a frame around it comes back as no header, so that nobody
// takes the beginning of a message for one.
func TestHeaderIsSplitOffOnlyWhereConfigured(t *testing.T) {
	for _, f := range []framing.Framer{framing.Binary2{}, framing.ASCII{}, threeBytes()} {
		wire, err := f.Append(nil, []byte(tpdu), []byte("0800"))
		require.NoError(t, err)
		header, body, err := f.Read(reader(wire), 9)
		require.NoError(t, err)
		assert.Nil(t, header)
		assert.Equal(t, tpdu+"0800", string(body))
	}
}

func TestAppendingToHeaderLeavesBody(t *testing.T) {
	funcs := threeBytes()
	funcs.HeaderLen = 5
	for _, f := range []framing.Framer{
		framing.Binary2{HeaderLen: 5}, framing.ASCII{HeaderLen: 5}, framing.BASE24{HeaderLen: 5}, framing.TPDU{}, funcs,
	} {
		wire, err := f.Append(nil, []byte(tpdu), []byte("0800"))
		require.NoError(t, err)
		header, body, err := f.Read(reader(wire), 9)
		require.NoError(t, err)
		header = append(header, "more"...)
		assert.Equal(t, tpdu+"more", string(header))
		assert.Equal(t, "0800", string(body))
	}
}

func TestReadSlicesAreTheCallers(t *testing.T) {
	wire := bytes.Repeat(append([]byte{0, 4}, "0800"...), 2)
	r := bufio.NewReaderSize(bytes.NewReader(wire), 16)
	_, first, err := framing.Binary2{}.Read(r, 4)
	require.NoError(t, err)
	copy(first, "XXXX")
	_, second, err := framing.Binary2{}.Read(r, 4)
	require.NoError(t, err)
	assert.Equal(t, "0800", string(second))
	assert.Equal(t, "XXXX", string(first))
}

func TestNames(t *testing.T) {
	type named interface {
		framing.Framer
		String() string
		Validate() error
	}
	for want, f := range map[string]named{
		"binary2":                         framing.Binary2{},
		"binary2 inclusive":               framing.Binary2{Inclusive: true},
		"binary2 header=5":                framing.Binary2{HeaderLen: 5},
		"ascii2":                          framing.ASCII{Digits: 2},
		"ascii4":                          framing.ASCII{},
		"ascii6 inclusive":                framing.ASCII{Digits: 6, Inclusive: true},
		"ascii7":                          framing.ASCII{Digits: 7},
		"ascii1 inclusive":                framing.ASCII{Digits: 1, Inclusive: true},
		"binary2+tpdu":                    framing.TPDU{},
		"base1":                           framing.VisaBaseI{},
		"trailer":                         framing.Trailer{},
		"vmlh":                            framing.VMLH{},
		"binary2+tpdu default=6000010002": framing.TPDU{Header: [5]byte([]byte(tpdu))},
		"funcs":                           threeBytes(),
	} {
		assert.Equal(t, want, f.String())
		// An error names the framing as String does.
		err := f.Validate()
		if err == nil {
			_, _, err = f.Read(reader([]byte("\x00")), 1)
		}
		assert.ErrorContains(t, err, ": "+want+": ")
	}
}

func TestFramersAreComparable(t *testing.T) {
	ports := map[framing.Framer]int{
		framing.Binary2{}:                1,
		framing.Binary2{Inclusive: true}: 2,
		framing.ASCII{}:                  3,
		framing.ASCII{Digits: 5}:         4,

		framing.TPDU{}:                          5,
		framing.TPDU{Header: [5]byte{1}}:        6,
		framing.VisaBaseI{}:                     7,
		framing.VisaBaseI{Header: [22]byte{22}}: 8,
	}
	assert.Len(t, ports, 8)
	assert.Equal(t, 2, ports[framing.Binary2{Inclusive: true}])
	assert.Equal(t, 4, ports[framing.ASCII{Digits: 5}])
	assert.Zero(t, ports[framing.ASCII{Digits: 6}])
}
