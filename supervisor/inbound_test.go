package supervisor_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// handledBy gives the sessions of an acceptor a handler.
func handledBy(h func(context.Context, *messages.Inbound)) func(*supervisor.AcceptorConfig) {
	return func(c *supervisor.AcceptorConfig) { c.Session.Handler = h }
}

// TestInboundTellsAll: what a handler gets to know of a request.
func TestInboundTellsAll(t *testing.T) {
	got := make(chan *messages.Inbound, 1)
	before := time.Now()
	a := startAcceptor(t, handledBy(func(ctx context.Context, in *messages.Inbound) {
		deadline, ok := ctx.Deadline()
		assert.True(t, ok)
		assert.Equal(t, in.Deadline, deadline)
		answering(ctx, in)
		got <- in
	}), func(c *supervisor.AcceptorConfig) { c.Session.HandleTimeout = time.Minute })
	dialRaw(t, a).works(1) // it is session 1
	awaitDone(t, "a request", got)
	c := dialRaw(t, a)
	frame := newFrame("0200", 4711)
	c.write(frame)
	in := awaitDone(t, "a request", got)
	peer := c.conn.LocalAddr().String()
	assert.Equal(t, "host/"+peer, in.Link)
	assert.Equal(t, peer, in.Peer)
	assert.EqualValues(t, 2, in.Session)
	assert.Equal(t, "0200", in.MTI.String())
	key, err := messages.NewKey(in.MTI, "004711")
	require.NoError(t, err)
	assert.Equal(t, key, in.Key)
	require.NoError(t, in.KeyErr)
	assert.Equal(t, string(frame), string(in.Frame))
	assert.Nil(t, in.Header)
	assert.Nil(t, in.ReplyHeader())
	assert.Equal(t, time.Minute, in.Deadline.Sub(in.ReceivedAt))
	assert.WithinRange(t, in.ReceivedAt, before, time.Now())
	assert.True(t, in.Replied())
	msg, err := in.Message()
	require.NoError(t, err)
	id, err := msg.GetString(37)
	require.NoError(t, err)
	assert.Equal(t, idOf(frame), id)
}

// TestInboundReply: at most once, only with a response, by its deadline, in its
// session; what was refused may be tried again.
func TestInboundReply(t *testing.T) {
	type step struct {
		name  string
		reply func(ctx context.Context, in *messages.Inbound) error
		is    []error // nil: it is sent
	}
	long := make([]byte, 70_000)
	for i, c := range []step{
		{"a message", func(ctx context.Context, in *messages.Inbound) error {
			msg, err := in.Message()
			if err != nil {
				return err
			}
			msg.MTI("0210")
			return in.Reply(ctx, msg)
		}, nil},
		{"nothing to pack", func(ctx context.Context, in *messages.Inbound) error {
			return in.Reply(ctx, nil)
		}, []error{messages.ErrNotSent, messages.ErrPack}},
		{"a request", func(ctx context.Context, in *messages.Inbound) error {
			return in.ReplyFrame(ctx, in.Frame)
		}, []error{messages.ErrNotSent, messages.ErrNoResponse}},
		{"no MTI", func(ctx context.Context, in *messages.Inbound) error {
			return in.ReplyFrame(ctx, []byte("none"))
		}, []error{messages.ErrNotSent, messages.ErrNoKey}},
		{"too long", func(ctx context.Context, in *messages.Inbound) error {
			return in.ReplyFrame(ctx, append(response(in.Frame), long...))
		}, []error{messages.ErrNotSent, messages.ErrFrameTooLarge}},
		{"too late", func(_ context.Context, in *messages.Inbound) error {
			ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
			defer cancel()
			return in.ReplyFrame(ctx, response(in.Frame))
		}, []error{messages.ErrNotSent, messages.ErrTimeout}},
		{"given up", func(_ context.Context, in *messages.Inbound) error {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			return in.ReplyFrame(ctx, response(in.Frame))
		}, []error{messages.ErrNotSent, context.Canceled}},
	} {
		t.Run(c.name, func(t *testing.T) {
			results := make(chan error, 2)
			a := startAcceptor(t, handledBy(func(ctx context.Context, in *messages.Inbound) {
				results <- c.reply(ctx, in)
				if len(c.is) > 0 {
					assert.False(t, in.Replied())
				}
				results <- in.ReplyFrame(ctx, response(in.Frame))
			}))
			client := dialRaw(t, a)
			frame := newFrame("0200", i)
			client.write(frame)
			first, second := awaitDone(t, "a reply", results), awaitDone(t, "a reply", results)
			got := client.read()
			assert.Equal(t, string(response(frame)), string(got))
			if len(c.is) == 0 {
				require.NoError(t, first)
				require.ErrorIs(t, second, messages.ErrReplied)
				require.ErrorIs(t, second, messages.ErrNotSent)
				return
			}
			var e *messages.SendError
			require.ErrorAs(t, first, &e)
			assert.Equal(t, "host/"+client.conn.LocalAddr().String(), e.Link)
			for _, is := range c.is {
				require.ErrorIs(t, first, is)
			}
			require.NoError(t, second, "once more")
		})
	}
}

