package traffic

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/field"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/testdata"
)

// theFile is read once for all tests, which do not change it.
var theFile = sync.OnceValues(func() (*Samples, error) {
	text, err := testdata.Files.ReadFile("transactions.hex")
	if err != nil {
		return nil, err
	}
	return ReadSamples(bytes.NewReader(text), spec87.Spec)
})

func readSamples(t *testing.T) *Samples {
	t.Helper()
	samples, err := theFile()
	require.NoError(t, err)
	return samples
}

// fields is all that a packed message holds.
func fields(t *testing.T, frame []byte) map[int]string {
	t.Helper()
	message := iso8583.NewMessage(spec87.Spec)
	require.NoError(t, message.Unpack(frame))
	values := make(map[int]string)
	for id := range message.GetFields() {
		value, err := message.GetBytes(id)
		require.NoError(t, err)
		values[id] = string(value)
	}
	return values
}

func TestEveryLineGetsNumbersOfItsOwnAndNothingElse(t *testing.T) {
	samples := readSamples(t)
	require.Equal(t, 2000, samples.Len())
	stans, sender := stansFrom(t, 500_000), Sender{FirstReference: 7_000_000}
	for i := range samples.Len() {
		number := uint64(i + 1)
		reference := sender.reference(number)
		stan, err := stans.Next()
		require.NoError(t, err)
		frame, err := samples.Fresh(number, stan, reference)
		require.NoError(t, err)
		before, after := fields(t, samples.frames[i]), fields(t, frame)
		require.Equal(t, stan, after[STANField], "line %d", number)
		require.Equal(t, reference, after[ReferenceField], "line %d", number)
		for _, id := range []int{STANField, ReferenceField} {
			delete(before, id)
			delete(after, id)
		}
		require.Equal(t, before, after, "line %d", number)
	}
}

func TestTheFileBeginsAgain(t *testing.T) {
	samples := readSamples(t)
	first, err := samples.Fresh(1, "000001", "000000000001")
	require.NoError(t, err)
	again, err := samples.Fresh(2001, "000001", "000000000001")
	require.NoError(t, err)
	assert.Equal(t, first, again)
	first[0] = 'X'
	third, err := samples.Fresh(1, "000001", "000000000001")
	require.NoError(t, err)
	assert.Equal(t, again, third, "what Fresh returns is the caller's")
}

// line is a message as a line of a file.
func line(t *testing.T, mti string, values map[int]string) string {
	t.Helper()
	message := iso8583.NewMessage(spec87.Spec)
	message.MTI(mti)
	for id, value := range values {
		require.NoError(t, message.Field(id, value))
	}
	packed, err := message.Pack()
	require.NoError(t, err)
	return hex.EncodeToString(packed)
}

func TestEveryWrongLineIsReported(t *testing.T) {
	good := line(t, "0800", map[int]string{70: "301"})
	file := strings.Join([]string{
		good,
		"",
		"3038zz",
		good + "00",
		line(t, "0810", map[int]string{70: "301"}),
		good[:20],
		good,
	}, "\n")
	_, err := ReadSamples(strings.NewReader(file), spec87.Spec)
	for number, wanted := range map[int]error{
		3: ErrNoHex, 4: ErrLeftOver, 5: ErrNoRequest, 6: messages.ErrUnpack,
	} {
		found := false
		for _, one := range err.(interface{ Unwrap() []error }).Unwrap() {
			var at *LineError
			if errors.As(one, &at) && at.Line == number {
				found = true
				assert.ErrorIs(t, at, wanted)
			}
		}
		assert.True(t, found, "line %d", number)
	}
	assert.NotContains(t, err.Error(), "line 1:")
	assert.NotContains(t, err.Error(), "line 7:")
}

func TestAFileNeedsAMessage(t *testing.T) {
	_, err := ReadSamples(strings.NewReader("\n \n"), spec87.Spec)
	require.ErrorIs(t, err, ErrNoSamples)
}

func TestAFileThatCannotBeReadIsAnError(t *testing.T) {
	_, err := ReadSamples(io.MultiReader(strings.NewReader("\n"), failing{}), spec87.Spec)
	require.ErrorIs(t, err, errRead)
}

type failing struct{}

var errRead = errors.New("cannot be read")

func (failing) Read([]byte) (int, error) { return 0, errRead }

func TestASpecificationNeedsTheFreshFields(t *testing.T) {
	bare := *spec87.Spec
	bare.Fields = map[int]field.Field{0: spec87.Spec.Fields[0], 1: spec87.Spec.Fields[1], 11: spec87.Spec.Fields[11], 70: spec87.Spec.Fields[70]}
	file := line(t, "0800", map[int]string{70: "301"})
	_, err := ReadSamples(strings.NewReader(file), &bare)
	require.ErrorIs(t, err, messages.ErrPack)
	require.ErrorContains(t, err, "line 1: ")
	require.ErrorContains(t, err, "field 37")
}
