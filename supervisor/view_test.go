package supervisor_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestViewOfAReply: a link's Viewer reads what Exchange gave, and it is the same one
// each time.
func TestViewOfAReply(t *testing.T) {
	l := startUp(t, startHost(t, linktest.PeerConfig{}))
	frame := newFrame("0200", 1)
	reply, err := l.Exchange(patient(t), frame)
	require.NoError(t, err)
	v, err := l.Viewer().View(reply)
	require.NoError(t, err)
	assert.Equal(t, "0210", v.MTI().String())
	id, err := v.String(37)
	require.NoError(t, err)
	assert.Equal(t, idOf(frame), id)
	assert.Same(t, l.Viewer(), l.Viewer())
}

// TestInboundViewIsAnswered: a handler reads its request by a View, and patches it to
// the response. It uses the Viewer of its session.
func TestInboundViewIsAnswered(t *testing.T) {
	viewers := make(chan any, 1)
	a := startAcceptor(t, handledBy(func(ctx context.Context, in *messages.Inbound) {
		v, err := in.View()
		if !assert.NoError(t, err) {
			return
		}
		reply, err := v.Patch(nil, messages.SetMTI(messages.MTI{'0', '2', '1', '0'}))
		assert.NoError(t, err)
		assert.NoError(t, in.ReplyFrame(ctx, reply))
		viewers <- in.Replier().(interface{ Viewer() *messages.Viewer }).Viewer()
	}))
	c := dialRaw(t, a)
	c.works(1)
	first := awaitDone(t, "a request", viewers)
	c.works(2)
	assert.Same(t, first, awaitDone(t, "a request", viewers))
}
