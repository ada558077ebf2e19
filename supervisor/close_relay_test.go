package supervisor_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// relayed is a manager that relays what a client asks to a host, in fake time. Its
// handler takes a second for a request before it sends it on, the host another one.
type relayed struct {
	manager  *supervisor.Manager
	client   *supervisor.Link
	host     *linktest.Recorder
	notSent  atomic.Int64 // of what the handlers were told
	inDoubt  atomic.Int64
	answered atomic.Int64
}

// relay runs test with a relay whose client and link are up.
func relay(t *testing.T, test func(t *testing.T, r *relayed)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &relayed{host: newRecorder()}
		host := linktest.NewPipePeer(linktest.PeerConfig{
			Framing: binary2, Recorder: r.host, Handle: linktest.Async(linktest.Delay(time.Second, linktest.Reply())),
		})
		defer host.Close()
		listener := newPipeListener()
		out, in := pipeLink("out"), pipeLink("client")
		out.Dial, in.Dial = host.Dial, listener.Dial
		var err error
		r.manager, err = supervisor.New(nil, supervisor.Config{
			Logger: quiet, Links: []supervisor.LinkConfig{out},
			Groups: []supervisor.GroupConfig{{Name: "hosts", Links: []string{"out"}}},
		})
		require.NoError(t, err)
		session := supervisor.LinkConfig{Spec: spec, Framing: binary2}
		session.Handler = func(ctx context.Context, in *messages.Inbound) {
			time.Sleep(time.Second)
			response, err := r.manager.Group("hosts").Exchange(ctx, in.Frame)
			switch {
			case err == nil:
				r.answered.Add(1)
				_ = in.ReplyFrame(ctx, response) // what the client gets is counted there
			case errors.Is(err, messages.ErrNotSent):
				r.notSent.Add(1)
				answering(ctx, in)
			default:
				r.inDoubt.Add(1)
			}
		}
		_, err = r.manager.Listen(supervisor.AcceptorConfig{Name: "clients", Listener: listener, Session: session})
		require.NoError(t, err)
		clients, err := supervisor.New(nil, supervisor.Config{Logger: quiet, Links: []supervisor.LinkConfig{in}})
		require.NoError(t, err)
		r.client = clients.Link("client")
		require.NoError(t, r.client.Await(t.Context(), messages.Up))
		require.NoError(t, r.manager.Link("out").Await(t.Context(), messages.Up))
		test(t, r)
		require.NoError(t, clients.Close(t.Context()))
		time.Sleep(time.Minute) // fake: what timers are left run out
	})
}

// TestCloseOfARelay: what a handler has in hand, and has not sent on yet, is sent on and
// answered.
func TestCloseOfARelay(t *testing.T) {
	relay(t, func(t *testing.T, r *relayed) {
		sent := make(chan error, 1)
		go func() {
			_, err := r.client.Exchange(t.Context(), newFrame("0200", 1))
			sent <- err
		}()
		synctest.Wait()
		start := time.Now()
		require.NoError(t, r.manager.Close(within(t, time.Minute)))
		assert.Equal(t, 2*time.Second, time.Since(start))
		require.NoError(t, <-sent)
		assert.EqualValues(t, 1, r.answered.Load())
	})
}

// TestCloseOfABusyRelay: clients that never stop asking do not let their sessions end.
// They are served for half of the time, and refused for the rest; what was sent to the
// host has its answer.
func TestCloseOfABusyRelay(t *testing.T) {
	relay(t, func(t *testing.T, r *relayed) {
		var clients sync.WaitGroup
		for i := range 8 {
			clients.Go(func() {
				time.Sleep(time.Duration(i) * time.Second / 8)
				for n := 0; ; n++ {
					if _, err := r.client.Exchange(t.Context(), newFrame("0200", 1000*i+n)); err != nil {
						return
					}
				}
			})
		}
		time.Sleep(10 * time.Second)
		before, start := r.answered.Load(), time.Now()
		err := r.manager.Close(within(t, time.Minute))
		assert.InDelta(t, time.Minute, time.Since(start), float64(time.Second))
		var drain *messages.DrainError
		require.ErrorAs(t, err, &drain)
		assert.Positive(t, drain.Unhandled)
		assert.Zero(t, drain.InDoubt)
		assert.Equal(t, "clients/pipe", drain.Link)
		clients.Wait()
		assert.InDelta(t, 8*30/2, r.answered.Load()-before, 8, "and what the host had in hand")
		assert.Positive(t, r.notSent.Load())
		assert.Zero(t, r.inDoubt.Load())
		assert.EqualValues(t, r.answered.Load(), r.host.Total())
	})
}
