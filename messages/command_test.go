package messages_test

import (
	"errors"
	"testing"

	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// The tables of the package comment, as the compiler reads them.
var (
	_ = []messages.Command{&messages.Send{}, &messages.Post{}}
	_ = []messages.Reply{&messages.Result{}, &messages.Results{}}
	_ = []messages.Event{
		&messages.StateChanged{}, &messages.LateReply{}, &messages.Unmatched{},
		&messages.EchoFailed{}, &messages.ReadIdle{}, &messages.NetworkRefused{}, &messages.Panicked{}, &messages.EventsDropped{},
	}
)

func TestResultMessage(t *testing.T) {
	frame := packed(t, "0210", map[int]string{11: "000123", 39: "00"})
	r := messages.NewResult("tag", nil, frame, nil, specs.Spec87ASCII)
	assert.Equal(t, "tag", r.Tag)
	msg, err := r.Message()
	require.NoError(t, err)
	code, err := msg.GetString(39)
	require.NoError(t, err)
	assert.Equal(t, "00", code)
}

func TestResultWithoutMessage(t *testing.T) {
	msg, err := messages.NewResult(nil, nil, nil, nil, specs.Spec87ASCII).Message()
	assert.NoError(t, err, "a post has no response")
	assert.Nil(t, msg)

	failed := &messages.SendError{Outcome: messages.ErrInDoubt, Cause: messages.ErrTimeout}
	msg, err = messages.NewResult(nil, nil, nil, failed, specs.Spec87ASCII).Message()
	assert.Same(t, failed, err)
	assert.Nil(t, msg)

	msg, err = messages.NewResult(nil, nil, []byte("0210"), nil, specs.Spec87ASCII).Message()
	assert.ErrorIs(t, err, messages.ErrUnpack)
	assert.Nil(t, msg)

	var codec *messages.CodecError
	require.ErrorAs(t, err, &codec)
	assert.Equal(t, "1", codec.Field)
	assert.False(t, errors.As(failed, &codec))
}
