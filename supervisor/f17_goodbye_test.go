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

// tlsCloseBlocks is how long crypto/tls waits for a peer that does not read.
const tlsCloseBlocks = 5 * time.Second

// TestF17PeerWithoutGoodbye: a TLS peer that never answers a close_notify, or
// does not read it, does not hold up Close.
func TestF17PeerWithoutGoodbye(t *testing.T) {
	for name, script := range map[string]func(*linktest.Conn){
		"does not answer": func(c *linktest.Conn) {
			_ = c.Serve(linktest.Drop())
			<-c.Context().Done()
		},
		"does not read": func(c *linktest.Conn) {
			c.StopReading()
			<-c.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := startUp(t, startHost(t, linktest.PeerConfig{TLS: serverTLS(t), Script: script}), overTLS)
			require.NoError(t, l.PostFrame(patient(t), newFrame("0200", 1)))
			start := time.Now()
			assert.NoError(t, l.manager.Close(within(t, patience)))
			assert.Less(t, time.Since(start), tlsCloseBlocks)
		})
	}
}

// TestF17CloseWhileAWriteIsBlocked: a TLS peer that takes no more bytes does
// not hold up Close beyond its context.
func TestF17CloseWhileAWriteIsBlocked(t *testing.T) {
	const posts, wait = 2_000, 200 * time.Millisecond
	host := startHost(t, linktest.PeerConfig{TLS: serverTLS(t), Script: func(c *linktest.Conn) {
		c.StopReading()
		<-c.Context().Done()
	}, OnAccept: func(c *linktest.Conn) { smallBuffer(t, c) }})
	l := startUp(t, host, overTLS, func(c *supervisor.LinkConfig) {
		c.Dial, c.WriteTimeout = dialBuffered, 2*patience
	})
	actor := newClient(t, l)
	for i := range posts {
		actor.send(&messages.Post{Frame: newLongFrame("0220", i, stalledFrame), Timeout: patience})
	}
	// Some were handed over, then no more for a while.
	before := awaitStall(t, l)

	start := time.Now()
	err := l.Close(within(t, wait))
	took := time.Since(start)
	assert.GreaterOrEqual(t, took, wait)
	assert.Less(t, took, wait+tlsCloseBlocks-500*time.Millisecond)
	var drain *messages.DrainError
	require.ErrorAs(t, err, &drain)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	left := drain.InDoubt + drain.NotSent
	assert.LessOrEqual(t, left, posts-before.Counters.Posted)
	assert.GreaterOrEqual(t, left, posts-l.Status().Counters.Posted)
	assert.NotZero(t, drain.NotSent)
	assert.LessOrEqual(t, drain.InDoubt, uint64(batchLimit/stalledFrame), "a batch at most")
}

// awaitStall waits until nothing has been handed over for 100 ms.
func awaitStall(t *testing.T, l *testLink) supervisor.Status {
	t.Helper()
	var last supervisor.Status
	var since time.Time
	return l.awaitStatus("a peer that takes no more", func(s supervisor.Status) bool {
		if s.Counters.Posted != last.Counters.Posted || since.IsZero() {
			last, since = s, time.Now()
		}
		return s.Counters.Posted > 0 && time.Since(since) > 100*time.Millisecond
	})
}
