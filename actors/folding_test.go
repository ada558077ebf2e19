package actors

import (
	"net"
	"sync"
	"testing"

	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

// TestCountsOfSessionsNeverFall: those of a session that ends are counted as its own or
// as the acceptor's, at any moment. Who watches them takes a fall for a restart.
func TestCountsOfSessionsNeverFall(t *testing.T) {
	const sessions, each = 3_000, 1_000
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var workers Workers
	defer closeWorkers(t, &workers)
	a, err := NewAcceptorRecord(AcceptorConfig{
		Name: "host", Listener: listener, Session: LinkConfig{Spec: specs.Spec87ASCII, Framing: framing.Binary2{}},
	}, quietSystem(), &workers, nil)
	require.NoError(t, err)
	defer a.StopAccepting()

	ended := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for last := (Counters{}); ; {
			now := a.Status().Counters
			if !assert.GreaterOrEqual(t, now.Answered, last.Answered) || !assert.GreaterOrEqual(t, now.Replied, last.Replied) {
				return
			}
			select {
			case <-ended:
				return
			default:
				last = now
			}
		}
	})
	var handlers sync.WaitGroup
	for range sessions {
		r, err := a.newSession(admitted{newSocket(nil, nil, "peer"), "peer"})
		require.NoError(t, err)
		r.counters.answered.Add(each)
		handlers.Go(func() { // it may outlive its session
			r.counters.replied.Add(1)
			r.fold.counted()
		})
		a.endSession(r)
	}
	handlers.Wait()
	close(ended)
	watching.Wait()
	counted := a.Status().Counters
	assert.EqualValues(t, sessions*each, counted.Answered)
	assert.EqualValues(t, sessions, counted.Replied)
	assert.Empty(t, a.Sessions())
}
