package supervisor_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestContext: a send ends with its context or at SendTimeout, whichever comes
// first; not sent when nothing was written, in doubt otherwise; with the
// context's own cause.
func TestContext(t *testing.T) {
	rec := newRecorder()
	host := startHost(t, linktest.PeerConfig{Handle: linktest.Drop(), Recorder: rec})
	why := errors.New("the cardholder left")

	t.Run("ended before", func(t *testing.T) {
		l := startUp(t, host)
		before := rec.Total()
		gone, cancel := context.WithCancelCause(context.Background())
		cancel(why)
		for cause, ctx := range map[error]context.Context{why: gone, messages.ErrTimeout: within(t, -time.Second)} {
			_, err := l.Exchange(ctx, newFrame("0200", 1))
			assert.ErrorIs(t, err, messages.ErrNotSent)
			assert.ErrorIs(t, err, cause)
			_, err = l.Send(ctx, newMessage(t, "0200", 2))
			assert.ErrorIs(t, err, messages.ErrNotSent)
			assert.ErrorIs(t, err, cause)
			err = l.Post(ctx, newMessage(t, "0200", 3))
			assert.ErrorIs(t, err, messages.ErrNotSent)
			assert.ErrorIs(t, err, cause)
		}
		assert.Equal(t, before, rec.Total())
	})
	t.Run("cancelled in flight", func(t *testing.T) {
		l := startUp(t, host)
		before := rec.Total()
		ctx, cancel := context.WithCancelCause(context.Background())
		sent := l.background(ctx, newFrame("0200", 1))
		require.NoError(t, rec.WaitTotal(patient(t), before+1))
		cancel(why)
		err := awaitDone(t, "the send", sent).err
		assert.ErrorIs(t, err, messages.ErrInDoubt)
		assert.ErrorIs(t, err, why)
		assert.NotErrorIs(t, err, messages.ErrTimeout)
	})
	t.Run("SendTimeout", func(t *testing.T) {
		l := startUp(t, host, func(c *supervisor.LinkConfig) { c.SendTimeout = short })
		for stan, ctx := range []context.Context{context.Background(), patient(t)} {
			start := time.Now()
			_, err := l.Exchange(ctx, newFrame("0200", stan))
			took := time.Since(start)
			assert.ErrorIs(t, err, messages.ErrTimeout)
			assert.GreaterOrEqual(t, took, short)
			assert.Less(t, took, short+busy)
			var e *messages.SendError
			require.ErrorAs(t, err, &e)
			assert.GreaterOrEqual(t, e.Took, short)
			assert.LessOrEqual(t, e.Took, took)
			assert.NotEqual(t, messages.Key{}, e.Key)
		}
	})
	t.Run("the context's deadline", func(t *testing.T) {
		l := startUp(t, host)
		start := time.Now()
		_, err := l.Exchange(within(t, short), newFrame("0200", 1))
		assert.ErrorIs(t, err, messages.ErrTimeout)
		assert.GreaterOrEqual(t, time.Since(start), short)
		assert.Less(t, time.Since(start), short+busy)
	})
}

// TestRefusals: what cannot be sent is refused before anything is written, by
// type, and the link stays up.
func TestRefusals(t *testing.T) {
	rec := newRecorder()
	host := startHost(t, linktest.PeerConfig{Recorder: rec})
	l := startUp(t, host)
	c := newClient(t, l)
	withoutSTAN := newMessage(t, "0200", 1)
	withoutSTAN.UnsetField(11)
	tooLong := newMessage(t, "0200", 1)
	require.NoError(t, tooLong.Field(3, "1234567"))
	for name, test := range map[string]struct {
		err  error
		want error
	}{
		"nothing":         {exchangeError(l, nil), messages.ErrNoKey},
		"no frame":        {exchangeError(l, []byte("0200")), messages.ErrNoKey},
		"no MTI":          {exchangeError(l, []byte("ABCD"+string(template[4:]))), messages.ErrNoKey},
		"no STAN":         {sendError(l, withoutSTAN), messages.ErrNoKey},
		"a response":      {exchangeError(l, newFrame("0210", 1)), messages.ErrNoRequest},
		"acknowledgement": {exchangeError(l, newFrame("0280", 1)), messages.ErrNoRequest},
		"does not pack":   {sendError(l, tooLong), messages.ErrPack},
		"nil message":     {sendError(l, nil), messages.ErrPack},
		"post, no MTI":    {l.PostFrame(context.Background(), []byte{1, 2}), messages.ErrNoKey},
		"post, nil":       {l.Post(context.Background(), nil), messages.ErrPack},
		"command, no key": {commandError(t, c, &messages.Send{Frame: []byte("02")}), messages.ErrNoKey},
		"empty command":   {commandError(t, c, &messages.Send{}), messages.ErrNoKey},
		"command, pack":   {commandError(t, c, &messages.Send{Message: tooLong}), messages.ErrPack},
		"post command":    {commandError(t, c, &messages.Post{Message: tooLong}), messages.ErrPack},
		"no request":      {commandError(t, c, &messages.Send{Frame: newFrame("0430", 1)}), messages.ErrNoRequest},
	} {
		assert.ErrorIs(t, test.err, messages.ErrNotSent, name)
		assert.ErrorIs(t, test.err, test.want, name)
	}
	assert.Zero(t, rec.Total())
	assert.NoError(t, l.PostFrame(patient(t), newFrame("0210", 1)), "a post may be a response")
	l.works(1)
	assert.EqualValues(t, 1, l.Status().Session)
}

