package supervisor_test

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor/linktest"
	"github.com/isolink-go/isolink/testdata/carddata"
)

// spec is that of all links here but those of tests which say otherwise.
var spec = specs.Spec87ASCII

// binary2 is the framing of all links here but those of tests which say
// otherwise: two bytes of length in front of each message.
var binary2 = framing.Binary2{}

// Messages of these tests have fields 2, 3, 4, 7, 11, 37 and 41, so that all is at
// a known place: MTI, bitmap of 32 digits, and 72 bytes of fields. The number in field
// 2 is looked for in all that the tests print and log.
const (
	stanAt, stanEnd = 82, 88
	rrnAt, rrnEnd   = 88, 100
	bodySize        = 108
	wireSize        = 2 + bodySize
)

var lastID atomic.Uint64

// nextID is a value for field 37 that no other message of the test run has. It
// is what tells messages apart on the wire: the STAN is used again.
func nextID() string { return fmt.Sprintf("%012d", lastID.Add(1)) }

// newMessage makes a message that is unlike all others by its field 37.
func newMessage(t *testing.T, mti string, stan int) *iso8583.Message {
	t.Helper()
	msg := iso8583.NewMessage(spec)
	msg.MTI(mti)
	for id, value := range map[int]string{
		2: carddata.PAN, 3: "000000", 4: "000000001000", 7: "0704123456", 11: stanText(stan), 37: nextID(), 41: "TERM0001",
	} {
		require.NoError(t, msg.Field(id, value))
	}
	return msg
}

func stanText(stan int) string { return fmt.Sprintf("%06d", stan) }

var template = []byte("0200" + "72200000088000000000000000000000" + "16" + carddata.PAN + "000000" + "000000001000" +
	"0704123456" + "000001" + "000000000000" + "TERM0001")

// newFrame is newMessage, packed. STANs wrap around at a million.
func newFrame(mti string, stan int) []byte {
	frame := bytes.Clone(template)
	copy(frame, mti)
	copy(frame[stanAt:stanEnd], stanText(stan%1_000_000))
	copy(frame[rrnAt:rrnEnd], nextID())
	return frame
}

// newLongFrame is a frame of that many bytes. What is behind field 41 is never
// looked at by those who read no more than the key.
func newLongFrame(mti string, stan, size int) []byte {
	return append(newFrame(mti, stan), bytes.Repeat([]byte{'.'}, size-bodySize)...)
}

// idOf is the value of field 37.
func idOf(frame []byte) string {
	if len(frame) < rrnEnd {
		return ""
	}
	return string(frame[rrnAt:rrnEnd])
}

func stanOf(frame []byte) int {
	stan, err := strconv.Atoi(string(frame[stanAt:stanEnd]))
	if err != nil {
		return -1
	}
	return stan
}

// newRecorder logs what a host receives, by field 37.
func newRecorder() *linktest.Recorder {
	return linktest.NewRecorder(func(f linktest.Frame) string { return idOf(f.Body) })
}

// response is what linktest.Respond answers to a request.
func response(request []byte) []byte {
	f, err := linktest.Respond(linktest.Frame{Body: request})
	if err != nil {
		panic(err)
	}
	return f.Body
}

// stream is those frames as they are on the wire.
func stream(frames ...[]byte) []byte {
	var all []byte
	for _, frame := range frames {
		var err error
		if all, err = binary2.Append(all, nil, frame); err != nil {
			panic(err)
		}
	}
	return all
}

// errReset is what a broken connection gives, for faults that a test injects.
var errReset = errors.New("injected: connection is broken")

// TestTemplate proves that frames made by hand are what the specification packs.
func TestTemplate(t *testing.T) {
	packed, err := newMessage(t, "0420", 4711).Pack()
	require.NoError(t, err)
	made := newFrame("0420", 4711)
	require.Equal(t, bodySize, len(made))
	copy(made[rrnAt:rrnEnd], idOf(packed))
	require.Equal(t, string(packed), string(made))
	require.Equal(t, 4711, stanOf(made))
}
