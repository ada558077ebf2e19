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

// lateLog collects late replies, as the hook gets them and as events.
type lateLog struct {
	hook   journal[*messages.LateReply]
	events journal[messages.Event]
}

func (g *lateLog) over(c *supervisor.LinkConfig) { c.OnLate, c.OnEvent = g.hook.add, g.events.add }

const short = 50 * time.Millisecond

// TestLateReply: a response whose request is in doubt is delivered once, with
// its request and the times. Until then, within LateWindow, its key is taken;
// then it is free.
func TestLateReply(t *testing.T) {
	for name, limit := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 10*short)
		},
		"cancel": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(10*short, cancel)
			return ctx, cancel
		},
	} {
		t.Run(name, func(t *testing.T) { testLateReply(t, limit) })
	}
}

func testLateReply(t *testing.T, limit func(context.Context) (context.Context, context.CancelFunc)) {
	t.Helper()
	release := make(chan struct{})
	held := linktest.Hold(release, linktest.All(linktest.Reply(), linktest.Reply()))
	host := startHost(t, linktest.PeerConfig{Handle: linktest.Steps(held)})
	var lates lateLog
	l := startUp(t, host, lates.over)
	ctx, cancel := limit(context.Background())
	defer cancel()
	frame := newFrame("0200", 1)
	begin := time.Now()
	_, err := l.Exchange(ctx, frame)
	settled := time.Now()
	require.ErrorIs(t, err, messages.ErrInDoubt)
	<-ctx.Done() // the link's own clock may be a moment ahead of the context's
	require.ErrorIs(t, err, context.Cause(ctx))
	_, err = l.Exchange(patient(t), newFrame("0200", 1))
	assert.ErrorIs(t, err, messages.ErrDuplicateKey)
	assert.Empty(t, lates.hook.list())

	released := time.Now()
	close(release)
	late := lates.hook.awaitSome(t, 1, "a late reply")[0]
	assert.Equal(t, "host", late.Link)
	assert.Equal(t, string(frame), string(late.Request))
	assert.Equal(t, string(response(frame)), string(late.Response))
	assert.Equal(t, [2]uint64{1, 1}, [2]uint64{late.SentSession, late.ReceivedSession})
	assertOrder(t, begin, late.SentAt, late.SettledAt, late.ReceivedAt, time.Now())
	assertOrder(t, released, late.ReceivedAt)
	assert.Less(t, late.SettledAt.Sub(settled), busy)
	request, reply, err := late.Messages()
	require.NoError(t, err)
	for msg, want := range map[interface{ GetMTI() (string, error) }]string{request: "0200", reply: "0210"} {
		mti, err := msg.GetMTI()
		require.NoError(t, err)
		assert.Equal(t, want, mti)
	}

	// The second copy of the response is nobody's.
	awaitEvents[*messages.Unmatched](t, &lates.events, 1)
	l.works(1)
	reused := newFrame("0200", 1)
	_, err = l.Exchange(patient(t), reused)
	require.NoError(t, err)
	closeManager(t, l.manager)
	assert.Len(t, lates.hook.list(), 1)
	assert.Len(t, eventsOf[*messages.LateReply](lates.events.list()), 1)
	assert.EqualValues(t, 1, l.Status().Counters.Late)
}

func assertOrder(t *testing.T, times ...time.Time) {
	t.Helper()
	for i := range times[1:] {
		assert.False(t, times[i+1].Before(times[i]), "%v is before %v", times[i+1], times[i])
	}
}

// TestF7LateReplyInALaterSession: a host that answers on its next connection is
// understood, and a key in doubt is taken there, too.
func TestF7LateReplyInALaterSession(t *testing.T) {
	taken := make(chan []byte, 1)
	answer := make(chan struct{})
	host := startHost(t, linktest.PeerConfig{Script: func(c *linktest.Conn) {
		if c.Number() == 1 {
			if f, err := c.ReadFrame(); err == nil {
				taken <- f.Body
			}
			_ = c.Reset()
			return
		}
		<-answer
		_ = c.WriteRaw(stream(response(<-taken)))
		_ = c.Serve(nil)
	}})
	var lates lateLog
	l := startUp(t, host, lates.over)
	frame := newFrame("0200", 1)
	_, err := l.Exchange(patient(t), frame)
	require.ErrorIs(t, err, messages.ErrInDoubt)
	l.awaitSession(2)
	_, err = l.Exchange(patient(t), newFrame("0200", 1))
	assert.ErrorIs(t, err, messages.ErrDuplicateKey)
	close(answer)
	late := lates.hook.awaitSome(t, 1, "a late reply")[0]
	assert.Equal(t, string(frame), string(late.Request))
	assert.Equal(t, [2]uint64{1, 2}, [2]uint64{late.SentSession, late.ReceivedSession})
	l.works(1)
	_, err = l.Exchange(patient(t), newFrame("0200", 1))
	assert.NoError(t, err)
}

// TestLateWindow: a key in doubt is free when LateWindow has passed, and not
// before; what comes then is nobody's.
func TestLateWindow(t *testing.T) {
	const window = 10 * short
	rec, release := newRecorder(), make(chan struct{})
	host := startHost(t, linktest.PeerConfig{
		Recorder: rec, Handle: linktest.Steps(linktest.Async(linktest.Hold(release, linktest.Reply()))),
	})
	var lates lateLog
	l := startUp(t, host, lates.over, func(c *supervisor.LinkConfig) { c.LateWindow = window })
	begin := time.Now()
	l.doubt(rec, newFrame("0200", 1))
	refused := 0
	require.Eventually(t, func() bool {
		_, err := l.Exchange(patient(t), newFrame("0200", 1))
		if err != nil {
			assert.ErrorIs(t, err, messages.ErrDuplicateKey)
			refused++
		}
		return err == nil
	}, patience, 5*time.Millisecond)
	assert.GreaterOrEqual(t, time.Since(begin), window)
	assert.Positive(t, refused)
	close(release)
	awaitEvents[*messages.Unmatched](t, &lates.events, 1)
	assert.Empty(t, lates.hook.list())
}
