package supervisor_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// repeats are message types and those of their repeats (ISO 8583-1).
var repeats = map[string]string{"0120": "0121", "0200": "0201", "0420": "0421", "0220": "0223", "0100": "0105"}

// TestRepeatOfOneInDoubt: a repeat may go out under the key of an original that
// is in doubt, and is answered by either response. It has adopted the original:
// nothing is told as late.
func TestRepeatOfOneInDoubt(t *testing.T) {
	for original, repeat := range repeats {
		t.Run(repeat, func(t *testing.T) {
			rec := newRecorder()
			host := startHost(t, linktest.PeerConfig{Recorder: rec, Handle: linktest.Steps(linktest.Drop())})
			var lates lateLog
			l := startUp(t, host, lates.over)
			l.doubt(rec, newFrame(original, 1))
			_, err := l.Exchange(patient(t), newFrame(original, 1))
			assert.ErrorIs(t, err, messages.ErrDuplicateKey, "not declared a repeat")
			frame := newFrame(repeat, 1)
			reply, err := l.Exchange(patient(t), frame)
			require.NoError(t, err)
			assert.Equal(t, idOf(frame), idOf(reply))
			_, err = l.Exchange(patient(t), newFrame(original, 1))
			assert.NoError(t, err, "answered: the key is free")
			closeManager(t, l.manager)
			assert.Empty(t, lates.hook.list())
			assert.Zero(t, l.Status().Counters.Unmatched)
		})
	}
}

// TestRepeatOfOneInFlight: the one response that comes settles a repeat and the
// original that still waits, each with bytes of its own. A second repeat
// meanwhile is refused.
func TestRepeatOfOneInFlight(t *testing.T) {
	for original, repeat := range repeats {
		t.Run(repeat, func(t *testing.T) {
			rec, release := newRecorder(), make(chan struct{})
			host := startHost(t, linktest.PeerConfig{
				Recorder: rec, Handle: linktest.Steps(linktest.Drop(), linktest.Hold(release, linktest.Reply())),
			})
			l := startUp(t, host)
			first := l.background(patient(t), newFrame(original, 1))
			require.NoError(t, rec.WaitTotal(patient(t), 1))
			second := l.background(patient(t), newFrame(repeat, 1))
			require.NoError(t, rec.WaitTotal(patient(t), 2))
			_, err := l.Exchange(patient(t), newFrame(repeat, 1))
			assert.ErrorIs(t, err, messages.ErrDuplicateKey)
			close(release)
			answered, adopted := awaitDone(t, "the repeat", second), awaitDone(t, "the original", first)
			require.NoError(t, answered.err)
			require.NoError(t, adopted.err)
			assert.Equal(t, string(answered.reply), string(adopted.reply))
			clear(answered.reply)
			assert.NotEqual(t, string(answered.reply), string(adopted.reply), "bytes of its own")
			_, err = l.Exchange(patient(t), newFrame(original, 1))
			assert.NoError(t, err)
		})
	}
}

// TestRepeatInDoubtToo: when original and repeat are both in doubt, the
// response that comes is told as late once.
func TestRepeatInDoubtToo(t *testing.T) {
	rec, release := newRecorder(), make(chan struct{})
	host := startHost(t, linktest.PeerConfig{
		Recorder: rec, Handle: linktest.Steps(linktest.Drop(), linktest.Async(linktest.Hold(release, linktest.Reply()))),
	})
	var lates lateLog
	l := startUp(t, host, lates.over)
	l.doubt(rec, newFrame("0420", 1))
	repeat := newFrame("0421", 1)
	l.doubt(rec, repeat)
	close(release)
	late := lates.hook.awaitSome(t, 1, "a late reply")[0]
	assert.Equal(t, string(repeat), string(late.Request))
	l.works(2)
	closeManager(t, l.manager)
	assert.Len(t, lates.hook.list(), 1)
}
