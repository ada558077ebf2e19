package supervisor_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

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
