package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/isolink-go/isolink/examples/spec87"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

const path = "../../testdata/transactions.hex"

// unpacked is the file as it is in the repository. It is read once for all tests,
// which do not change it.
var unpacked = sync.OnceValues(func() ([]message, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var messages []message
	for line := range strings.Lines(string(text)) {
		m, err := unpack(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", len(messages)+1, err)
		}
		messages = append(messages, m)
	}
	return messages, nil
})

func readFile(t *testing.T) []message {
	t.Helper()
	messages, err := unpacked()
	require.NoError(t, err)
	require.Len(t, messages, 2000)
	return messages
}

func unpack(line string) (message, error) {
	packed, err := hex.DecodeString(line)
	if err != nil {
		return message{}, err
	}
	whole := iso8583.NewMessage(spec87.Spec)
	if err := whole.Unpack(packed); err != nil {
		return message{}, err
	}
	again, err := whole.Pack()
	if err == nil && !bytes.Equal(packed, again) {
		err = errors.New("bytes are left over")
	}
	m := message{elements: map[int]string{}}
	for id := range whole.GetFields() {
		value, valueErr := whole.GetBytes(id)
		err = errors.Join(err, valueErr)
		switch id {
		case 0:
			m.mti = string(value)
		case 1: // the bitmap
		default:
			m.elements[id] = string(value)
		}
	}
	return m, err
}

func TestTheFileIsWhatTheProgramWrites(t *testing.T) {
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	var made bytes.Buffer
	require.NoError(t, write(&made))
	if !bytes.Equal(kept, made.Bytes()) {
		t.Fatal("differs: go run ./examples/transactions > testdata/transactions.hex")
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("full")

func TestWriteReportsErrors(t *testing.T) {
	require.ErrorIs(t, write(fullDisk{}), errFull)
}

func TestPackReportsErrors(t *testing.T) {
	_, err := message{mti: "0200", elements: map[int]string{65: "x"}}.pack()
	require.ErrorContains(t, err, "65")
	_, err = message{mti: "0200", elements: map[int]string{3: "12345"}}.pack()
	require.Error(t, err)
}

func TestMix(t *testing.T) {
	counts := map[string]int{}
	for _, m := range readFile(t) {
		counts[m.mti]++
	}
	assert.Len(t, counts, len(mix), "an MTI that is not in the mix")
	for _, m := range mix {
		// Within four standard deviations of 2,000 draws, which is 90 at most.
		wanted := float64(2 * m.share)
		assert.InDelta(t, wanted, counts[m.mti], 5+wanted*0.3, m.mti)
	}
}

// formats are those of the elements that the file shows.
var formats = map[int]string{
	2: `\d{13,19}`, 3: `\d{6}`, 4: `\d{12}`, 7: `030208[0-5]\d[0-5]\d`, 11: `\d{6}`,
	12: `([01]\d|2[0-3])[0-5]\d[0-5]\d`, 13: `0302`, 14: `\d\d(0[1-9]|1[0-2])`, 15: `0302`, 18: `\d{4}`,
	19: `\d{3}`, 22: `051|071|901|812`, 23: `00\d`, 25: `00|02|59`, 26: `12`, 28: `[CD]\d{8}`,
	32: `99000\d`, 33: `990100`, 35: `\d{13,19}=\d{17}`, 37: `606108\d{6}`, 38: `\d{6}`, 39: `00|17|68|96`,
	41: `[A-Z]{2}\d{6}`, 42: `\d{15}`, 43: `[A-Z][\x20-\x7e]{37}[A-Z]{2}`, 49: `\d{3}`, 52: `(?s).{8}`,
	53: `\d{16}`, 54: `0040\d{3}D\d{12}`, 55: `(?s).{60,255}`, 70: `001|161|201|301`,
	90: `0[12]00\d{6}\d{10}\d{22}`, 96: `(?s).{8}`,
}

func TestElements(t *testing.T) {
	compiled := map[int]*regexp.Regexp{}
	for id, format := range formats {
		compiled[id] = regexp.MustCompile(`\A(?:` + format + `)\z`)
	}
	shown := map[int]bool{}
	for number, m := range readFile(t) {
		require.GreaterOrEqual(t, len(m.elements), 8, "line %d", number+1)
		require.LessOrEqual(t, len(m.elements), 25, "line %d", number+1)
		for id, value := range m.elements {
			require.Contains(t, compiled, id, "line %d", number+1)
			if id == 52 || id == 55 || id == 96 {
				// Bytes, not text: a regular expression would read them as UTF-8.
				value = strings.Repeat("x", len(value))
			}
			require.Regexp(t, compiled[id], value, "line %d, element %d", number+1, id)
			shown[id] = true
		}
	}
	for id := range formats {
		assert.True(t, shown[id], "no message shows element %d", id)
	}
}

func TestNumbersAreUnique(t *testing.T) {
	references := map[string]bool{}
	latest := ""
	for number, m := range readFile(t) {
		trace := m.elements[11]
		assert.Equal(t, number+1, atoi(t, trace))
		assert.Equal(t, trace, m.elements[37][6:], "the reference ends with the trace number")
		references[m.elements[37]] = true
		assert.GreaterOrEqual(t, m.elements[7], latest, "messages are in the order of their times")
		latest = m.elements[7]
	}
	assert.Len(t, references, 2000)
}
