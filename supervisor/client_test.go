package supervisor_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// client is an actor that sends commands to a link and collects the results.
type client struct {
	t       *testing.T
	link    *testLink
	pid     *actor.PID
	sends   atomic.Int64
	results journal[clientResult]
	batches atomic.Int64 // Results messages
}

type clientResult struct {
	result *messages.Result
	at     time.Time
}

// newClient starts a client in the link's actor system. It ends with the test,
// behind the link; each of its commands has to have got one result by then.
func newClient(t *testing.T, l *testLink, options ...actor.PropsOption) *client {
	t.Helper()
	c := &client{t: t, link: l}
	system := l.manager.System()
	c.pid = system.Root.Spawn(actor.PropsFromFunc(c.receive, options...))
	t.Cleanup(func() {
		closeManager(t, l.manager)
		require.NoError(t, system.Root.PoisonFuture(c.pid).Wait())
		assert.Len(t, c.results.list(), int(c.sends.Load()), "one result for each command")
	})
	return c
}

func (c *client) receive(ctx actor.Context) {
	switch msg := ctx.Message().(type) {
	case *messages.Result:
		c.take(msg)
	case *messages.Results:
		c.batches.Add(1)
		for _, r := range msg.Results {
			c.take(r)
		}
	}
}

func (c *client) take(r *messages.Result) {
	post := r.Err == nil && r.Frame == nil
	c.link.tally.note(c.t, c.link.Name(), post, r.Err)
	c.results.add(clientResult{r, time.Now()})
}

// send gives the link a command, as the client.
func (c *client) send(command messages.Command) {
	c.sends.Add(1)
	c.link.manager.System().Root.RequestWithCustomSender(c.link.PID(), command, c.pid)
}