// TestReplyAfterTheSession: the reply to a request of a session that has ended
// is not sent, though another session is up.
func TestReplyAfterTheSession(t *testing.T) {
	held, release := make(chan *messages.Inbound, 1), make(chan struct{})
	result := make(chan error, 1)
	a := startAcceptor(t, handledBy(func(ctx context.Context, in *messages.Inbound) {
		held <- in
		<-release
		assert.NoError(t, ctx.Err(), "what was received counts")
		result <- in.ReplyFrame(ctx, response(in.Frame))
	}))
	first := dialRaw(t, a)
	first.write(newFrame("0200", 1))
	awaitDone(t, "the request", held)
	reset(t, first.conn)
	awaitAcceptor(t, a, "the end of the session", func(s supervisor.AcceptorStatus) bool { return s.Sessions == 0 })
	second := dialRaw(t, a)
	awaitSessions(t, a, 1)
	close(release)
	err := awaitDone(t, "the reply", result)
	require.ErrorIs(t, err, messages.ErrNotSent)
	require.ErrorIs(t, err, messages.ErrLinkDown)
	second.conn.Close()
}

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
	s := a.Status()
	assert.EqualValues(t, sent, s.Counters.Overloaded)
	assert.EqualValues(t, sent/4, s.Counters.Panics)
	assert.EqualValues(t, 2, s.Counters.Replied)
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

// TestDrainWaitsForHandlers: a link that is paused answers what its peer has
// asked before it closes.
func TestDrainWaitsForHandlers(t *testing.T) {
	a := startAcceptor(t)
	release, begun := make(chan struct{}), make(chan struct{})
	l := linkedTo(t, a, func(c *supervisor.LinkConfig) {
		c.Handler = func(ctx context.Context, in *messages.Inbound) {
			close(begun)
			<-release
			answering(ctx, in)
		}
	})
	s := awaitSessions(t, a, 1)[0]
	answer := make(chan error, 1)
	go func() {
		_, err := s.Exchange(patient(t), newFrame("0200", 1))
		answer <- err
	}()
	awaitDone(t, "the request", begun)
	paused := make(chan error, 1)
	go func() { paused <- l.Pause(patient(t)) }()
	l.awaitState(messages.Draining)
	_, err := l.Exchange(patient(t), newFrame("0200", 2))
	require.ErrorIs(t, err, messages.ErrDraining)
	assert.Equal(t, messages.Draining, l.Status().State)
	close(release)
	require.NoError(t, awaitDone(t, "the answer", answer))
	require.NoError(t, awaitDone(t, "Pause", paused))
	require.NoError(t, l.Resume())
	l.awaitState(messages.Up)
}

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
}

