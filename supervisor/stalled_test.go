package supervisor_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestStalledSessionIsClosedHard: a session whose peer takes no more bytes ends
// by WriteTimeout, or by its echoes. It is closed with a reset, so that what
// still waits in the link's kernel is never delivered, though the peer reads
// again. What was not written is not sent; the link comes back.
func TestStalledSessionIsClosedHard(t *testing.T) {
	const posts = 1_200
	for name, ends := range map[string]func(*supervisor.LinkConfig){
		"WriteTimeout": func(c *supervisor.LinkConfig) { c.WriteTimeout = 16 * short },
		"echoes": func(c *supervisor.LinkConfig) {
			c.WriteTimeout = 2 * patience
			echoing(10*short, 2*short)(c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			rec := newRecorder()
			host := startHost(t, linktest.PeerConfig{Recorder: rec, OnAccept: func(c *linktest.Conn) {
				if c.Number() == 1 {
					smallBuffer(t, c)
					c.StopReading()
				}
			}})
			l := startUp(t, host, func(c *supervisor.LinkConfig) { c.Dial = dialBuffered }, ends)
			actor := newClient(t, l)
			for i := range posts {
				actor.send(&messages.Post{Frame: newLongFrame("0220", i, stalledFrame), Timeout: patience})
			}
			l.awaitSession(2)
			settled := map[bool]int{}
			for _, r := range actor.results.awaitSome(t, posts, "results") {
				if r.result.Err != nil {
					assert.ErrorIs(t, r.result.Err, messages.ErrLinkDown)
					assert.NotErrorIs(t, r.result.Err, messages.ErrOverloaded)
					settled[isNotSent(r.result.Err)]++
				}
			}
			posted := l.Status().Counters.Posted
			assert.Positive(t, posted)
			assert.Positive(t, settled[true], "not sent")
			assert.LessOrEqual(t, settled[false], batchLimit/stalledFrame, "in doubt: one batch at most")
			assert.Error(t, l.Status().LastError)

			c := connOf(t, host, 1)
			c.ResumeReading()
			awaitDone(t, "the end of the connection", c.Done())
			assert.Less(t, uint64(rec.Total()), posted, "all that was handed over was delivered")
			l.awaitWorking()
		})
	}
}

// TestKeepAlives: frames without a body are counted, and are neither a response
// nor nobody's frame.
func TestKeepAlives(t *testing.T) {
	empty := []byte{0, 0}
	host := startHost(t, linktest.PeerConfig{
		Handle: linktest.All(linktest.Garbage(empty), linktest.Reply(), linktest.Garbage(empty)),
	})
	l := startUp(t, host)
	for i := range 10 {
		l.works(i)
	}
	l.awaitStatus("keep-alives", func(s supervisor.Status) bool { return s.Counters.KeepAlives == 20 })
	assert.Zero(t, l.Status().Counters.Unmatched)
	assert.EqualValues(t, 1, l.Status().Session)
}

// TestUpIsNotWaitedFor: New returns at once, and Await as soon as a link is up.
func TestUpIsNotWaitedFor(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{Admission: linktest.Refuse})
	start := time.Now()
	l := startLink(t, host, func(c *supervisor.LinkConfig) { c.Backoff.Cap = short })
	assert.Less(t, time.Since(start), busy)
	awaited := make(chan error, 1)
	go func() { awaited <- l.Await(patient(t), messages.Up) }()
	l.awaitStatus("an attempt", func(s supervisor.Status) bool { return s.LastError != nil })
	assert.Empty(t, awaited)
	require.NoError(t, host.SetAdmission(linktest.Admit))
	assert.NoError(t, awaitDone(t, "the link", awaited))
}
