package supervisor_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestVerifyFields: a response with the key of a request, and with another
// reference number, is nobody's; the request's own, which comes behind it, settles
// it. A response that lacks the field, or agrees, is taken.
func TestVerifyFields(t *testing.T) {
	var events journal[messages.Event]
	host := startHost(t, linktest.PeerConfig{Handle: func(c *linktest.Conn, f linktest.Frame) error {
		switch linktest.MTI(f.Body) {
		case "0100": // another request's answer first
			wrong := bytes.Clone(response(f.Body))
			copy(wrong[rrnAt:rrnEnd], nextID())
			if err := c.WriteFrame(linktest.Frame{Body: wrong}); err != nil {
				return err
			}
		case "0400": // a short answer: no field but 11
			stan := f.Body[stanAt:stanEnd]
			return c.WriteFrame(linktest.Frame{Body: append([]byte("0410"+"00200000000000000000000000000000"), stan...)})
		}
		return linktest.Reply()(c, f)
	}})
	l := startUp(t, host, func(c *supervisor.LinkConfig) {
		c.VerifyFields, c.OnEvent = []int{7, 37}, events.add
	})
	for i, mti := range []string{"0100", "0200", "0400"} {
		frame := newFrame(mti, i)
		reply, err := l.Exchange(patient(t), frame)
		require.NoError(t, err)
		if mti != "0400" {
			assert.Equal(t, string(response(frame)), string(reply))
		}
	}
	told := awaitEvents[*messages.Unmatched](t, &events, 1)
	require.ErrorIs(t, told[0].Err, messages.ErrNotItsResponse)
	assert.ErrorContains(t, told[0].Err, "field 37")
	assert.EqualValues(t, 1, l.Status().Counters.Unmatched)
}

// TestVerifyFieldsLate: neither is a late reply delivered that is another's.
func TestVerifyFieldsLate(t *testing.T) {
	rec := newRecorder()
	host := startHost(t, linktest.PeerConfig{Recorder: rec, Handle: linktest.Drop()})
	var lates lateLog
	l := startUp(t, host, lates.over, func(c *supervisor.LinkConfig) { c.VerifyFields = []int{37} })
	frame := newFrame("0200", 1)
	l.doubt(rec, frame)
	c := connOf(t, host, 1)
	require.NoError(t, c.WriteFrame(linktest.Frame{Body: response(newFrame("0200", 1))}))
	require.NoError(t, c.WriteFrame(linktest.Frame{Body: response(frame)}))
	late := lates.hook.awaitSome(t, 1, "the late reply")
	assert.Equal(t, string(response(frame)), string(late[0].Response))
	assert.EqualValues(t, 1, l.Status().Counters.Unmatched)
}
