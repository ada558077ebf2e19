package actors

import (
	"errors"
	"net"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A machine in its first phase panics at every event but evStart: what is
// stale must not get so far.

func TestLinkIgnoresStaleTimers(t *testing.T) {
	for kind := range timerKinds {
		l := &link{record: &Record{}}
		cancelled := false
		l.timers[kind] = timer{token: 5, cancel: func() { cancelled = true }}
		require.NotPanics(t, func() { l.fired(timerFired{kind, 4}) }, "an earlier arming")
		assert.NotNil(t, l.timers[kind].cancel, "the last arming stands")
		l.cancelTimers(timerKinds)
		assert.True(t, cancelled)
		require.NotPanics(t, func() { l.fired(timerFired{kind, 5}) }, "cancelled, but queued already")
	}
}

func TestLinkIgnoresOtherSessions(t *testing.T) {
	l := &link{record: &Record{}, session: &session{number: 2}}
	old := &session{number: 1}
	for _, msg := range []any{sessionEnded{old}, sessionFailing{old}, sessionDrained{old}, echoDone{old, errors.New("late")}} {
		require.NotPanics(t, func() { l.handle(msg) }, "%T", msg)
	}
}

func TestLinkDropsTheSocketOfAnAbandonedDial(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	l := &link{record: &Record{}, attempt: 7}
	require.NotPanics(t, func() { l.handle(dialled{attempt: 6, socket: &socket{Conn: near, raw: near}}) })
	_, err := near.Write([]byte{0})
	require.Error(t, err, "it is closed")
	assert.EqualValues(t, 7, l.attempt, "the dial that is awaited still is")
}

func TestLinkTakesNothingWhileItStops(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	s := &session{number: 1}
	l := &link{record: &Record{}, session: s, over: true, attempt: 7}
	for _, msg := range []any{
		sessionEnded{s},
		sessionFailing{s},
		sessionDrained{s},
		echoDone{s, errors.New("late")},
		Obey{},
		Restart{},
		Cut{},
		timerFired{timerBackoff, 0},
		&actor.Terminated{},
		dialled{attempt: 7, socket: &socket{Conn: near, raw: near}},
	} {
		require.NotPanics(t, func() { l.handle(msg) }, "%T", msg)
	}
	_, err := near.Write([]byte{0})
	require.Error(t, err, "a socket that it would have taken is closed")
}
