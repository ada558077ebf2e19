package supervisor_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
