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

// TestGroupFaults: every fault of every group is reported at once, with those of
// links, and nothing was started then.
func TestGroupFaults(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	config := supervisor.Config{
		Logger: quiet,
		Links: []supervisor.LinkConfig{
			linkTo("a", host), linkTo("b", host), {Name: "broken", Addrs: []string{host.Addr()}, Spec: spec},
		},
		Groups: []supervisor.GroupConfig{
			{Name: "good", Links: []string{"a", "b", "broken"}, MinUp: 3},
			{Name: "good", Links: []string{"a", "a", "nobody"}, MinUp: -1},
			{Name: "a", Links: []string{"b"}, MinUp: 2, SendTimeout: -1},
			{Links: []string{""}, Suspect: supervisor.SuspectConfig{For: 101 * 365 * 24 * time.Hour}},
		},
	}
	m, err := supervisor.New(nil, config)
	require.Nil(t, m)
	faults := make(map[string]string)
	for _, e := range unwrapAll(err) {
		if fault, ok := e.(*messages.ConfigError); ok {
			faults[fault.Field] = fault.Link
			assert.NotEmpty(t, fault.Problem)
		}
	}
	assert.Equal(t, map[string]string{
		"Framing":            "broken",
		"Groups[1].Name":     "good",
		"Groups[1].Links[1]": "good", "Groups[1].Links[2]": "good", "Groups[1].MinUp": "good",
		"Groups[2].Name": "a", "Groups[2].MinUp": "a", "Groups[2].SendTimeout": "a",
		"Groups[3].Name": "Groups[3]", "Groups[3].Links[0]": "Groups[3]", "Groups[3].Suspect.For": "Groups[3]",
	}, faults)
	assert.Zero(t, host.Accepted())
}

// TestGroupHandles: handles of groups by name, and of one that is not there.
func TestGroupHandles(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	m := startManager(t, supervisor.Config{
		Links:  []supervisor.LinkConfig{linkTo("a", host)},
		Groups: []supervisor.GroupConfig{{Name: "two", Links: []string{"a"}}, {Name: "one"}},
	})
	all := m.Groups()
	require.Len(t, all, 2)
	assert.Equal(t, "one", all[0].Name())
	assert.Same(t, m.Group("two"), all[1])
	s := m.Group("one").Status()
	assert.Equal(t, supervisor.GroupStatus{Name: "one", MinUp: 1, Degraded: true, Links: []supervisor.GroupLink{}}, s)
	_, err := m.Group("one").Exchange(patient(t), newFrame("0200", 1))
	assert.ErrorIs(t, err, messages.ErrLinkDown)

	ctx, g := context.Background(), m.Group("three")
	assert.Equal(t, supervisor.GroupStatus{Name: "three"}, g.Status())
	_, sent := g.Send(ctx, newMessage(t, "0200", 1))
	_, exchanged := g.Exchange(ctx, newFrame("0200", 1))
	for name, err := range map[string]error{
		"Send": sent, "Exchange": exchanged, "Post": g.Post(ctx, newMessage(t, "0220", 1)),
		"PostFrame": g.PostFrame(ctx, newFrame("0220", 1)),
	} {
		var e *messages.SendError
		require.ErrorAs(t, err, &e, name)
		assert.Equal(t, "three", e.Link)
		assert.ErrorIs(t, err, messages.ErrNotSent, name)
		assert.ErrorIs(t, err, messages.ErrNoLink, name)
	}
	for name, err := range map[string]error{
		"Await": g.Await(ctx, messages.Up), "Add": g.Add("a"), "Remove": g.Remove("a"),
		"Add, unknown link": m.Group("one").Add("b"), "Remove, not in it": m.Group("one").Remove("a"),
	} {
		assert.ErrorIs(t, err, messages.ErrNoLink, name)
	}
}
