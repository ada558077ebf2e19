package supervisor_test

import (
	"fmt"
	"slices"
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
	_, err := host.WaitConn(patient(t), links)
	require.NoError(t, err)
	conns := host.Conns()
	require.Len(t, conns, links)
	for _, c := range conns {
		require.NoError(t, c.Reset())
	}
	_, err = host.WaitConn(patient(t), 2*links)
	require.NoError(t, err)
	for _, l := range m.Links() {
		require.NoError(t, l.Await(patient(t), messages.Up))
	}

	var again []time.Time
	for i := range watches {
		assert.Equal(t, 1, watches[i].judge(t, m))
		again = append(again, watches[i].dials.list()[1].begin)
	}
	slices.SortFunc(again, time.Time.Compare)
	// A busy machine may hold some up until others are due: so what is asked for
	// is less than what 300 even draws give, a fifth in each fifth of the window.
	most := 0
	for i, at := range again {
		n, _ := slices.BinarySearchFunc(again, at.Add(window/parts), time.Time.Compare)
		most = max(most, n-i)
	}
	spread := again[links-1].Sub(again[0])
	t.Logf("attempts within %v, at most %d in %v", spread, most, window/parts)
	assert.Greater(t, spread, window/2)
	assert.Less(t, most, links*2/3)
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
	// That all eleven draws are below this comes once in 10^8 runs.
	assert.Greater(t, most, 4*time.Millisecond)
	require.NoError(t, host.SetAdmission(linktest.Admit))
	l.awaitState(messages.Up)
	l.works(1)
	assert.GreaterOrEqual(t, watch.judge(t, l.manager), tries-1)
}
