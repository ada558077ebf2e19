package supervisor_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestF4SameSTANTwiceInFlight: the second request with a key that is in flight
// is refused at once, and nothing of it is written; the first gets its own
// response.
func TestF4SameSTANTwiceInFlight(t *testing.T) {
	rec, release := newRecorder(), make(chan struct{})
	oracle := linktest.NewOracle(nil)
	host := startHost(t, linktest.PeerConfig{
		Recorder: rec, Handle: linktest.Async(linktest.Hold(release, linktest.Reply())),
	})
	l := startUp(t, host, over(oracle))
	first := newFrame("0200", 7)
	sent := l.background(context.Background(), first)
	require.NoError(t, rec.WaitTotal(patient(t), 1))

	second := newFrame("0200", 7)
	start := time.Now()
	_, err := l.Exchange(context.Background(), second)
	assert.ErrorIs(t, err, messages.ErrNotSent)
	assert.ErrorIs(t, err, messages.ErrDuplicateKey)
	assert.Less(t, time.Since(start), 10*time.Second, "at once, not at its timeout of 30 s")

	// The same STAN under another class, function pair or version is another key.
	others := []<-chan outcome{
		l.background(context.Background(), newFrame("0100", 7)),
		l.background(context.Background(), newFrame("0220", 7)),
		l.background(context.Background(), newFrame("1200", 7)),
	}
	require.NoError(t, rec.WaitTotal(patient(t), 4))
	close(release)
	assert.Equal(t, string(response(first)), string(awaitDone(t, "the first", sent).reply))
	for _, other := range others {
		out := awaitDone(t, "another key", other)
		require.NoError(t, out.err)
		assert.Equal(t, out.id, idOf(out.reply))
	}

	assert.Equal(t, 1, rec.Received(idOf(first)))
	assert.Zero(t, rec.Received(idOf(second)))
	frames, err := oracle.Frames(binary2)
	require.NoError(t, err)
	assert.Len(t, frames, 4)
	for _, f := range frames {
		assert.NotEqual(t, idOf(second), idOf(f.Body))
	}
	l.works(7) // answered: the key is free again
}
