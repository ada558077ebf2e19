package supervisor_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// TestHandlersAtOnce: MaxHandlers at a time, MaxInbound in all; beyond that
// Overload answers, and beyond that requests are dropped, counted and told.
func TestHandlersAtOnce(t *testing.T) {
	const handlers, most, sent = 3, 10, 40
	var events journal[messages.Event]
	var now, peak atomic.Int64
	release, overloading := make(chan struct{}), make(chan struct{})
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) {
		c.Session.MaxHandlers, c.Session.MaxInbound, c.Session.OnEvent = handlers, most, events.add
		c.Session.Handler = func(ctx context.Context, in *messages.Inbound) {
			if n := now.Add(1); n > peak.Load() {
				peak.Store(n)
			}
			<-release
			now.Add(-1)
			answering(ctx, in)
		}
		c.Session.Overload = func(in *messages.Inbound) (*iso8583.Message, error) {
			<-overloading
			msg, err := in.Message()
			if err == nil {
				msg.MTI("0210")
				err = msg.Field(39, "91")
			}
			return msg, err
		}
	})
	c := dialRaw(t, a)
	for stan := range sent {
		c.write(newFrame("0200", stan))
	}
	overloaded := func(s supervisor.AcceptorStatus) bool { return s.Counters.Overloaded == sent-most }
	awaitAcceptor(t, a, "overload", overloaded)
	session := a.Sessions()[0]
	unhandled := session.Status().Unhandled
	assert.GreaterOrEqual(t, unhandled, int64(2*most))
	assert.LessOrEqual(t, unhandled, int64(2*most+1), "no more than the two queues hold, and the one in hand")
	close(overloading)
	refused := 0
	for range int(unhandled) - most {
		got := c.read()
		msg := iso8583.NewMessage(spec)
		require.NoError(t, msg.Unpack(got))
		code, err := msg.GetString(39)
		require.NoError(t, err)
		if code == "91" {
			refused++
		}
	}
	assert.Equal(t, int(unhandled)-most, refused)
	close(release)
	answered := make(map[int]bool)
	for range most {
		got := c.read()
		answered[stanOf(got)] = true
	}
	for stan := range most {
		assert.True(t, answered[stan], "the first ones are handled: %d", stan)
	}
	assert.LessOrEqual(t, peak.Load(), int64(handlers))
	s := awaitAcceptor(t, a, "all counted", func(s supervisor.AcceptorStatus) bool {
		return s.Counters.Replied == uint64(most+refused)
	})
	assert.EqualValues(t, most, s.Counters.Requests)
	dropped := awaitEvents[*messages.RequestsDropped](t, &events, 1)
	assert.EqualValues(t, 1, dropped[0].Count, "the first is told at once")
	require.ErrorIs(t, dropped[0].Reason, messages.ErrOverloaded)
	require.Eventually(t, func() bool { return session.Status().Unhandled == 0 }, patience, time.Millisecond)
	c.works(99)
}

// TestOrdered: one request at a time, in the order of their arrival.
func TestOrdered(t *testing.T) {
	const sent = 300
	var got journal[int]
	var now atomic.Int64
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) {
		c.Session.Ordered = true
		c.Session.Handler = func(ctx context.Context, in *messages.Inbound) {
			assert.EqualValues(t, 1, now.Add(1), "one at a time")
			got.add(stanOf(in.Frame))
			answering(ctx, in)
			now.Add(-1)
		}
	})
	c := dialRaw(t, a)
	for stan := range sent {
		c.write(newFrame("0200", stan))
	}
	for stan, n := range got.awaitSome(t, sent, "all requests") {
		require.Equal(t, stan, n)
	}
	for stan := range sent {
		reply := c.read()
		require.Equal(t, stan, stanOf(reply), "and so are the replies")
	}
}

