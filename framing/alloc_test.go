package framing_test

import (
	"bufio"
	"fmt"
	"io"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

// repeat gives the same bytes again and again, without allocating.
type repeat struct {
	wire []byte
	next int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := copy(p, r.wire[r.next:])
	r.next = (r.next + n) % len(r.wire)
	return n, nil
}

// peeking is a pair of functions that do not allocate themselves.
func peeking(headerLen int) framing.Funcs {
	return framing.Funcs{
		HeaderLen: headerLen,
		ReadLength: func(r io.Reader) (int, error) {
			b := r.(*bufio.Reader)
			raw, err := b.Peek(2)
			if err != nil {
				return 0, err
			}
			length := int(raw[0])<<8 | int(raw[1])
			_, err = b.Discard(2)
			return length, err
		},
		WriteLength: func(w io.Writer, length int) (int, error) {
			return w.Write(twoBytes[length][:])
		},
	}
}

var twoBytes = map[int]*[2]byte{0: {0, 0}, 39: {0, 39}, 44: {0, 44}}

func framersForAllocs(headerLen int) []framing.Framer {
	return []framing.Framer{
		framing.Binary2{HeaderLen: headerLen},
		framing.Binary2{HeaderLen: headerLen, Inclusive: true},
		framing.ASCII{HeaderLen: headerLen},
		framing.ASCII{HeaderLen: headerLen, Digits: 6, Inclusive: true},
		framing.Binary4{HeaderLen: headerLen, Inclusive: true},
		framing.CMF{HeaderLen: headerLen},
		framing.BCD2{HeaderLen: headerLen},
		framing.Hex4{HeaderLen: headerLen},
		framing.EBCDIC4{HeaderLen: headerLen},
		framing.Padded{HeaderLen: headerLen},
		framing.Padded{HeaderLen: headerLen, Leading: true},
		framing.RBP{HeaderLen: headerLen},
		framing.BASE24{HeaderLen: headerLen},
		peeking(headerLen),
	}
}

func TestAllocationsOfRead(t *testing.T) {
	for _, headerLen := range []int{0, 5} {
		for _, f := range framersForAllocs(headerLen) {
			for size, want := range map[int]float64{0: 0, 39: 1} {
				wire, err := f.Append(nil, nil, make([]byte, size))
				require.NoError(t, err)
				assert.Equal(t, want, allocationsOfRead(f, wire, size), "%v, header %d, size %d", f, headerLen, size)
			}
		}
	}
	for _, tc := range []struct {
		framer framing.Framer
		wire   string
		size   int
		want   float64
	}{
		{framing.TPDU{}, "\x00\x09" + tpdu + "0800", 9, 1},
		{framing.TPDU{}, "\x00\x00", 0, 0},
		{framing.VMLH{}, "\x00\x04\x00\x00" + "0800", 4, 1},
		{framing.VMLH{}, "\x00\x00\x00\x20", 0, 0},
		{framing.VisaBaseI{}, "\x00\x1a\x00\x00" + baseIPlain + "0800", 26, 1},
		{framing.VisaBaseI{}, "\x00\x00\x00\x00", 0, 0},
		{framing.Trailer{}, "0800\x03", 4, 1},
	} {
		assert.Equal(t, tc.want, allocationsOfRead(tc.framer, []byte(tc.wire), tc.size), "%v, size %d", tc.framer, tc.size)
	}
}

func allocationsOfRead(f framing.Framer, wire []byte, size int) float64 {
	// A multiple of the frame, so that none of Trailer comes in two pieces.
	r := bufio.NewReaderSize(&repeat{wire: wire}, 100*len(wire))
	return testing.AllocsPerRun(200, func() {
		header, body, err := f.Read(r, 100)
		if err != nil || len(header)+len(body) != size {
			panic(fmt.Sprintf("%d bytes, %v", len(header)+len(body), err))
		}
	})
}

// sink keeps the compiler from leaving an allocation out.
var sink []byte

func TestAppendDoesNotAllocate(t *testing.T) {
	header, body := make([]byte, 5), make([]byte, 39)
	// One, or two where the race detector is on.
	grown := testing.AllocsPerRun(200, func() { sink = slices.Grow([]byte(nil), 44) })
	all := append(framersForAllocs(0), framing.TPDU{}, framing.VMLH{}, framing.Trailer{})
	for _, f := range all {
		dst := make([]byte, 0, 100)
		assert.Zero(t, testing.AllocsPerRun(200, func() {
			wire, err := f.Append(dst, header, body)
			if err != nil || len(wire) < 44 {
				panic(fmt.Sprintf("%d bytes, %v", len(wire), err))
			}
		}), "%v into a buffer", f)
		assert.Equal(t, grown, testing.AllocsPerRun(200, func() {
			wire, err := f.Append(nil, header, body)
			if err != nil || len(wire) < 44 {
				panic(fmt.Sprintf("%d bytes, %v", len(wire), err))
			}
		}), "%v into nil: growing once", f)
	}
}

func TestAppendOfHeadersDoesNotAllocate(t *testing.T) {
	dst, body := make([]byte, 0, 100), make([]byte, 39)
	given := []byte(baseIPlain)
	for name, appended := range map[string]func() ([]byte, error){
		"TPDU, default":   func() ([]byte, error) { return framing.TPDU{}.Append(dst, nil, body) },
		"BASE I":          func() ([]byte, error) { return framing.VisaBaseI{}.Append(dst, given, body) },
		"BASE I, default": func() ([]byte, error) { return framing.VisaBaseI{}.Append(dst, nil, body) },
	} {
		assert.Zero(t, testing.AllocsPerRun(200, func() {
			wire, err := appended()
			if err != nil || len(wire) < 44 {
				panic(fmt.Sprintf("%d bytes, %v", len(wire), err))
			}
		}), name)
	}
}

// A refused length costs an error, never the memory that it claims.
func TestRefusedLengthAllocatesNoBody(t *testing.T) {
	const rounds = 100
	for _, tc := range []struct {
		framer framing.Framer
		wire   string
	}{
		{framing.Binary2{}, "\xff\xff"},
		{framing.ASCII{Digits: 6}, "999999"},
		{framing.Binary4{}, "\x7f\xff\xff\xff"},
		{framing.CMF{}, "\xff\xff\xff"},
		{framing.Hex4{}, "FFFF"},
		{framing.Padded{}, "\xff\xff\x00\x00"},
		{framing.VisaBaseI{}, "\xff\xff\x00\x00"},
		{framing.BASE24{}, "\xff\xff"},
		{threeBytes(), "\xff\xff\xff"},
	} {
		r := bufio.NewReader(&repeat{wire: []byte(tc.wire)})
		before := allocated()
		for range rounds {
			_, _, err := tc.framer.Read(r, 100)
			require.ErrorIs(t, err, framing.ErrTooLarge)
			if _, ok := tc.framer.(framing.Funcs); !ok {
				_, err = r.Discard(len(tc.wire)) // still unread
				require.NoError(t, err)
			}
		}
		assert.Less(t, allocated()-before, uint64(rounds*16<<10), "%v", tc.framer)
	}
}

// allocated is the number of bytes ever allocated on the heap.
func allocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}
