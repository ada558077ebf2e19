package supervisor_test

import (
	"context"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestApplyLeavesGroupsToTheirOperator: who takes a link out of a group, or into it,
// while Apply waits for another link, has the last word.
func TestApplyLeavesGroupsToTheirOperator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer := linktest.NewPipePeer(linktest.PeerConfig{Framing: framing.Binary2{}})
		defer peer.Close()
		var config supervisor.Config
		for _, name := range []string{"a", "b", "c", "d"} {
			config.Links = append(config.Links, supervisor.LinkConfig{
				Name: name, Addrs: []string{"pipe:1"}, Spec: spec, Framing: framing.Binary2{}, Dial: peer.Dial,
			})
		}
		config.Groups = []supervisor.GroupConfig{{Name: "all", Links: []string{"a", "b", "c"}}}
		config.Logger = quiet
		m, err := supervisor.New(nil, config)
		require.NoError(t, err)
		group := m.Group("all")
		for _, l := range m.Links() {
			require.NoError(t, l.Await(t.Context(), messages.Up))
		}

		config.Links = slices.Clone(config.Links)
		config.Links[0].Dial = func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }
		config.Links[1].MaxInFlight = 5
		done := make(chan error)
		go func() {
			_, err := m.Apply(t.Context(), config)
			done <- err
		}()
		time.Sleep(time.Second) // of ten, in which Apply waits for a
		assert.EqualValues(t, 1, m.Link("b").Status().Session)
		require.NoError(t, group.Remove("c"))
		require.NoError(t, group.Add("d"))
		require.NoError(t, <-done)
		require.NoError(t, m.Link("b").Await(t.Context(), messages.Up))
		var names []string
		for _, l := range group.Status().Links {
			names = append(names, l.Name)
		}
		assert.Equal(t, []string{"a", "b", "d"}, names)
		for range 3 {
			_, err := group.Exchange(t.Context(), newFrame("0200", 1))
			require.NoError(t, err)
		}
		require.NoError(t, m.Close(t.Context()))
		time.Sleep(time.Minute) // fake: what timers are left run out
	})
}
