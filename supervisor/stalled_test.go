package supervisor_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
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
		"order":        {20 * short, func(*supervisor.LinkConfig) {}, byOrder},
		"order, TLS":   {20 * short, overTLS, byOrder},
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

// long is more than the kernels of both ends take between them, in bytes.
const long = 2 << 20

// host reads nothing from its first connection.
func (s stalledSession) host(t *testing.T, secure bool) *linktest.Peer {
	t.Helper()
	config := linktest.PeerConfig{
		Framing:    framing.Binary4{},
		FrameLimit: 2 * long,
		OnAccept:   func(c *linktest.Conn) { smallBuffer(t, c) },
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

// run blocks the writer with one long frame, puts others behind it, and lets
// the session end.
func (s stalledSession) run(t *testing.T) {
	const queued = 20
	oracle := linktest.NewOracle(dialBuffered)
	var judged supervisor.LinkConfig // is it one with TLS?
	s.change(&judged)
	host := s.host(t, judged.TLSFiles.CA != "")
	l := startUp(t, host, over(oracle), func(c *supervisor.LinkConfig) {
		c.Framing, c.MaxFrame, c.WriteTimeout = framing.Binary4{}, 2*long, 2*patience
	}, s.change)
	actor := newClient(t, l)
	actor.send(&messages.Send{Frame: newLongFrame("0200", 0, long), Tag: 0, Timeout: s.timeout})
	for i := 1; i <= queued; i++ {
		actor.send(&messages.Send{Frame: newFrame("0200", i), Tag: i, Timeout: s.timeout})
	}
	for _, r := range actor.results.awaitSome(t, 1+queued, "results") {
		assert.Equal(t, r.result.Tag != 0, isNotSent(r.result.Err), "send %v: %v", r.result.Tag, r.result.Err)
	}
	start := time.Now()
	s.end(l)
	assert.Less(t, time.Since(start), tlsCloseBlocks)
	l.awaitSession(2)
	assert.Error(t, l.Status().LastError)

	c := connOf(t, host, 1)
	c.ResumeReading()
	awaitDone(t, "the end of the connection", c.Done())
	writes := oracle.Conns()[0].Writes()
	handed := writes[len(writes)-1].To
	assert.Less(t, handed, int64(long), "the host's kernel took all: nothing was tested")
	assert.Less(t, c.BytesRead(), handed, "all that was handed over was delivered")
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
