package supervisor_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestF8DeadlinePassesInTheQueue: a request that waits behind a blocked write
// until its deadline passes, or its caller gives up, is not sent, and never
// written, also when the peer takes bytes again.
func TestF8DeadlinePassesInTheQueue(t *testing.T) {
	rec := newRecorder()
	oracle := linktest.NewOracle(nil)
	block := oracle.BlockAt(1, 10) // within the first frame
	host := startHost(t, linktest.PeerConfig{Recorder: rec})
	l := startUp(t, host, over(oracle), func(c *supervisor.LinkConfig) { c.WriteTimeout = 2 * patience })
	actor := newClient(t, l)

	first := l.background(patient(t), newFrame("0200", 1))
	awaitDone(t, "a blocked write", block.Reached())
	short := l.background(within(t, 50*time.Millisecond), newFrame("0200", 2))
	cancelled, cancel := context.WithCancel(context.Background())
	given := l.background(cancelled, newFrame("0200", 3))
	posted := make(chan error, 1)
	postCtx := within(t, 50*time.Millisecond)
	go func() { posted <- l.PostFrame(postCtx, newFrame("0200", 4)) }()
	actor.send(&messages.Send{Frame: newFrame("0200", 5), Timeout: 50 * time.Millisecond})
	actor.send(&messages.Post{Frame: newFrame("0200", 6), Timeout: 50 * time.Millisecond})
	last := l.background(patient(t), newFrame("0200", 7))
	l.awaitStatus("all in flight or timed out", func(s supervisor.Status) bool {
		return s.InFlight+int64(s.Counters.NotSent) >= 7
	})
	cancel()

	for what, err := range map[string]error{
		"short": awaitDone(t, "short", short).err, "posted": awaitDone(t, "posted", posted),
	} {
		assert.ErrorIs(t, err, messages.ErrNotSent, what)
		assert.ErrorIs(t, err, messages.ErrTimeout, what)
	}
	err := awaitDone(t, "given up", given).err
	assert.ErrorIs(t, err, messages.ErrNotSent)
	assert.ErrorIs(t, err, context.Canceled)
	for _, r := range actor.results.awaitSome(t, 2, "results") {
		assert.ErrorIs(t, r.result.Err, messages.ErrNotSent)
		assert.ErrorIs(t, r.result.Err, messages.ErrTimeout)
	}

	block.Release()
	require.NoError(t, awaitDone(t, "first", first).err)
	require.NoError(t, awaitDone(t, "last", last).err)
	l.works(8)
	frames, err := oracle.Frames(binary2)
	require.NoError(t, err)
	var stans []int
	for _, f := range frames {
		stans = append(stans, stanOf(f.Body))
	}
	assert.Equal(t, []int{1, 7, 8}, stans)
	assert.Equal(t, 3, rec.Total())
}
