package actors

import (
	"errors"
	"net"
	"sync"
	"testing"

	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

// quietAcceptor is one without its actor, to be stopped.
func quietAcceptor(t *testing.T, workers *Workers) *AcceptorRecord {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	a, err := NewAcceptorRecord(AcceptorConfig{
		Name: "host", Listener: listener, Session: LinkConfig{Spec: specs.Spec87ASCII, Framing: framing.Binary2{}},
	}, quietSystem(), workers, nil)
	require.NoError(t, err)
	return a
}

// TestCountsOfSessionsNeverFall: those of a session that ends are counted as its own or
// as the acceptor's, at any moment. Who watches them takes a fall for a restart.
func TestCountsOfSessionsNeverFall(t *testing.T) {
	const sessions, each = 3_000, 1_000
	var workers Workers
	defer closeWorkers(t, &workers)
	a := quietAcceptor(t, &workers)
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

// TestSendsOfASessionThatIsOver count as the acceptor's: a handle may outlive its session.
func TestSendsOfASessionThatIsOver(t *testing.T) {
	var workers Workers
	defer closeWorkers(t, &workers)
	a := quietAcceptor(t, &workers)
	defer a.StopAccepting()
	r, err := a.newSession(admitted{newSocket(nil, nil, "peer"), "peer"})
	require.NoError(t, err)
	a.endSession(r)
	_, err = r.Door().Exchange(t.Context(), requestFrame(t))
	require.ErrorIs(t, err, messages.ErrNotSent)
	assert.EqualValues(t, 1, a.Status().Counters.NotSent)
	assert.EqualValues(t, 1, r.Status().Counters.NotSent)
}

// TestUnpackedThenCounted: a response that cannot be unpacked was never counted as an
// answer.
func TestUnpackedThenCounted(t *testing.T) {
	for name, c := range map[string]struct {
		reply             []byte
		answered, inDoubt uint64
	}{
		"readable":   {requestFrame(t), 1, 0},
		"unreadable": {[]byte("0210"), 0, 1},
	} {
		door := doorTo(t, func(r *Record, q *request) {
			require.True(t, q.claim(1, 1))
			require.True(t, q.take(wordClaimed))
			q.answered(nil, c.reply)
			assert.Zero(t, r.counters.answered.Load(), name)
		})
		_, _, err := door.SendFrame(t.Context(), nil, requestFrame(t))
		assert.Equal(t, c.inDoubt > 0, errors.Is(err, messages.ErrInDoubt), name)
		status := door.record.Status()
		assert.Equal(t, c.answered, status.Counters.Answered, name)
		assert.Equal(t, c.inDoubt, status.Counters.InDoubt, name)
		assert.Equal(t, c.answered, status.Tallies[0].Answered, name)
		assert.Equal(t, c.inDoubt, status.Tallies[0].InDoubt, name)
	}
}
