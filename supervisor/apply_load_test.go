package supervisor_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestApplyUnderLoad: links that are added, changed and removed while a group sends cost
// no send anything: all are answered, none twice, and none is in doubt. In each turn all
// links that stay change.
func TestApplyUnderLoad(t *testing.T) {
	r := startUpRig(t, 4, func(c *rigConfig) {
		for i := range c.hosts {
			c.hosts[i].Handle = linktest.Async(linktest.Delay(time.Millisecond, linktest.Reply()))
		}
	}, func(c *rigConfig) { c.group.MinUp = 0 })
	load := loadOn(r)
	const turns = 12
	for turn := range turns {
		config := supervisor.Config{Groups: []supervisor.GroupConfig{{Name: "all"}}}
		for i, h := range r.hosts {
			if i == turn%4 {
				continue // this one goes, and comes back the next time
			}
			link := linkTo(linkName(i), h)
			link.SendTimeout = time.Duration(20+turn) * time.Second
			config.Links = append(config.Links, link)
			config.Groups[0].Links = append(config.Groups[0].Links, link.Name)
		}
		got := applied(t, r.manager, config)
		assert.Equal(t, []string{linkName(turn % 4)}, got.Links.Removed)
		if turn > 0 {
			assert.Len(t, got.Links.Changed, 2)
			assert.Equal(t, []string{linkName((turn - 1) % 4)}, got.Links.Added)
		}
		assert.Equal(t, []string{"all"}, got.Groups.Changed)
		for _, l := range r.manager.Links() {
			require.NoError(t, l.Await(patient(t), messages.Up))
		}
		before := r.totals()
		for i := range r.hosts {
			if i != turn%4 {
				require.NoError(t, r.logs[i].WaitTotal(patient(t), before[i]+5), "turn %d", turn)
			}
		}
	}
	load.end()
	assert.GreaterOrEqual(t, int(load.tally.sends.Load()), turns*15)
	assert.Zero(t, load.tally.inDoubt.Load(), "in doubt")
	assert.Zero(t, load.tally.notSent.Load(), "not sent by any link")
	assert.EqualValues(t, load.tally.answered.Load(), sum(r.totals()), "nothing was sent twice")
}

// TestApplyWhileTheManagerCloses: both end, and nothing is left behind.
func TestApplyWhileTheManagerCloses(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	for range 20 {
		m := startManager(t, linksTo(host, host, host))
		require.NoError(t, m.Link("a").Await(patient(t), messages.Up))
		done := make(chan error, 1)
		config := linksTo(host, host)
		for i := range config.Links {
			config.Links[i].MaxInFlight, config.Links[i].Scope = 5, "scope"
		}
		go func() {
			_, err := m.Apply(context.Background(), config)
			done <- err
		}()
		require.NoError(t, m.Close(patient(t)))
		if err := awaitDone(t, "Apply", done); err != nil {
			assert.ErrorIs(t, err, messages.ErrClosed)
		}
		for _, l := range m.Links() {
			assert.Equal(t, messages.Closed, l.Status().State)
		}
	}
}
