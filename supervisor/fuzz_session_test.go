package supervisor_test

import (
	"encoding/hex"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

// fuzzFraming is a framing as framing.Parse has it, with the header of requests where
// it has no default.
type fuzzFraming struct{ name, header string }

// fuzzFramings are those of the golden frames, with their options.
var fuzzFramings = []fuzzFraming{
	{name: "binary2"},
	{name: "binary2 inclusive"},
	{"binary2 header=5", "\x60\x00\x01\x00\x02"},
	{name: "ascii2"},
	{name: "ascii4"},
	{name: "ascii4 inclusive"},
	{"ascii6 header=12", "ISO026000075"},
	{name: "binary4"},
	{name: "binary4 inclusive"},
	{name: "bcd2"},
	{name: "bcd2 inclusive"},
	{name: "hex4"},
	{name: "hex4 inclusive"},
	{name: "ebcdic4"},
	{name: "ebcdic4 inclusive"},
	{name: "cmf"},
	{"cmf inclusive header=4", "\xAA\xBB\xCC\xDD"},
	{name: "padded"},
	{name: "padded leading"},
	{name: "rbp"},
	{name: "base24"},
	{"base24 header=12", "ISO026000075"},
	{name: "trailer"},
	{name: "binary2+tpdu"},
	{name: "vmlh"},
	{name: "base1"},
}

// fuzzSpec is the specification of the golden frames that have ASCII digits.
var fuzzSpec = func() *iso8583.MessageSpec {
	fixed := func(length int) field.Field {
		return field.NewString(&field.Spec{Length: length, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed})
	}
	return &iso8583.MessageSpec{Name: "golden frames", Fields: map[int]field.Field{
		0:  fixed(4),
		1:  field.NewBitmap(&field.Spec{Length: 8, Enc: encoding.Binary, Pref: prefix.Binary.Fixed}),
		7:  fixed(10),
		11: fixed(6),
		39: fixed(2),
		70: fixed(3),
	}}
}()

// fuzzRequest is a message of that specification, without a response code.
func fuzzRequest(mti, stan string) []byte {
	return []byte(mti + "\x82\x20\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00" + "0713102233" + stan + "301")
}

// fuzzSystem is used by all sessions: to make one takes longer than a session does.
var fuzzSystem = newSystem(slog.New(slog.DiscardHandler))

// How a session is set up: bits of a number.
const (
	fuzzHandler    = 1 << iota // requests of the peer are answered
	fuzzAnswers                // keep-alives are answered
	fuzzScope                  // what was written waits for another session
	fuzzAcceptor               // the peer has connected
	fuzzNormalized             // keys are normalized
	fuzzReject                 // the rejects of BASE I, and those with version 9
	fuzzFirst                  // the peer has connected, and its first message is awaited; nothing is in flight
)

// FuzzSession gives a session, with requests in flight, arbitrary bytes in arbitrary
// pieces, and then the end of the stream. A byte of pieces is the size of one, less
// one; 128 and more is a wait in front of it.
//
// What has to come of it is what a model makes of the same bytes: each request settles
// in time, answered only by a message that has its key; each message of the peer is
// counted once; the session's end has the error that the stream has. Nothing panics or
// stays behind, and memory is bounded by what came.
func FuzzSession(f *testing.F) {
	for name, wire := range goldenStreams(f) {
		for i, one := range fuzzFramings {
			if family, _, _ := strings.Cut(strings.TrimSuffix(name, ".txt"), "_"); strings.Contains(one.name, family) {
				f.Add(wire, []byte{}, byte(i), byte(fuzzReject))
			}
		}
		f.Add(wire, []byte{}, byte(0), byte(0))
	}
	f.Add(make([]byte, 4*fuzzKeepAlives), []byte{}, byte(0), byte(fuzzAnswers))
	f.Add(make([]byte, 40), []byte{}, byte(0), byte(fuzzFirst))
	f.Add(stream(fuzzRequest("0800", "000001")), []byte{128, 128, 128, 128, 128}, byte(0), byte(fuzzFirst))
	f.Add(append(make([]byte, 16), stream(fuzzRequest("0800", "000001"))...), []byte{5, 128}, byte(0), byte(fuzzFirst|fuzzHandler))
	for i, one := range fuzzFramings {
		f.Add(fuzzAnswersOf(f, one), fuzzPieces, byte(i), byte(i))
		f.Add(fuzzAnswersOf(f, one), fuzzPieces, byte(i), byte(fuzzHandler|fuzzAnswers|fuzzFirst))
		f.Add(fuzzAnswersOf(f, one), fuzzPieces, byte(i), byte(fuzzHandler|fuzzAnswers|fuzzReject))
	}
	f.Fuzz(func(t *testing.T, wire, pieces []byte, which, how byte) {
		one := fuzzFramings[int(which)%len(fuzzFramings)]
		framer, err := framing.Parse(one.name)
		require.NoError(t, err)
		wire = wire[:min(len(wire), fuzzWire)]
		s := &fuzzedSession{framer: framer, header: []byte(one.header), how: how, pieces: cutUp(wire, pieces)}
		before := allocatedBytes()
		if how&fuzzFirst != 0 {
			synctest.Test(t, s.runFirst)
		} else {
			synctest.Test(t, s.run)
		}
		require.LessOrEqual(t, allocatedBytes()-before, uint64(fuzzFixed+fuzzPerByte*len(wire)))
	})
}

// fuzzPieces cut a seed into pieces, with four waits: what is behind them is late.
var fuzzPieces = []byte{0, 1, 2, 60, 40, 3, 128 + 10, 128, 10, 128 + 20, 128 + 30}

// fuzzWire is the longest stream in bytes. Memory: so many bytes for a session and its
// manager, and for each byte of the stream, of which two or three may be a message
// that is told as an event.
const fuzzWire, fuzzFixed, fuzzPerByte = 4 << 10, 1 << 20, 1 << 10

// piece is what the peer writes at once, and whether it waits before.
type piece struct {
	bytes []byte
	waits bool
}

// maxWaits is how often the peer waits at most.
const maxWaits = 6

// cutUp cuts a stream into pieces. What is behind the last one is a piece, too.
func cutUp(wire, sizes []byte) []piece {
	var all []piece
	waits := 0
	for _, b := range sizes {
		n := min(int(b&0x7F)+1, len(wire))
		p := piece{bytes: wire[:n]}
		if b >= 0x80 && waits < maxWaits {
			p.waits = true
			waits++
		}
		all, wire = append(all, p), wire[n:]
		if len(wire) == 0 {
			return all
		}
	}
	return append(all, piece{bytes: wire})
}

func allocatedBytes() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}