// TestHandlerThatFails: it panics or ends its goroutine; that is counted and
// told, the link stays up, and later requests are handled.
func TestHandlerThatFails(t *testing.T) {
	var events journal[messages.Event]
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) {
		c.Session.MaxHandlers, c.Session.OnEvent = 1, events.add
		c.Session.Handler = func(ctx context.Context, in *messages.Inbound) {
			switch stanOf(in.Frame) % 3 {
			case 1:
				panic("card 4111111111111111")
			case 2:
				goexit()
			}
			answering(ctx, in)
		}
	})
	c := dialRaw(t, a)
	for stan := range 9 {
		c.write(newFrame("0200", stan))
	}
	for _, stan := range []int{0, 3, 6} {
		got := c.read()
		assert.Equal(t, stan, stanOf(got))
	}
	c.works(9)
	for _, e := range awaitEvents[*messages.Panicked](t, &events, 3) {
		assert.Equal(t, messages.Panicked{Link: a.Sessions()[0].Name(), Where: "Handler", Reason: "string"}, *e)
	}
	s := a.Status()
	assert.EqualValues(t, 3, s.Counters.Panics)
	assert.EqualValues(t, 10, s.Counters.Requests)
	assert.Equal(t, 1, s.Sessions, "the session stays")
}

// TestOverloadThatFails: errors, panics and silence drop the request, and no more.
func TestOverloadThatFails(t *testing.T) {
	const sent = 12
	release := make(chan struct{})
	var events journal[messages.Event]
	var calls atomic.Int64
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) {
		c.Session.MaxInbound, c.Session.OnEvent = 1, events.add
		c.Session.Handler = func(ctx context.Context, in *messages.Inbound) {
			<-release
			answering(ctx, in)
		}
		c.Session.Overload = func(*messages.Inbound) (*iso8583.Message, error) {
			switch calls.Add(1) % 4 {
			case 0:
				panic("no")
			case 1:
				goexit()
			case 2:
				return nil, errors.New("none")
			}
			return nil, nil
		}
	})
	c := dialRaw(t, a)
	c.write(newFrame("0200", 0))
	require.Eventually(t, func() bool { return a.Status().Counters.Requests == 1 }, patience, time.Millisecond)
	for stan := 1; stan <= sent; stan++ {
		before := calls.Load()
		c.write(newFrame("0200", stan))
		require.Eventually(t, func() bool { return calls.Load() > before }, patience, time.Millisecond)
		session := a.Sessions()[0]
		require.Eventually(t, func() bool { return session.Status().Unhandled == 1 }, patience, time.Millisecond)
	}
	close(release)
	got := c.read()
	assert.Equal(t, 0, stanOf(got))
	session := a.Sessions()[0]
	require.Eventually(t, func() bool { return session.Status().Unhandled == 0 }, patience, time.Millisecond)
	c.works(99)
	awaitAcceptor(t, a, "both replies", func(s supervisor.AcceptorStatus) bool { return s.Counters.Replied == 2 })
	s := a.Status()
	assert.EqualValues(t, sent, s.Counters.Overloaded)
	assert.EqualValues(t, sent/4, s.Counters.Panics)
	awaitEvents[*messages.RequestsDropped](t, &events, 1)
}

// TestExpiredInTheQueue: a request that waits for its handler beyond its
// deadline is dropped, counted and told.
func TestExpiredInTheQueue(t *testing.T) {
	var events journal[messages.Event]
	release := make(chan struct{})
	begun := make(chan *messages.Inbound, 1)
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) {
		c.Session.MaxHandlers, c.Session.HandleTimeout, c.Session.OnEvent = 1, 200*time.Millisecond, events.add
		c.Session.Handler = func(ctx context.Context, in *messages.Inbound) {
			if stanOf(in.Frame) < 10 {
				begun <- in
				<-release
			}
			_ = in.ReplyFrame(ctx, response(in.Frame))
		}
	})
	c := dialRaw(t, a)
	c.write(newFrame("0200", 1))
	in := awaitDone(t, "the first request", begun)
	for stan := 2; stan <= 4; stan++ {
		c.write(newFrame("0200", stan))
	}
	session := a.Sessions()[0]
	require.Eventually(t, func() bool { return session.Status().Unhandled == 4 }, patience, time.Millisecond)
	<-time.After(time.Until(in.Deadline) + 200*time.Millisecond) // the others came a moment later
	close(release)
	s := awaitAcceptor(t, a, "expired requests", func(s supervisor.AcceptorStatus) bool { return s.Counters.Expired == 3 })
	assert.EqualValues(t, 1, s.Counters.Requests)
	assert.EqualValues(t, 1, s.Counters.ReplyFailed, "the first one was too late, too")
	dropped := awaitEvents[*messages.RequestsDropped](t, &events, 1)
	require.ErrorIs(t, dropped[0].Reason, messages.ErrTimeout)
	c.works(10)
}
