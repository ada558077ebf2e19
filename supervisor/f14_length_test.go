package supervisor_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestF14FrameLongerThanItsLengthField: a frame that its framing cannot
// express, or that is above MaxFrame, is refused before anything is written;
// the link stays up.
func TestF14FrameLongerThanItsLengthField(t *testing.T) {
	const tooLong = 70_000 // two bytes say 65,535 at most
	rec := newRecorder()
	oracle := linktest.NewOracle(nil)
	host := startHost(t, linktest.PeerConfig{Recorder: rec})
	l := startUp(t, host, over(oracle), func(c *supervisor.LinkConfig) { c.MaxFrame = 100_000 })
	actor := newClient(t, l)

	_, err := l.Exchange(patient(t), newLongFrame("0200", 1, tooLong))
	assertTooLong(t, err, true)
	assertTooLong(t, l.PostFrame(patient(t), newLongFrame("0200", 2, tooLong)), true)
	actor.send(&messages.Send{Frame: newLongFrame("0200", 3, tooLong)})
	assertTooLong(t, actor.results.awaitSome(t, 1, "a result")[0].result.Err, true)
	_, err = l.Exchange(patient(t), newLongFrame("0200", 4, 100_001))
	assertTooLong(t, err, false)
	assert.Empty(t, oracle.Writes())

	reply, err := l.Exchange(patient(t), newLongFrame("0200", 1, 65_535))
	require.NoError(t, err, "the longest that there is, with a key that was refused before")
	assert.Len(t, reply, 65_535)
	assert.Equal(t, 1, rec.Total())
	assert.EqualValues(t, 1, l.Status().Session)
}

func assertTooLong(t *testing.T, err error, byFraming bool) {
	t.Helper()
	assert.ErrorIs(t, err, messages.ErrNotSent)
	assert.ErrorIs(t, err, messages.ErrFrameTooLarge)
	var e *framing.Error
	if byFraming && assert.ErrorAs(t, err, &e) {
		assert.ErrorIs(t, err, framing.ErrTooLarge)
		assert.Equal(t, 70_000, e.Size)
		assert.Equal(t, 65_535, e.Max)
	}
}

// TestF14ResponseLongerThanMaxFrame: a frame of the peer above MaxFrame ends
// the session, with the reason in words; nothing is allocated for it.
func TestF14ResponseLongerThanMaxFrame(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{
		Handle: linktest.ByConn(linktest.Garbage([]byte{0x03, 0xE9}), linktest.Reply()),
	})
	l := startUp(t, host, func(c *supervisor.LinkConfig) { c.MaxFrame = 1_000 })
	_, err := l.Exchange(patient(t), newFrame("0200", 1))
	assert.ErrorIs(t, err, messages.ErrInDoubt)
	assert.ErrorIs(t, err, framing.ErrTooLarge)
	l.awaitSession(2)
	assert.ErrorIs(t, l.Status().LastError, framing.ErrTooLarge)
	l.works(2)
}
