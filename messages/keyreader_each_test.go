package messages_test

import (
	"testing"

	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/messages"
)

// TestReadEach: it reads what a KeyReader of each field alone does, of whole frames
// and of frames that are cut anywhere.
func TestReadEach(t *testing.T) {
	t.Parallel()

	fields := []int{41, 7, 90, 11, 37}
	each := newReader(t, specs.Spec87ASCII, fields...)
	alone := make([]*messages.KeyReader, len(fields))
	for i, id := range fields {
		alone[i] = newReader(t, specs.Spec87ASCII, id)
	}
	for _, values := range []map[int]string{
		{2: "4111111111111111", 7: "0704123456", 11: "000123", 37: "000000000001", 41: "TERM0001", 90: "020000012307041234560000000000000000000000"},
		{7: "0704123456", 11: "000123", 41: "TERM0001"},
		{11: "000123"},
	} {
		frame := pack(t, specs.Spec87ASCII, "0200", values)
		for end := range len(frame) + 1 {
			got := each.ReadEach(frame[:end])
			for i, r := range alone {
				_, want, _ := r.Read(frame[:end])
				assert.Equal(t, want, got[i], "field %d of the first %d bytes", fields[i], end)
			}
		}
	}
}
