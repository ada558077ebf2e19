package supervisor_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestF11LinksDroppedAtOnce: 300 links whose host drops them all come back one
// by one: no sooner than after the least delay, spread over the window that
// follows, and each with one attempt.
func TestF11LinksDroppedAtOnce(t *testing.T) {
	const (
		links  = 300
		parts  = 5
		window = time.Second
	)
	host := startHost(t, linktest.PeerConfig{})
	var config supervisor.Config
	watches := make([]backoffWatch, links)
	for i := range links {
		c := linkTo(fmt.Sprintf("host-%d", i), host)
		c.Backoff = supervisor.Backoff{MinDelay: 300 * time.Millisecond, Base: window, Cap: window}
		watches[i].over(&c)
		config.Links = append(config.Links, c)
	}
	m := startManager(t, config)
	for _, l := range m.Links() {
		require.NoError(t, l.Await(patient(t), messages.Up))
	}
	conns := host.Conns()
	require.Len(t, conns, links)
	for _, c := range conns {
		require.NoError(t, c.Reset())
	}
	_, err := host.WaitConn(patient(t), 2*links)
	require.NoError(t, err)
	for _, l := range m.Links() {
		require.NoError(t, l.Await(patient(t), messages.Up))
	}

	var slots [parts]int
	for i := range watches {
		assert.Equal(t, 1, watches[i].judge(t))
		var lost, back time.Time
		for _, e := range eventsOf[*messages.StateChanged](watches[i].events.list()) {
			switch {
			case e.From == messages.Up:
				lost = e.At
			case e.To == messages.Connecting:
				back = e.At
			}
		}
		after := back.Sub(lost) - watches[i].backoff.MinDelay
		slots[min(int(after*parts/window), parts-1)]++
	}
	t.Logf("attempts by fifths of the window: %v", slots)
	for _, n := range slots {
		// 60 are expected; fewer than 15 or more than 150 come once in 10^14 runs.
		// What a busy machine delays comes in a later part.
		assert.GreaterOrEqual(t, n, links/parts/4)
		assert.LessOrEqual(t, n, links/2)
	}
}

// TestF11AttemptsThinOut: a host that stays away is tried less and less often,
// up to the cap, without end.
func TestF11AttemptsThinOut(t *testing.T) {
	const tries = 12
	host := startHost(t, linktest.PeerConfig{Admission: linktest.Refuse})
	var watch backoffWatch
	l := startLink(t, host, func(c *supervisor.LinkConfig) {
		c.Backoff = supervisor.Backoff{
			MinDelay: time.Millisecond, Base: time.Millisecond, Cap: 100 * time.Millisecond, StableAfter: time.Minute,
		}
	}, watch.over)
	dials := watch.dials.awaitSome(t, tries, "attempts")
	var most time.Duration
	for i := range dials[1:] {
		gap := dials[i+1].begin.Sub(dials[i].end)
		// After the n-th failure the wait is at most MinDelay + Base × 2^(n-1).
		bound := min(watch.backoff.MinDelay+watch.backoff.Base<<i, watch.backoff.MinDelay+watch.backoff.Cap)
		assert.Less(t, gap, bound+busy)
		most = max(most, gap)
	}
	// Of the last five waits, drawn from 100 ms each, all are below 10 ms once in
	// 10^5 runs of this line, which asks for less.
	assert.Greater(t, most, 4*time.Millisecond)
	watch.judge(t)
	require.NoError(t, host.SetAdmission(linktest.Admit))
	l.awaitState(messages.Up)
	l.works(1)
}