// TestAnswerByAnActor: an actor takes the requests of the peer and answers them
// by commands, without blocking; each gets one result.
func TestAnswerByAnActor(t *testing.T) {
	const sent = 200
	m := startManager(t, supervisor.Config{})
	var host *supervisor.Acceptor
	var results journal[*messages.Result]
	unpackable := newMessage(t, "0", 1)
	find := func(in *messages.Inbound) *actor.PID { return host.Session(in.Peer).PID() }
	pid := m.System().Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		switch msg := ctx.Message().(type) {
		case *messages.Inbound:
			ctx.Request(find(msg), &messages.Answer{To: msg, Frame: response(msg.Frame), Tag: stanOf(msg.Frame)})
			if stanOf(msg.Frame) == 0 {
				ctx.Request(find(msg), &messages.Answer{To: msg, Frame: response(msg.Frame), Tag: "twice"})
				ctx.Request(find(msg), &messages.Answer{Tag: "to nothing"})
				ctx.Request(find(msg), &messages.Answer{To: msg, Frame: msg.Frame, Tag: "a request"})
				ctx.Request(find(msg), &messages.Answer{To: msg, Message: unpackable, Tag: "unpackable"})
			}
		case *messages.Result:
			results.add(msg)
		}
	}))
	t.Cleanup(func() {
		closeManager(t, m)
		require.NoError(t, m.System().Root.PoisonFuture(pid).Wait())
	})
	started := make(chan struct{})
	host = listen(t, m, handledBy(func(_ context.Context, in *messages.Inbound) {
		<-started
		m.System().Root.Send(pid, in)
	}))
	close(started)
	c := dialRaw(t, host)
	for stan := range sent {
		c.write(newFrame("0200", stan))
	}
	for range sent {
		got := c.read()
		assert.Equal(t, "0210", string(got[:4]))
	}
	byTag := make(map[any]error)
	for _, r := range results.awaitSome(t, sent+4, "results") {
		byTag[r.Tag] = r.Err
	}
	for stan := range sent {
		err, ok := byTag[stan]
		require.True(t, ok, stan)
		require.NoError(t, err)
	}
	require.ErrorIs(t, byTag["twice"], messages.ErrReplied)
	require.ErrorIs(t, byTag["to nothing"], messages.ErrNoRequest)
	require.ErrorIs(t, byTag["a request"], messages.ErrNoResponse)
	require.ErrorIs(t, byTag["unpackable"], messages.ErrPack)
	for _, tag := range []string{"twice", "to nothing", "a request", "unpackable"} {
		assert.True(t, isNotSent(byTag[tag]), tag)
	}
}

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

// TestF12UnreadableRequest: a request whose key cannot be read is handled, and
// one that is no message at all is told; the session stays.
func TestF12UnreadableRequest(t *testing.T) {
	var events journal[messages.Event]
	got := make(chan *messages.Inbound, 1)
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) {
		c.Session.OnEvent = events.add
		c.Session.Handler = func(ctx context.Context, in *messages.Inbound) {
			got <- in
			answering(ctx, in)
		}
	})
	c := dialRaw(t, a)
	noSTAN := []byte("0800" + "00000000000000000000000000000000")
	c.write(noSTAN)
	in := awaitDone(t, "the request", got)
	require.ErrorIs(t, in.KeyErr, messages.ErrNoKey)
	assert.Equal(t, messages.Key{}, in.Key)
	reply := c.read()
	assert.Equal(t, "0810", string(reply[:4]))
	c.write([]byte("no message"))
	unmatched := awaitEvents[*messages.Unmatched](t, &events, 1)[0]
	assert.Equal(t, "no message", string(unmatched.Frame))
	require.ErrorIs(t, unmatched.Err, messages.ErrNoKey)
	c.write(newFrame("0200", 5))
	awaitDone(t, "the next request", got)
	c.read()
}
