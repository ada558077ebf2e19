package supervisor_test

import (
	"bufio"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// sizing is a framing that notes the size of the buffer that it reads from.
type sizing struct {
	framing.Binary2
	sizes *journal[int]
}

func (s sizing) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	header, body, err = s.Binary2.Read(r, limit)
	s.sizes.add(r.Size())
	return header, body, err
}

// TestReadBufferGrows: a link that is idle has a small buffer; one whose peer sends
// much at a time has a larger one, by steps, and loses nothing on the way.
func TestReadBufferGrows(t *testing.T) {
	const frames = 3_000
	var sizes journal[int]
	host := startHost(t, linktest.PeerConfig{})
	l := startUp(t, host, func(c *supervisor.LinkConfig) { c.Framing = sizing{binary2, &sizes} })
	l.works(1)
	assert.Equal(t, []int{512}, sizes.list())
	var burst [][]byte
	for i := range frames {
		burst = append(burst, response(newFrame("0200", 2+i)))
	}
	require.NoError(t, connOf(t, host, 1).WriteRaw(stream(burst...)))
	l.works(1)
	seen := sizes.list()
	assert.Len(t, seen, 1+frames+1)
	assert.True(t, slices.IsSorted(seen))
	steps := slices.Compact(seen)
	assert.Equal(t, []int{512, 4_096, 32_768, 65_536}[:len(steps)], steps)
	assert.GreaterOrEqual(t, len(steps), 2)
	assert.EqualValues(t, frames, l.Status().Counters.Unmatched)
}
