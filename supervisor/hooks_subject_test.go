package supervisor_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// TestHooksBySubject: what OnEvent gets, one of the other hooks has got before.
func TestHooksBySubject(t *testing.T) {
	const sessions = 3
	config := lateHost()
	host := startHost(t, config)
	var all, subjects journal[messages.Event]
	l := startUp(t, host, func(c *supervisor.LinkConfig) {
		c.OnEvent = func(e messages.Event) {
			assert.Equal(t, len(all.list())+1, len(subjects.list()), "%v", e)
			all.add(e)
		}
		c.OnState = func(e *messages.StateChanged) { subjects.add(e) }
		c.OnSession = func(e *messages.SessionChanged) { subjects.add(e) }
		c.OnLate = func(e *messages.LateReply) { subjects.add(e) }
		c.OnUnmatched = func(e *messages.Unmatched) { subjects.add(e) }
		c.OnError = subjects.add
	})
	eventful(t, l, host, config.Recorder, sessions)
	require.NoError(t, l.manager.Close(patient(t)))
	assert.Equal(t, all.list(), subjects.list())
	assert.Len(t, eventsOf[*messages.LateReply](subjects.list()), sessions)
	assert.Len(t, eventsOf[*messages.Unmatched](subjects.list()), 2*sessions)
}

// TestSessionsAreTold: each session begins once and ends once, with its number,
// its peer and the reason, between the changes of state that belong to it.
func TestSessionsAreTold(t *testing.T) {
	config := lateHost()
	host := startHost(t, config)
	var events journal[messages.Event]
	l := startUp(t, host, noting(&events))
	eventful(t, l, host, config.Recorder, 2)
	require.NoError(t, l.Pause(patient(t)))
	require.NoError(t, l.Resume())
	l.awaitSession(4)
	require.NoError(t, l.manager.Close(patient(t)))
	open, last, state := uint64(0), uint64(0), messages.Waiting
	for _, e := range events.list() {
		switch e := e.(type) {
		case *messages.StateChanged:
			state = e.To
			if state == messages.Up {
				assert.Equal(t, e.Session, open, "up, and not begun")
			}
		case *messages.SessionChanged:
			assert.Equal(t, host.Addr(), e.Peer)
			assert.Equal(t, "host", e.Origin())
			assert.False(t, e.At.IsZero())
			if e.Ended {
				assert.Equal(t, open, e.Session)
				assert.Error(t, e.Reason)
				assert.NotEqual(t, messages.Up, state)
				open = 0
				continue
			}
			assert.Zero(t, open, "the one before has not ended")
			assert.NoError(t, e.Reason)
			assert.Equal(t, last+1, e.Session)
			open, last = e.Session, e.Session
		case *messages.LateReply:
			assert.Equal(t, open, e.ReceivedSession)
		case *messages.Unmatched:
			assert.Equal(t, open, e.Session)
		}
	}
	assert.EqualValues(t, 4, last)
	assert.Zero(t, open)
	assert.Equal(t, messages.Closed, state)
}
