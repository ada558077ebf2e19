package supervisor_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestF12ResponseThatCannotBeUnpacked: a response whose key can be read, and
// the rest cannot, fails its caller at once; Exchange gives its bytes to the
// caller. The link stays up.
func TestF12ResponseThatCannotBeUnpacked(t *testing.T) {
	cut := linktest.ReplyWith(func(request linktest.Frame) (linktest.Frame, error) {
		f, err := linktest.Respond(request)
		f.Body = f.Body[:bodySize-3] // within field 41
		return f, err
	})
	host := startHost(t, linktest.PeerConfig{Handle: linktest.Steps(cut, cut)})
	l := startUp(t, host)
	start := time.Now()
	_, err := l.Send(patient(t), newMessage(t, "0200", 1))
	assert.Less(t, time.Since(start), 10*time.Second, "at once, not at its timeout of 30 s")
	assert.ErrorIs(t, err, messages.ErrInDoubt)
	assert.ErrorIs(t, err, messages.ErrUnpack)
	var codec *messages.CodecError
	require.ErrorAs(t, err, &codec)
	assert.Equal(t, "41", codec.Field)

	frame := newFrame("0200", 2)
	reply, err := l.Exchange(patient(t), frame)
	require.NoError(t, err)
	assert.Equal(t, string(response(frame)[:bodySize-3]), string(reply))

	actor := newClient(t, l)
	actor.send(&messages.Send{Message: newMessage(t, "0200", 3)})
	_, err = actor.results.awaitSome(t, 1, "a result")[0].result.Message()
	assert.NoError(t, err)
	msg, err := l.Send(patient(t), newMessage(t, "0200", 4))
	require.NoError(t, err)
	mti, err := msg.GetMTI()
	require.NoError(t, err)
	assert.Equal(t, "0210", mti)
	assert.EqualValues(t, 1, l.Status().Session)
}

// TestF12ResponseWithoutAKey: what no caller can be found for is counted and
// told, and costs neither another caller nor the link.
func TestF12ResponseWithoutAKey(t *testing.T) {
	var events journal[messages.Event]
	garbage := [][]byte{
		[]byte("0210"), []byte("????" + string(template[4:])), response(newFrame("0200", 1))[:stanEnd-1],
		response(newFrame("0200", 999)), newFrame("0200", 1), []byte("0"),
	}
	noise := func(c *linktest.Conn, _ linktest.Frame) error { return c.WriteRaw(stream(garbage...)) }
	host := startHost(t, linktest.PeerConfig{Handle: linktest.All(noise, linktest.Reply())})
	l := startUp(t, host, noting(&events))
	l.works(1)
	unmatched := awaitEvents[*messages.Unmatched](t, &events, len(garbage))
	require.Len(t, unmatched, len(garbage))
	keyless := 0
	for i, e := range unmatched {
		assert.Equal(t, string(garbage[i]), string(e.Frame), "as they came")
		if e.Err != nil {
			keyless++
			assert.ErrorIs(t, e.Err, messages.ErrNoKey)
		}
	}
	assert.Equal(t, 4, keyless)
	assert.EqualValues(t, len(garbage), l.Status().Counters.Unmatched)
	assert.EqualValues(t, 1, l.Status().Session)
}
