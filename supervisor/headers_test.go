package supervisor_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// TestHeadersTravel: the header of a request comes back with its reply, swapped
// where the framing says so; a caller's own goes out as it is.
func TestHeadersTravel(t *testing.T) {
	var asked journal[[]byte]
	tpdu := func(c *supervisor.AcceptorConfig) {
		c.Session.Framing = framing.TPDU{}
		c.Session.Handler = func(ctx context.Context, in *messages.Inbound) {
			asked.add(in.Header)
			reply := response(in.Frame)
			if stanOf(in.Frame) == 2 {
				assert.NoError(t, in.ReplyWith(ctx, []byte{0x61, 9, 9, 8, 8}, reply))
				return
			}
			assert.NoError(t, in.ReplyFrame(ctx, reply))
		}
	}
	a := startAcceptor(t, tpdu)
	l := linkedTo(t, a, func(c *supervisor.LinkConfig) { c.Framing = framing.TPDU{Header: [5]byte{0x60, 0, 1, 0, 2}} })
	exchange := func(stan int, header []byte) (got []byte) {
		frame := newFrame("0200", stan)
		got, reply, err := l.ExchangeWith(patient(t), header, frame)
		l.tally.note(t, l.Name(), false, err)
		require.NoError(t, err)
		assert.Equal(t, string(response(frame)), string(reply))
		return got
	}
	assert.Equal(t, []byte{0x60, 0, 2, 0, 1}, exchange(1, nil), "the framing's default, swapped")
	assert.Equal(t, []byte{0x61, 9, 9, 8, 8}, exchange(2, []byte{0x60, 1, 2, 3, 4}))
	assert.Equal(t, []byte{0x60, 3, 4, 1, 2}, exchange(3, []byte{0x60, 1, 2, 3, 4}))
	assert.Equal(t, [][]byte{{0x60, 0, 1, 0, 2}, {0x60, 1, 2, 3, 4}, {0x60, 1, 2, 3, 4}}, asked.list())

	// A header that the framing does not take is refused before it is written.
	_, _, err := l.ExchangeWith(patient(t), []byte{1}, newFrame("0200", 4))
	l.tally.note(t, l.Name(), false, err)
	require.ErrorIs(t, err, messages.ErrNotSent)
	require.ErrorIs(t, err, framing.ErrHeader)
	// Header and body count together.
	l2 := linkedTo(t, a, func(c *supervisor.LinkConfig) { c.Framing, c.MaxFrame = framing.TPDU{}, bodySize+4 })
	_, _, err = l2.ExchangeWith(patient(t), make([]byte, 5), newFrame("0200", 5))
	l2.tally.note(t, l2.Name(), false, err)
	require.ErrorIs(t, err, messages.ErrFrameTooLarge)

	c := newClient(t, l)
	c.send(&messages.Send{Frame: newFrame("0200", 6), Header: []byte{0x60, 5, 6, 7, 8}})
	result := c.results.awaitSome(t, 1, "a result")[0].result
	require.NoError(t, result.Err)
	assert.Equal(t, []byte{0x60, 7, 8, 5, 6}, result.Header)

	require.NoError(t, l.PostWith(patient(t), []byte{0x60, 1, 1, 2, 2}, newFrame("0220", 7)))
	l.tally.note(t, l.Name(), true, nil)
	asked.await(t, "the post", func(all [][]byte) bool {
		return bytes.Equal(all[len(all)-1], []byte{0x60, 1, 1, 2, 2})
	})
	// Its handler replies all the same: the end of the test must not cut it short.
	awaitAcceptor(t, a, "all replies", func(s supervisor.AcceptorStatus) bool { return s.Counters.Replied == 5 })
}
