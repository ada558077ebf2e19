package supervisor_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestTwoSystems: managers in two actor systems have the same PIDs, since ids
// are counted anew in each. What becomes of one is nothing to the other: here
// one fails while the other is gone.
func TestTwoSystems(t *testing.T) { synctest.Test(t, testTwoSystems) }

func testTwoSystems(t *testing.T) {
	host := linktest.NewPipePeer(linktest.PeerConfig{Framing: framing.Binary2{}})
	defer host.Close()
	probes := []*probe{{seen: make(map[spot]int)}, {
		seen: make(map[spot]int), at: spot{"manager", "actor.Terminated"}, nth: 1,
		harm: func(actor.ReceiverContext) { panic("injected") },
	}}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var managers []*supervisor.Manager
	for _, p := range probes {
		config := supervisor.LinkConfig{
			Addrs: []string{"pipe:1"}, Dial: host.Dial, Spec: specs.Spec87ASCII, Framing: framing.Binary2{},
		}
		a, b := config, config
		a.Name, b.Name = "a", "b"
		mgr, err := supervisor.New(p.system(), supervisor.Config{Links: []supervisor.LinkConfig{a, b}})
		require.NoError(t, err)
		require.NoError(t, mgr.Link("a").Await(ctx, messages.Up))
		managers = append(managers, mgr)
	}
	require.NoError(t, managers[0].Close(ctx))
	require.NoError(t, managers[1].Link("a").Close(ctx), "the manager failed, and was restarted")
	require.True(t, probes[1].happened())
	require.NoError(t, managers[1].Link("b").Await(ctx, messages.Up))
	_, err := managers[1].Link("b").Exchange(ctx, networkFrame("000001"))
	require.NoError(t, err)
	require.NoError(t, managers[1].Close(ctx))
	time.Sleep(time.Minute) // fake: what timers are left run out
}