// goldenStreams are those of testdata/frames, by the names of their files.
func goldenStreams(tb testing.TB) map[string][]byte {
	tb.Helper()
	paths, err := filepath.Glob("../testdata/frames/*.txt")
	require.NoError(tb, err)
	require.NotEmpty(tb, paths)
	all := make(map[string][]byte, len(paths))
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(tb, err)
		var digits strings.Builder
		for line := range strings.Lines(string(text)) {
			line, _, _ = strings.Cut(line, "#")
			digits.WriteString(strings.Join(strings.Fields(line), ""))
		}
		wire, err := hex.DecodeString(digits.String())
		require.NoError(tb, err, path)
		all[filepath.Base(path)] = wire
	}
	return all
}

// fuzzAnswersOf is a stream with a message of each kind in a framing: a request of the
// peer, responses of which one comes twice, one that nobody has asked for, a reject, a
// keep-alive.
func fuzzAnswersOf(tb testing.TB, one fuzzFraming) []byte {
	tb.Helper()
	framer, err := framing.Parse(one.name)
	require.NoError(tb, err)
	var wire []byte
	for _, body := range [][]byte{
		fuzzRequest("0810", "000001"), fuzzRequest("9200", "000003"), fuzzRequest("0800", "000009"),
		fuzzRequest("0810", "000001"), fuzzRequest("0210", "777777"), nil, fuzzRequest("0430", "000001"), []byte("0810"),
	} {
		header := []byte(one.header)
		if len(body) == 0 {
			header = nil
		}
		if longer, err := framer.Append(wire, header, body); err == nil {
			wire = longer // a framing with two digits, or without keep-alives, has not all of it
		}
	}
	return wire
}
