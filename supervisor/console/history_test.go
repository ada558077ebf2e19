package console

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// TestHistoryIsOfLinks: clients that come and go leave nothing behind, however long the
// Interval is.
func TestHistoryIsOfLinks(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := supervisor.LinkConfig{Name: "client", Spec: specs.Spec87ASCII, Framing: framing.Binary2{}}
	m, err := supervisor.New(nil, supervisor.Config{
		Acceptors: []supervisor.AcceptorConfig{{
			Name: "host", Addr: "127.0.0.1:0", Session: supervisor.LinkConfig{Spec: c.Spec, Framing: c.Framing},
		}},
		Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	console, err := New(m, Options{Interval: time.Hour})
	require.NoError(t, err)
	defer console.Close()
	c.Addrs = []string{m.Acceptor("host").Addr().String()}
	for range 5 {
		link, err := m.AddLink(c)
		require.NoError(t, err)
		require.NoError(t, link.Await(ctx, messages.Up))
		require.NoError(t, m.RemoveLink(ctx, c.Name))
	}
	require.NoError(t, m.Close(ctx)) // all is told
	console.history.mu.Lock()
	defer console.history.mu.Unlock()
	assert.Len(t, console.history.links, 1)
	assert.NotEmpty(t, console.history.links["client"].timeline)
}

// TestViewersShareOneOverview: for however many it is made once, and anew when that had
// its rest; a change in between is not lost.
func TestViewersShareOneOverview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := supervisor.New(nil, supervisor.Config{Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		console, err := New(m, Options{Interval: time.Hour})
		require.NoError(t, err)
		first, err := console.show()
		require.NoError(t, err)
		time.Sleep(gather - 1)
		console.history.event(&messages.StateChanged{Link: "a"})
		second, err := console.show()
		require.NoError(t, err)
		assert.Same(t, first, second)
		select {
		case <-second.changed:
		default:
			assert.Fail(t, "the change is lost")
		}
		time.Sleep(time.Nanosecond)
		third, err := console.show()
		require.NoError(t, err)
		assert.NotSame(t, first, third)
		console.Close()
		require.NoError(t, m.Close(t.Context()))
		time.Sleep(time.Minute) // fake: what timers are left run out
	})
}

// TestRateOfALinkThatBeganAnew: its counters do so when it is changed.
func TestRateOfALinkThatBeganAnew(t *testing.T) {
	h, at := newHistory(), time.Now()
	for i, answered := range []uint64{10, 30, 5} {
		h.sample(supervisor.ManagerStatus{Links: []supervisor.Status{{
			Name: "a", Counters: supervisor.Counters{Answered: answered},
		}}}, at.Add(time.Duration(i)*10*time.Second))
	}
	assert.Equal(t, []point{{Rate: 2}, {Rate: 0.5}}, h.lines("a"))
}
