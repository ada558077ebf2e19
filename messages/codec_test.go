package messages_test

import (
	"fmt"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
	"github.com/moov-io/iso8583/sort"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/testdata/carddata"
)

// Test card data: never to be seen again.
const (
	pan    = carddata.PAN
	track2 = carddata.Track2
	track1 = carddata.Track1
)

// message is one of specs.Spec87ASCII.
func message(t *testing.T, mti string, fields map[int]string) *iso8583.Message {
	msg := iso8583.NewMessage(specs.Spec87ASCII)
	msg.MTI(mti)
	for id, value := range fields {
		require.NoError(t, msg.Field(id, value))
	}
	return msg
}

func packed(t *testing.T, mti string, fields map[int]string) []byte {
	frame, err := messages.Pack(message(t, mti, fields))
	require.NoError(t, err)
	return frame
}

// assertCodecError requires a *CodecError of that kind and field whose text has
// no card data in it, in whatever way it is printed.
func assertCodecError(t *testing.T, err, kind error, field string) {
	t.Helper()
	var codec *messages.CodecError
	require.ErrorAs(t, err, &codec)
	assert.ErrorIs(t, err, kind)
	assert.Equal(t, field, codec.Field)
	if field != "" {
		assert.EqualError(t, err, kind.Error()+": field "+field, "no word of the codec's")
	}
	assertNoCardData(t, err)
}

func TestPackAndUnpack(t *testing.T) {
	frame := packed(t, "0200", map[int]string{2: pan, 11: "000123", 35: track2, 41: "TERM0001"})
	msg, err := messages.Unpack(specs.Spec87ASCII, frame)
	require.NoError(t, err)
	for id, want := range map[int]string{2: pan, 11: "000123", 35: track2, 41: "TERM0001"} {
		got, err := msg.GetString(id)
		require.NoError(t, err)
		assert.Equal(t, want, got, "field %d", id)
	}
	again, err := messages.Pack(msg)
	require.NoError(t, err)
	assert.Equal(t, frame, again)
}

// TestPackNamesTheField: the first at fault, never what is in it.
func TestPackNamesTheField(t *testing.T) {
	for field, fields := range map[string]map[int]string{
		"2":  {2: pan + pan, 11: "000123"},
		"35": {2: pan, 35: track2 + track2, 45: track1},
		"41": {2: pan, 41: pan},
	} {
		frame, err := messages.Pack(message(t, "0200", fields))
		assert.Nil(t, frame)
		assertCodecError(t, err, messages.ErrPack, field)
	}
	_, err := messages.Pack(message(t, "0200"+pan, nil))
	assertCodecError(t, err, messages.ErrPack, "0")
}

func TestPackNothing(t *testing.T) {
	frame, err := messages.Pack(nil)
	assert.Nil(t, frame)
	assertCodecError(t, err, messages.ErrPack, "")
}

// TestUnpackNamesTheField cuts a message behind each of its bytes.
func TestUnpackNamesTheField(t *testing.T) {
	frame := packed(t, "0200", map[int]string{2: pan, 11: "000123", 35: track2, 45: track1})
	fields := make(map[string]int)
	for size := range len(frame) {
		msg, err := messages.Unpack(specs.Spec87ASCII, frame[:size])
		require.Error(t, err, "%d bytes", size)
		assert.Nil(t, msg)
		var codec *messages.CodecError
		require.ErrorAs(t, err, &codec)
		assertCodecError(t, err, messages.ErrUnpack, codec.Field)
		fields[codec.Field]++
	}
	// MTI, bitmap (32 hex digits), and each field with its length.
	assert.Equal(t, map[string]int{"0": 4, "1": 32, "2": 2 + 16, "11": 6, "35": 2 + 34, "45": 2 + len(track1)}, fields)
}

// TestUnpackWhatIsNoMessage: a frame cut at the wrong place may be anything.
func TestUnpackWhatIsNoMessage(t *testing.T) {
	for _, frame := range []string{"", pan, "0200" + pan + pan + pan, track2 + track2, "GET / HTTP/1.1\r\n\r\n" + track1} {
		msg, err := messages.Unpack(specs.Spec87ASCII, []byte(frame))
		assert.Nil(t, msg)
		var codec *messages.CodecError
		require.ErrorAs(t, err, &codec, "%d bytes", len(frame))
		assertCodecError(t, err, messages.ErrUnpack, codec.Field)
	}
}

// TestUnpackNamesNoTag: the tags of chip data are read from the frame, and are
// no part of a specification's.
func TestUnpackNamesNoTag(t *testing.T) {
	spec := &iso8583.MessageSpec{Fields: map[int]field.Field{
		0: specs.Spec87ASCII.Fields[0], 1: specs.Spec87ASCII.Fields[1],
		55: field.NewComposite(&field.Spec{
			Length: 999, Pref: prefix.ASCII.LLL, Tag: &field.TagSpec{Enc: encoding.BerTLVTag, Sort: sort.StringsByHex},
			Subfields: map[string]field.Field{"5A": field.NewHex(&field.Spec{Enc: encoding.Binary, Pref: prefix.BerTLV})},
		}),
	}}
	frame := packed(t, "0200", map[int]string{55: "\x5a\x02\x41\x11" + "\x1f" + pan})
	msg, err := messages.Unpack(spec, frame)
	assert.Nil(t, msg)
	assertCodecError(t, err, messages.ErrUnpack, "55")
}

func TestUnpackWithoutSpecification(t *testing.T) {
	msg, err := messages.Unpack(nil, []byte("0200"))
	assert.Nil(t, msg)
	assertCodecError(t, err, messages.ErrUnpack, "")
}

// foreignField is a field of a specification's own making, which panics with
// what it has read.
type foreignField struct{ textField }

type textField = field.String // its own name would hide its method String

// NewInstance is what moov makes the fields of a message with.
func (f *foreignField) NewInstance() field.Field {
	made := &foreignField{}
	made.SetSpec(f.Spec())
	return made
}

func (f *foreignField) Pack() ([]byte, error) {
	value, err := f.String()
	panic(fmt.Sprint("cannot pack ", value, err))
}

func (f *foreignField) Unpack(data []byte) (int, error) { panic(trouble{data}) }

type trouble struct{ with []byte }

func foreignSpec() *iso8583.MessageSpec {
	foreign := &foreignField{}
	foreign.SetSpec(&field.Spec{Length: 99, Enc: encoding.ASCII, Pref: prefix.ASCII.LL})
	return &iso8583.MessageSpec{Fields: map[int]field.Field{
		0: specs.Spec87ASCII.Fields[0], 1: specs.Spec87ASCII.Fields[1], 2: specs.Spec87ASCII.Fields[2], 48: foreign,
	}}
}

// TestForeignFieldsPanic: whoever sends gets an error; what the panic said, and
// may have quoted, is left out.
func TestForeignFieldsPanic(t *testing.T) {
	msg := iso8583.NewMessage(foreignSpec())
	msg.MTI("0200")
	require.NoError(t, msg.Field(48, track2))
	frame, err := messages.Pack(msg)
	assert.Nil(t, frame)
	assertCodecError(t, err, messages.ErrPack, "")
	assert.ErrorContains(t, err, "panic (string)")

	frame = packed(t, "0200", map[int]string{2: pan, 48: track2})
	msg, err = messages.Unpack(foreignSpec(), frame)
	assert.Nil(t, msg)
	assertCodecError(t, err, messages.ErrUnpack, "")
	assert.ErrorContains(t, err, "panic (messages_test.trouble)")
}
