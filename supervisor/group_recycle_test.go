package supervisor_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// sessions is the number of the last session of each link.
func (r *rig) sessions() []uint64 {
	var all []uint64
	for _, l := range r.Status().Links {
		all = append(all, l.Session)
	}
	return all
}

// TestRecycle: the links get new sessions one after the other; never is more than
// one of them down, and what the group is given meanwhile is answered.
func TestRecycle(t *testing.T) {
	const links = 3
	var changes journal[*messages.StateChanged]
	r := startUpRig(t, links, nil, func(c *rigConfig) {
		for i := range c.links {
			c.links[i].OnState = changes.add
		}
	})
	stop := make(chan struct{})
	var sent atomic.Int64
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				_, err := r.Exchange(patient(t), newFrame("0200", 100_000*w+i))
				assert.NoError(t, err)
				sent.Add(1)
			}
		})
	}
	require.NoError(t, r.Recycle(patient(t)))
	close(stop)
	wg.Wait()
	assert.Equal(t, []uint64{2, 2, 2}, r.sessions())
	assert.Positive(t, sent.Load())
	require.NoError(t, r.manager.Close(patient(t)))
	all := changes.list()
	slices.SortStableFunc(all, func(x, y *messages.StateChanged) int { return x.At.Compare(y.At) })
	up, order := 0, ""
	for _, e := range all {
		switch {
		case e.To == messages.Up:
			up++
			order += e.Link
		case e.From == messages.Up:
			up--
		}
		if len(order) >= links && len(order) < 2*links {
			assert.GreaterOrEqual(t, up, links-1)
		}
	}
	assert.Equal(t, "abc", order[links:])
}

// TestRecycleStops: at a link that does not come back; those behind it keep their
// sessions. Later calls go on.
func TestRecycleStops(t *testing.T) {
	var broken atomic.Bool
	r := startUpRig(t, 3, nil, func(c *rigConfig) {
		c.links[1].Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if broken.Load() {
				return nil, errors.New("no certificate")
			}
			return new(net.Dialer).DialContext(ctx, network, addr)
		}
	})
	broken.Store(true)
	ctx, cancel := context.WithCancel(patient(t))
	defer cancel()
	failed := make(chan error, 1)
	go func() { failed <- r.Recycle(ctx) }()
	b := linkOf(t, r.manager, "b")
	b.awaitStatus("failures", func(s supervisor.Status) bool { return s.Counters.Attempts >= 3 })
	assert.ErrorIs(t, r.Recycle(within(t, short)), context.DeadlineExceeded, "one at a time")
	cancel()
	err := awaitDone(t, "the end", failed)
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "group all: link b: not up again")
	assert.ErrorContains(t, err, "no certificate")
	assert.Equal(t, []uint64{2, 1, 1}, r.sessions())

	broken.Store(false)
	b.awaitState(messages.Up)
	require.NoError(t, r.manager.Link("c").Pause(patient(t)))
	require.NoError(t, r.Recycle(patient(t)))
	assert.Equal(t, []uint64{3, 3, 1}, r.sessions(), "a paused link is passed over")
	assert.ErrorIs(t, r.manager.Group("none").Recycle(patient(t)), messages.ErrNoLink)
}

// TestRecycleAsksForAnEcho: a link that is up and does not answer is not up again.
func TestRecycleAsksForAnEcho(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var silent atomic.Bool
		peer := linktest.NewPipePeer(linktest.PeerConfig{Framing: binary2, Handle: func(conn *linktest.Conn, f linktest.Frame) error {
			if silent.Load() {
				return nil
			}
			return linktest.Reply()(conn, f)
		}})
		defer peer.Close()
		config := supervisor.Config{Logger: quiet, Groups: []supervisor.GroupConfig{{Name: "all", Links: []string{"a", "b"}, MinUp: 2}}}
		for _, name := range config.Groups[0].Links {
			config.Links = append(config.Links, supervisor.LinkConfig{
				Name: name, Addrs: []string{"pipe:1"}, Spec: spec, Framing: binary2, Dial: peer.Dial,
				Echo: supervisor.NetworkManagement{Build: func() (*iso8583.Message, error) { return newMessage(t, "0800", 1), nil }},
			})
		}
		m, err := supervisor.New(nil, config)
		require.NoError(t, err)
		r := &rig{t: t, manager: m, Group: m.Group("all")}
		require.NoError(t, r.Await(t.Context(), messages.Up))
		require.NoError(t, r.Recycle(t.Context()))
		assert.Equal(t, []uint64{2, 2}, r.sessions())
		silent.Store(true)
		err = r.Recycle(t.Context())
		assert.ErrorIs(t, err, messages.ErrTimeout)
		assert.ErrorContains(t, err, "group all: link a")
		assert.Equal(t, []uint64{3, 2}, r.sessions())
		require.NoError(t, m.Close(t.Context()))
		time.Sleep(time.Minute) // fake: what timers are left run out
	})
}
