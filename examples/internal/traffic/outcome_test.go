package traffic

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/messages"
)

func reply(t *testing.T, code string) *iso8583.Message {
	t.Helper()
	message := iso8583.NewMessage(spec87.Spec)
	message.MTI("0210")
	if code != "" {
		require.NoError(t, message.Field(39, code))
	}
	return message
}

func sendError(outcome, cause error) error {
	return &messages.SendError{Outcome: outcome, Cause: cause}
}

func TestOutcome(t *testing.T) {
	for _, c := range []struct {
		result   Result
		outcome  Outcome
		answered bool
	}{
		{Result{Reply: reply(t, "00")}, Approved, true},
		{Result{Reply: reply(t, "000")}, Approved, true},
		{Result{Reply: reply(t, "51")}, Declined, true},
		{Result{Reply: reply(t, "")}, NoCode, true},
		{Result{Err: sendError(messages.ErrRejected, messages.ErrClosed)}, Rejected, false},
		{Result{Err: sendError(messages.ErrNotSent, messages.ErrTimeout)}, NotSent, false},
		{Result{Err: sendError(messages.ErrInDoubt, messages.ErrTimeout)}, InDoubt, false},
		{Result{Err: errors.New("something else")}, Failed, false},
	} {
		assert.Equal(t, c.outcome, c.result.Outcome())
		assert.Equal(t, c.answered, c.outcome.Answered(), c.outcome)
	}
}

func TestOutcomesHaveNames(t *testing.T) {
	seen := make(map[string]bool)
	for o := range outcomes + 1 {
		seen[o.String()] = true
	}
	assert.Len(t, seen, int(outcomes)+1)
	assert.Equal(t, "in doubt", InDoubt.String())
	assert.Equal(t, "unknown", Outcome(200).String())
}

func TestCause(t *testing.T) {
	for _, c := range []struct {
		cause error
		name  string
	}{
		{messages.ErrTimeout, "deadline passed"},
		{fmt.Errorf("%w: the peer closed", messages.ErrLinkDown), "link is down"},
		{messages.ErrNotSignedOn, messages.ErrNotSignedOn.Error()},
		{&messages.CodecError{Kind: messages.ErrPack, Field: "35"}, "message cannot be packed"},
		{&messages.KeyError{Field: 11, Err: errors.New("absent")}, "no key"},
		{context.Canceled, "context canceled"},
		{fmt.Errorf("more: %w", &fs.PathError{Err: errors.New("inside")}), "*errors.errorString"},
		{fmt.Errorf("more: %w", &net{}), "*traffic.net"},
	} {
		assert.Equal(t, c.name, Cause(sendError(messages.ErrNotSent, c.cause)))
		assert.Equal(t, c.name, Cause(c.cause), "without a SendError")
	}
}

type net struct{}

func (*net) Error() string { return "the text is not what is counted" }
