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
// by WriteTimeout, by its echoes, or by order when all has timed out. It is
// closed with a reset, so that what still waits in the link's kernel is never
// delivered, though the peer reads again. What was not written is not sent; the
// link comes back.
func TestStalledSessionIsClosedHard(t *testing.T) {
	byOrder := func(l *testLink) {
		require.NoError(t, l.Pause(patient(t)))
		require.NoError(t, l.Resume())
	}
	byItself := func(*testLink) {}
	for name, test := range map[string]stalledSession{
		"WriteTimeout": {patience, func(c *supervisor.LinkConfig) { c.WriteTimeout = 16 * short }, byItself},
		"echoes":       {patience, echoing(10*short, 2*short), byItself},
		"order":        {4 * short, func(*supervisor.LinkConfig) {}, byOrder},
		"order, TLS":   {4 * short, overTLS, byOrder},
	} {
		t.Run(name, test.run)
	}
}

// stalledSession is a way for a stalled session to end.
type stalledSession struct {
	timeout time.Duration // of what is sent
	change  func(*supervisor.LinkConfig)
	end     func(*testLink)
}

// host reads nothing from its first connection. It answers nothing there: a
// reply to a closed socket would bring a reset, too.
func (s stalledSession) host(t *testing.T, rec *linktest.Recorder, secure bool) *linktest.Peer {
	t.Helper()
	config := linktest.PeerConfig{
		Recorder: rec,
		Handle:   linktest.ByConn(linktest.Drop(), linktest.Reply()),
		OnAccept: func(c *linktest.Conn) { smallBuffer(t, c) },
		Script: func(c *linktest.Conn) {
			if c.Number() == 1 {
				c.StopReading()
			}
			_ = c.Serve(nil)
		},
	}
	if secure {
		config.TLS = serverTLS(t)
	}
	return startHost(t, config)
}

func (s stalledSession) run(t *testing.T) {
	const posts = 1_200
	rec := newRecorder()
	var judged supervisor.LinkConfig // is it one with TLS?
	s.change(&judged)
	host := s.host(t, rec, judged.TLSFiles.CA != "")
	l := startUp(t, host, func(c *supervisor.LinkConfig) {
		c.Dial, c.WriteTimeout = dialBuffered, 2*patience
	}, s.change)
	actor := newClient(t, l)
	for i := range posts {
		actor.send(&messages.Post{Frame: newLongFrame("0220", i, stalledFrame), Timeout: s.timeout})
	}
	settled := map[bool]int{}
	for _, r := range actor.results.awaitSome(t, posts, "results") {
		if r.result.Err != nil {
			assert.NotErrorIs(t, r.result.Err, messages.ErrOverloaded)
			settled[isNotSent(r.result.Err)]++
		}
	}
	start := time.Now()
	s.end(l)
	assert.Less(t, time.Since(start), tlsCloseBlocks)
	l.awaitSession(2)
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
