package messages_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

var outcomes = map[string]error{
	"not sent": messages.ErrNotSent, "in doubt": messages.ErrInDoubt, "rejected": messages.ErrRejected,
}

// causes are all sentinels that may stand beside an outcome, and some errors
// that are not ours.
var causes = map[string]error{
	"timeout": messages.ErrTimeout, "link down": messages.ErrLinkDown, "overloaded": messages.ErrOverloaded,
	"duplicate key": messages.ErrDuplicateKey, "no request": messages.ErrNoRequest, "no key": messages.ErrNoKey,
	"draining": messages.ErrDraining, "closed": messages.ErrClosed, "no link": messages.ErrNoLink,
	"frame too large": messages.ErrFrameTooLarge, "pack": messages.ErrPack, "unpack": messages.ErrUnpack,
	"cancelled": context.Canceled, "broken pipe": io.ErrClosedPipe,
}

// TestSendErrorAnswersOneQuestionEach: of all outcomes an error matches its own
// alone, and of all causes its own alone, however deep it is wrapped.
func TestSendErrorAnswersOneQuestionEach(t *testing.T) {
	for outcome, isOutcome := range outcomes {
		for cause, isCause := range causes {
			var err error = &messages.SendError{Link: "visa-1", Outcome: isOutcome, Cause: wrapped{isCause}}
			for name, target := range outcomes {
				assert.Equal(t, name == outcome, errors.Is(err, target), "%v is %s", err, name)
			}
			for name, target := range causes {
				assert.Equal(t, name == cause, errors.Is(err, target), "%v is %s", err, name)
			}
			assert.Equal(t, cause == "timeout", errors.Is(err, context.DeadlineExceeded), "%v", err)
			var same *messages.SendError
			require.ErrorAs(t, wrapped{err}, &same)
			assert.Same(t, err, same)
		}
	}
}

// wrapped is an error with a reason behind it.
type wrapped struct{ reason error }

func (w wrapped) Error() string { return "so: " + w.reason.Error() }
func (w wrapped) Unwrap() error { return w.reason }

func TestSentinelsAreDistinct(t *testing.T) {
	all := make(map[string]error)
	for _, group := range []map[string]error{outcomes, causes} {
		for name, err := range group {
			for other, seen := range all {
				assert.NotErrorIs(t, err, seen, "%s is %s", name, other)
				assert.NotEqual(t, seen.Error(), err.Error(), "%s reads like %s", name, other)
			}
			all[name] = err
		}
	}
	assert.Len(t, all, 17)
}

// TestTimeoutIsADeadline: who passes a context asks for the context's error.
func TestTimeoutIsADeadline(t *testing.T) {
	assert.ErrorIs(t, messages.ErrTimeout, context.DeadlineExceeded)
	assert.NotErrorIs(t, messages.ErrTimeout, context.Canceled)
	assert.NotErrorIs(t, context.DeadlineExceeded, messages.ErrTimeout, "not every deadline is a link's")
	var t1 interface{ Timeout() bool }
	require.ErrorAs(t, &messages.SendError{Outcome: messages.ErrInDoubt, Cause: messages.ErrTimeout}, &t1)
	assert.True(t, t1.Timeout(), "as net.Error has it")
}

func TestSendErrorText(t *testing.T) {
	key, err := messages.NewKey(messages.MTI{'0', '2', '0', '0'}, "000123")
	require.NoError(t, err)
	e := &messages.SendError{
		Link: "visa-1", Session: 7, Key: key, Took: 1500*time.Millisecond + 1, Outcome: messages.ErrInDoubt,
		Cause: messages.ErrTimeout,
	}
	assert.Equal(t, "link visa-1: session 7: key 0200/0210:000123: in doubt after 1.5s: deadline passed", e.Error())

	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Warn("failed", "err", e)
	for _, part := range []string{
		"err.link=visa-1", "err.session=7", "err.key=0200/0210:000123", "err.took=1.500000001s",
		`err.outcome="in doubt"`, `err.cause="deadline passed"`,
	} {
		assert.Contains(t, log.String(), part)
	}
}

func TestCodecError(t *testing.T) {
	for _, kind := range []error{messages.ErrPack, messages.ErrUnpack} {
		e := &messages.CodecError{Kind: kind, Field: "35"}
		assert.Equal(t, kind.Error()+": field 35", e.Error())
		assert.Equal(t, kind.Error(), (&messages.CodecError{Kind: kind}).Error())

		var err error = &messages.SendError{Outcome: messages.ErrNotSent, Cause: e}
		assert.ErrorIs(t, err, kind)
		assert.ErrorIs(t, err, messages.ErrNotSent)
		var as *messages.CodecError
		require.ErrorAs(t, err, &as)
		assert.Equal(t, "35", as.Field)
	}
}

func TestDrainError(t *testing.T) {
	err := error(&messages.DrainError{Link: "visa-1", InDoubt: 3, NotSent: 2, Cause: context.DeadlineExceeded})
	assert.Equal(t, "link visa-1: cut short: 3 in doubt, 2 not sent, 0 of the peer's unhandled: context deadline exceeded", err.Error())
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	for name, outcome := range outcomes {
		assert.NotErrorIs(t, err, outcome, "%s is an answer about one send", name)
	}
}

func TestConfigError(t *testing.T) {
	faults := errors.Join(
		&messages.ConfigError{Link: "visa-1", Field: "Addrs", Problem: "empty: give one"},
		&messages.ConfigError{Link: "Links[2]", Field: "Name", Problem: "empty: give one"},
	)
	assert.Equal(t, "configuration of visa-1: Addrs: empty: give one\nconfiguration of Links[2]: Name: empty: give one", faults.Error())
	var first *messages.ConfigError
	require.ErrorAs(t, faults, &first)
	assert.Equal(t, "Addrs", first.Field)
}
