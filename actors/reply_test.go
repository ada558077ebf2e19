package actors

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

// headerless is a framer of the embedding program that cannot turn a header round.
type headerless struct{ framing.TPDU }

func (headerless) ReplyHeader([]byte) []byte { panic("no header") }

// TestAnswerWhoseHeaderPanics: it is refused, not sent, and may be tried again; the
// actor that sends it goes on.
func TestAnswerWhoseHeaderPanics(t *testing.T) {
	door := doorTo(t, func(*Record, *request) { assert.Fail(t, "it was sent") })
	door.record.config.Framing = headerless{}
	in := messages.NewInbound(door.record.config.Spec, door.record.session.Load())
	in.Header = []byte("TPDU.")
	require.NotPanics(t, func() { door.SendUserMessage(nil, &messages.Answer{To: in, Frame: requestFrame(t)}) })
	assert.EqualValues(t, 1, door.record.counters.replyFailed.Load())
	assert.EqualValues(t, 1, door.record.counters.panics.Load())
	assert.False(t, in.Replied())
}
