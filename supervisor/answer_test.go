package supervisor_test

import (
	"context"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

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