func exchangeError(l *testLink, frame []byte) error {
	_, err := l.Exchange(context.Background(), frame)
	return err
}

func sendError(l *testLink, msg *iso8583.Message) error {
	_, err := l.Send(context.Background(), msg)
	return err
}

func commandError(t *testing.T, c *client, command messages.Command) error {
	t.Helper()
	n := len(c.results.list())
	c.send(command)
	return c.results.awaitSome(t, n+1, "a result")[n].result.Err
}

// TestUnknownLink: the handle of a name that is not configured answers with
// ErrNoLink, whatever is asked of it.
func TestUnknownLink(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	l := startUp(t, host).manager.Link("nobody")
	ctx := context.Background()
	_, sent := l.Send(ctx, newMessage(t, "0200", 1))
	_, exchanged := l.Exchange(ctx, newFrame("0200", 1))
	for name, err := range map[string]error{
		"Send": sent, "Exchange": exchanged, "Post": l.Post(ctx, newMessage(t, "0200", 1)),
		"PostFrame": l.PostFrame(ctx, newFrame("0200", 1)),
	} {
		assert.ErrorIs(t, err, messages.ErrNoLink, name)
		assert.ErrorIs(t, err, messages.ErrNotSent, name)
		var e *messages.SendError
		if assert.ErrorAs(t, err, &e, name) {
			assert.Equal(t, "nobody", e.Link)
		}
	}
	for name, err := range map[string]error{
		"Await": l.Await(ctx, messages.Up), "Pause": l.Pause(ctx), "Resume": l.Resume(),
		"Restart": l.Restart(ctx), "Close": l.Close(ctx),
	} {
		assert.ErrorIs(t, err, messages.ErrNoLink, name)
		assert.ErrorContains(t, err, "nobody", name)
	}
	assert.Nil(t, l.PID())
	assert.Nil(t, l.Viewer())
	assert.Equal(t, "nobody", l.Name())
	assert.Equal(t, supervisor.Status{Name: "nobody"}, l.Status())
}

// TestPostSettlesWhenHandedOver: a post returns when the network has its bytes,
// not before, and waits for no response.
func TestPostSettlesWhenHandedOver(t *testing.T) {
	rec := newRecorder()
	oracle := linktest.NewOracle(nil)
	host := startHost(t, linktest.PeerConfig{Handle: linktest.Drop(), Recorder: rec})
	l := startUp(t, host, over(oracle), func(c *supervisor.LinkConfig) { c.WriteTimeout = 2 * patience })
	c := newClient(t, l)
	require.NoError(t, l.Post(patient(t), newMessage(t, "0220", 1)))
	require.NoError(t, l.PostFrame(patient(t), newFrame("0220", 1)), "posts have no key: none is taken")
	assert.NoError(t, commandError(t, c, &messages.Post{Frame: newFrame("0220", 1), Tag: "tag"}))
	result := c.results.list()[0].result
	assert.Equal(t, "tag", result.Tag)
	assert.Nil(t, result.Frame)
	require.NoError(t, rec.WaitTotal(patient(t), 3))

	block := oracle.BlockAt(1, 4*wireSize-1)
	posted := make(chan error, 1)
	go func() { posted <- l.PostFrame(context.Background(), newFrame("0220", 2)) }()
	awaitDone(t, "a blocked write", block.Reached())
	err := l.PostFrame(within(t, short), newFrame("0220", 3))
	assert.ErrorIs(t, err, messages.ErrNotSent)
	assert.Empty(t, posted)
	block.Release()
	assert.NoError(t, awaitDone(t, "the post", posted))
	require.NoError(t, rec.WaitTotal(patient(t), 4))
	assert.EqualValues(t, 4, l.Status().Counters.Posted)

	oracle.FailAt(1, 5*wireSize-1, errReset)
	err = l.PostFrame(patient(t), newFrame("0220", 4))
	assert.ErrorIs(t, err, messages.ErrInDoubt, "all but a byte was written")
	assert.ErrorIs(t, err, errReset)
	l.awaitSession(2)
}
