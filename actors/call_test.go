package actors

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// callEnds are the ways in which the context of a call ends.
var callEnds = map[string]struct {
	end  func(*inlet, *call)
	want error
}{
	"returned":       {func(_ *inlet, c *call) { c.end() }, context.Canceled},
	"cut":            {func(n *inlet, _ *call) { n.cut() }, context.Canceled},
	"deadline":       {func(*inlet, *call) { time.Sleep(time.Second); synctest.Wait() }, context.DeadlineExceeded},
	"manager closed": {func(n *inlet, _ *call) { _ = n.record.workers.Close(context.Background()) }, context.Canceled},
}

// TestCallEnds once, for whoever asks, whether somebody asked before or not.
func TestCallEnds(t *testing.T) {
	for name, c := range callEnds {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, workers *Workers) {
				n, _ := loneInlet(workers, LinkConfig{})
				asked := n.begin(time.Now().Add(time.Second))
				derived, cancel := context.WithTimeout(asked, time.Hour)
				defer cancel()
				late := n.begin(time.Now().Add(time.Second))
				for _, call := range []*call{asked, late} {
					require.NoError(t, call.Err())
					at, ok := call.Deadline()
					assert.True(t, ok)
					assert.Equal(t, time.Second, time.Until(at))
					defer call.end()
				}
				select {
				case <-asked.Done():
					t.Fatal("it has not ended")
				default:
				}

				c.end(n, asked)
				if name == "returned" {
					late.end()
				}
				for who, ctx := range map[string]context.Context{"asked": asked, "late": late, "derived": derived} {
					require.ErrorIs(t, ctx.Err(), c.want, who)
					<-ctx.Done()
					require.ErrorIs(t, context.Cause(ctx), c.want, who)
				}
				asked.end()
				require.ErrorIs(t, asked.Err(), c.want, "it has ended once")
			})
		})
	}
}

// TestCallLeavesNothing: what was asked for its end is forgotten with it.
func TestCallLeavesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		n, _ := loneInlet(workers, LinkConfig{})
		c := n.begin(time.Now().Add(time.Hour))
		assert.Empty(t, n.running)
		_ = c.Done()
		assert.Len(t, n.running, 1)
		c.end()
		assert.Empty(t, n.running)
		plain := n.begin(time.Now().Add(time.Hour))
		assert.Less(t, testing.AllocsPerRun(100, func() { _ = plain.Err() }), 1.0)
		plain.end()
	})
}

// TestCallPrintsItself: a handler may log its context while others end theirs.
func TestCallPrintsItself(t *testing.T) {
	c := &call{deadline: time.Date(2026, 7, 4, 12, 34, 56, 0, time.UTC)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%q"} {
		assert.Equal(t, "isolink call (until 2026-07-04T12:34:56Z)", fmt.Sprintf(verb, c), verb)
	}
}
