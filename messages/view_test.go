package messages_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

func TestNewViewerRefuses(t *testing.T) {
	t.Parallel()

	_, err := messages.NewViewer(nil)
	require.EqualError(t, err, "viewer: no message specification")

	_, err = messages.NewViewer(&iso8583.MessageSpec{})
	require.ErrorContains(t, err, "MTI field (0) is required")
}

// Prefix and content stand apart, and to append to either leaves the frame as it is.
func TestViewBytesAreOfTheFrame(t *testing.T) {
	t.Parallel()

	for _, c := range viewCases(t) {
		if c.name != "bcd" {
			continue
		}

		frame := pack(t, c.spec, "0200", typical())
		before := slices.Clone(frame)
		v := viewOf(t, c.viewer, frame)

		head, content, err := v.Bytes(2)
		require.NoError(t, err)
		assert.Equal(t, []byte{0x16}, head)
		assert.Equal(t, "\x41\x11\x11\x11\x11\x11\x11\x11", string(content))

		_ = append(head, 0xff)
		_ = append(content, 0xff)
		assert.Equal(t, before, frame)

		head, content, err = v.Bytes(11)
		require.NoError(t, err)
		assert.Empty(t, head)
		assert.NotNil(t, head)
		assert.Equal(t, "\x00\x01\x23", string(content))

		_, content, err = v.Bytes(1)
		require.NoError(t, err)
		assert.Equal(t, string(frame[2:10]), string(content))
		assert.Equal(t, frame, v.Frame())

		content[0] ^= 0xff // the frame's own memory
		assert.NotEqual(t, before, frame)
	}
}

// More fields than a View remembers, asked for in any order.
func TestViewOfManyFields(t *testing.T) {
	t.Parallel()

	spec := wideSpec()
	values := map[int]string{66: "abc", 130: "def", 200: "ghi", 300: "jkl"}

	for id := 2; id <= 60; id++ {
		values[id] = strings.Repeat("x", id%10)
	}

	v := viewOf(t, newViewer(t, spec), pack(t, spec, "0200", values))
	ids := slices.Collect(v.Fields())
	require.Len(t, ids, 63)

	for range 2 {
		slices.Reverse(ids)

		for _, id := range ids {
			head, content, err := v.Bytes(id)
			require.NoError(t, err)
			require.Equal(t, values[id], string(content), id)
			require.Equal(t, id <= 60, len(head) == 1)
		}
	}

	for id := range v.Fields() {
		require.Equal(t, 2, id)

		break
	}
}

// A copy of a View is another one.
func TestViewIsAValue(t *testing.T) {
	t.Parallel()

	v := viewOf(t, newViewer(t, specs.Spec87ASCII), pack(t, specs.Spec87ASCII, "0200", typical()))
	other := v

	for _, id := range []int{54, 2, 41} {
		first, err := v.String(id)
		require.NoError(t, err)

		second, err := other.String(id)
		require.NoError(t, err)
		require.Equal(t, typical()[id], first)
		require.Equal(t, first, second)
	}
}

// The errors say field, offset and reason, and match ErrUnpack.
func TestViewErrors(t *testing.T) {
	t.Parallel()

	text := func(length int) field.Field {
		return field.NewString(&field.Spec{Length: length, Enc: encoding.ASCII, Pref: prefix.ASCII.LL})
	}
	spec := &iso8583.MessageSpec{Fields: map[int]field.Field{
		0: field.NewString(&field.Spec{Length: 4, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed}),
		1: field.NewBitmap(&field.Spec{Length: 1, Enc: encoding.BytesToASCIIHex, Pref: prefix.Hex.Fixed}),
		2: text(9), 4: text(9), 5: nil, 6: (*field.String)(nil),
	}}
	viewer := newViewer(t, spec)

	for frame, want := range map[string]string{
		"020":    "response cannot be unpacked: field 0 at offset 0: not enough data",
		"02A000": "response cannot be unpacked: field 0 at offset 0: not four digits",
		"02004":  "response cannot be unpacked: field 1 at offset 4: not enough data",
		"02004G": "response cannot be unpacked: field 1 at offset 4: content is not in the specification's encoding",
	} {
		_, err := viewer.View([]byte(frame))
		require.EqualError(t, err, want, frame)
		require.ErrorIs(t, err, messages.ErrUnpack)
	}

	for _, c := range []struct {
		frame string
		id    int
		want  string
	}{
		{"020050" + "03abc" + "10", 4, "field 4 at offset 11: length is larger than the specification's maximum"},
		{"020050" + "0xabc" + "03abc", 4, "field 2 at offset 6: length cannot be read"},
		{"020040" + "03\xe9bc", 2, "field 2 at offset 6: content is not in the specification's encoding"},
		{"020060" + "03abc" + "03abc", 3, "field 3 at offset 11: is not in the message specification"},
		{"020008", 5, "field 5 at offset 6: is not in the message specification"},
		{"020004", 6, "field 6 at offset 6: is not in the message specification"},
		{"020040" + "03abc", 7, "field 7 at offset 0: is not in the message specification"},
		{"0200808001", 24, "field 24 at offset 10: is not in the message specification"},
	} {
		v := viewOf(t, viewer, []byte(c.frame))

		dst, err := v.AppendString([]byte("kept"), c.id)
		require.ErrorContains(t, err, c.want)
		require.ErrorIs(t, err, messages.ErrUnpack)
		require.Equal(t, "kept", string(dst))

		_, err = v.String(c.id)
		require.ErrorContains(t, err, c.want)
	}
}

