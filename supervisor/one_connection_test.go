package supervisor_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// oneAtATime is a host that has room for one connection, and takes a while to
// notice that it has ended; until then it closes every other one.
type oneAtATime struct {
	peer  *linktest.Peer
	frees time.Duration

	mu      sync.Mutex
	held    bool // the host has a connection, or has not noticed its end
	open    int  // of the link, at this moment
	most    int
	refused int
}

// dial is a link's Dial: it counts the connections that are open at a time.
func (h *oneAtATime) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := h.peer.Dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open++
	h.most = max(h.most, h.open)
	counted := &freedLater{Conn: conn, host: h}
	if h.held {
		h.refused++
		_ = conn.Close() // the host does not want it: the link reads its end
		return counted, nil
	}
	h.held, counted.served = true, true
	return counted, nil
}

type freedLater struct {
	net.Conn
	host   *oneAtATime
	served bool
	once   sync.Once
}

// Close is the link's. The host notices later.
func (c *freedLater) Close() error {
	c.once.Do(func() {
		h := c.host
		h.mu.Lock()
		defer h.mu.Unlock()
		h.open--
		if c.served {
			time.AfterFunc(h.frees, func() {
				h.mu.Lock()
				defer h.mu.Unlock()
				h.held = false
			})
		}
	})
	return c.Conn.Close()
}

// TestHostWithOneConnection: a host that allows one connection, and takes seconds to
// free it, is never asked for two; the link goes on trying, no faster than its
// backoff, and comes back.
func TestHostWithOneConnection(t *testing.T) {
	const frees = 7 * time.Second
	synctest.Test(t, func(t *testing.T) {
		host := &oneAtATime{frees: frees, peer: linktest.NewPipePeer(linktest.PeerConfig{Framing: framing.Binary2{}})}
		defer host.peer.Close()
		mgr, err := supervisor.New(nil, supervisor.Config{Links: []supervisor.LinkConfig{{
			Name: "fake", Addrs: []string{"pipe:1", "pipe:2"}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{},
			Dial: host.dial,
		}}})
		require.NoError(t, err)
		link := mgr.Link("fake")
		stan := 0
		for round := range 3 {
			require.NoError(t, link.Await(t.Context(), messages.Up))
			stan++
			_, err := link.Exchange(t.Context(), networkFrame(fmt.Sprintf("%06d", stan)))
			require.NoError(t, err)
			before, start := link.Status().Counters.Sessions, time.Now()
			require.NoError(t, link.Restart(t.Context()))
			for answered := false; !answered; {
				time.Sleep(time.Millisecond) // fake
				require.NoError(t, link.Await(t.Context(), messages.Up))
				stan++ // the one before may be in doubt
				_, err := link.Exchange(t.Context(), networkFrame(fmt.Sprintf("%06d", stan)))
				answered = err == nil
			}
			took := time.Since(start)
			assert.GreaterOrEqual(t, took, frees, round)
			assert.Less(t, took, frees+40*time.Second, "the cap of the backoff, and its least delay")
			assert.LessOrEqual(t, link.Status().Counters.Sessions-before, uint64(took/time.Second)+1, "an attempt a second at most")
		}
		assert.Equal(t, 1, host.most, "connections at the same time")
		assert.Positive(t, host.refused, "it has tried before")
		require.NoError(t, mgr.Close(context.Background()))
		time.Sleep(time.Minute) // fake: what timers are left run out
	})
}
