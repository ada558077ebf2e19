package supervisor_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// TestF10EchoesOfBothEnds: two ends that answer whatever they are given do not
// answer each other's answers: only requests are handled, and only responses are
// replies.
func TestF10EchoesOfBothEnds(t *testing.T) {
	var handled [2]atomic.Int64
	eager := func(side int) func(context.Context, *messages.Inbound) {
		return func(ctx context.Context, in *messages.Inbound) {
			handled[side].Add(1)
			_ = in.ReplyFrame(ctx, in.Frame) // as it came: refused
			answering(ctx, in)
		}
	}
	a := startAcceptor(t, handledBy(eager(0)))
	l := linkedTo(t, a, func(c *supervisor.LinkConfig) { c.Handler = eager(1) })
	s := awaitSessions(t, a, 1)[0]
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			_, err := l.Exchange(patient(t), newFrame("0800", i))
			assert.NoError(t, err)
			_, err = s.Exchange(patient(t), newFrame("0800", i))
			assert.NoError(t, err)
			// Responses to nothing, and an acknowledgement: nobody answers them.
			assert.NoError(t, l.PostFrame(patient(t), newFrame("0810", i)))
			assert.NoError(t, s.PostFrame(patient(t), newFrame("0880", i)))
		})
	}
	wg.Wait()
	l.works(77)
	_, err := s.Exchange(patient(t), newFrame("0800", 77))
	require.NoError(t, err)
	assert.EqualValues(t, 51, handled[0].Load())
	assert.EqualValues(t, 51, handled[1].Load())
	l.awaitStatus("all posts", func(st supervisor.Status) bool { return st.Counters.Unmatched == 50 })
	awaitAcceptor(t, a, "all posts", func(st supervisor.AcceptorStatus) bool { return st.Counters.Unmatched == 50 })
}