// What was looked for and not found is no fault that stays: fields before it are
// read all the same.
func TestViewReadsWhatIsBeforeAFault(t *testing.T) {
	t.Parallel()

	frame := pack(t, specs.Spec87ASCII, "0200", typical())
	v := viewOf(t, newViewer(t, specs.Spec87ASCII), frame[:len(frame)-1])

	for range 2 {
		_, err := v.String(54)
		require.Error(t, err)

		pan, err := v.String(2)
		require.NoError(t, err)
		require.Equal(t, typical()[2], pan)
	}
}

// All fields of a message are read, in every encoding, and nothing is allocated.
func TestViewDoesNotAllocate(t *testing.T) {
	values := typical()
	values[48], values[52], values[60], values[64] = strings.Repeat("data", 50), "12345678", strings.Repeat("1", 200), "MACMACMA"
	values[130] = "behind two bitmaps"

	ebcdic := func(length int, pref prefix.Prefixer) *field.Spec {
		return &field.Spec{Length: length, Enc: encoding.EBCDIC, Pref: pref}
	}
	kinds := &iso8583.MessageSpec{Fields: map[int]field.Field{
		0:  field.NewString(ebcdic(4, prefix.EBCDIC.Fixed)),
		1:  field.NewBitmap(&field.Spec{Enc: encoding.BytesToASCIIHex, Pref: prefix.Hex.Fixed}),
		2:  field.NewString(ebcdic(19, prefix.EBCDIC.LL)),
		3:  field.NewNumeric(ebcdic(6, prefix.EBCDIC.Fixed)),
		4:  field.NewBinary(&field.Spec{Length: 300, Enc: encoding.BytesToASCIIHex, Pref: prefix.ASCII.LLL}),
		70: field.NewString(&field.Spec{Length: 300, Enc: encoding.ASCIIHexToBytes, Pref: prefix.None.Fixed}),
		69: field.NewString(&field.Spec{Length: 9, Enc: encoding.EBCDIC1047, Pref: prefix.EBCDIC1047.L}),
	}}
	kindsValues := map[int]string{2: pan, 3: "123456", 4: strings.Repeat("bin", 90), 70: strings.Repeat("AB", 60), 69: "text"}

	for name, c := range map[string]struct {
		spec   *iso8583.MessageSpec
		values map[int]string
	}{
		"ASCII": {specs.Spec87ASCII, typical()},
		"hex":   {specs.Spec87Hex, typical()},
		"BCD":   {bcdSpec(), values},
		"kinds": {kinds, kindsValues},
	} {
		frame := pack(t, c.spec, "0200", c.values)
		viewer := newViewer(t, c.spec)
		dst := make([]byte, 0, 1024)
		count := 0

		read := func() {
			count = 0

			v, err := viewer.View(frame)
			if err != nil || !v.MTI().IsRequest() || v.Has(9) {
				panic(fmt.Sprint(err, v.MTI()))
			}

			for id := range v.Fields() {
				if _, err := v.AppendString(dst, id); err != nil {
					panic(err)
				}

				if _, _, err := v.Bytes(id); err != nil {
					panic(err)
				}

				count++
			}
		}

		assert.Zero(t, testing.AllocsPerRun(100, read), name)
		assert.Len(t, c.values, count, name)
	}
}

// What a handler gets can be looked into, whether its link has made a Viewer or not.
func TestInboundView(t *testing.T) {
	t.Parallel()

	frame := pack(t, specs.Spec87ASCII, "0200", typical())

	for name, replier := range map[string]messages.Replier{
		"none": nil, "with a viewer": viewerReplier{viewer: newViewer(t, specs.Spec87ASCII)},
	} {
		in := messages.NewInbound(specs.Spec87ASCII, replier)
		in.Frame = frame

		v, err := in.View()
		require.NoError(t, err, name)

		amount, err := v.String(4)
		require.NoError(t, err, name)
		require.Equal(t, "12345", amount, name)
	}

	_, err := messages.NewInbound(nil, nil).View()
	require.ErrorContains(t, err, "no message specification")
}

type viewerReplier struct {
	messages.Replier
	viewer *messages.Viewer
}

func (r viewerReplier) Viewer() *messages.Viewer { return r.viewer }

func TestViewSaysWhichMessage(t *testing.T) {
	t.Parallel()

	frame := pack(t, specs.Spec87ASCII, "0200", typical())
	v := viewOf(t, newViewer(t, specs.Spec87ASCII), frame)

	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%q", "%x", "%X"} {
		assert.Equal(t, fmt.Sprintf("isolink view (0200, %d bytes)", len(frame)), fmt.Sprintf(verb, v), verb)
		assert.Equal(t, "isolink edit (field 2)", fmt.Sprintf(verb, messages.SetField(2, pan)), verb)
	}
}
