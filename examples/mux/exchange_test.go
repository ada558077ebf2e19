package main

import (
	"context"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// linkFunc is a link that answers by a function of the STAN.
type linkFunc func(stan string) error

func (f linkFunc) Send(_ context.Context, m *iso8583.Message) (*iso8583.Message, error) {
	stan, err := m.GetString(traffic.STANField)
	if err != nil {
		return nil, err
	}
	if err := f(stan); err != nil {
		return nil, err
	}
	return m, nil
}

func (linkFunc) Status() supervisor.Status { return supervisor.Status{State: messages.Up} }

func failing(outcome, cause error) error { return &messages.SendError{Outcome: outcome, Cause: cause} }

// TestASTANThatIsInUseIsPassedOver: one that is still in doubt when the numbers
// have come round.
func TestASTANThatIsInUseIsPassedOver(t *testing.T) {
	var seen []string
	m := &mux{numbers: traffic.NewNumbers(999_998, 1), links: []link{linkFunc(func(stan string) error {
		seen = append(seen, stan)
		if len(seen) < 4 {
			return failing(messages.ErrNotSent, messages.ErrDuplicateKey)
		}
		return nil
	})}}
	request, err := payment("000042", "000000000042")
	require.NoError(t, err)
	response, err := m.respondTo(t.Context(), request, messages.MTI([]byte("0200")))
	require.NoError(t, err)
	assert.Equal(t, []string{"999998", "999999", "000001", "000002"}, seen)
	assert.Equal(t, []string{"000042"}, values(t, response, 11))
}

func TestSTANsThatAreAllInUseEndInARefusal(t *testing.T) {
	calls := 0
	m := &mux{numbers: traffic.NewNumbers(1, 1), links: []link{linkFunc(func(string) error {
		calls++
		return failing(messages.ErrNotSent, messages.ErrDuplicateKey)
	})}}
	request, err := payment("000042", "000000000042")
	require.NoError(t, err)
	response, err := m.respondTo(t.Context(), request, messages.MTI([]byte("0200")))
	require.NoError(t, err)
	assert.Equal(t, tries, calls)
	assert.Equal(t, []string{"000042", inoperative}, values(t, response, 11, 39))
}

// TestWhatIsInDoubtIsNotSentAgain, over whatever link; what was rejected is not
// either.
func TestWhatIsInDoubtIsNotSentAgain(t *testing.T) {
	for _, outcome := range []error{messages.ErrInDoubt, messages.ErrRejected} {
		calls := 0
		once := linkFunc(func(string) error {
			calls++
			return failing(outcome, messages.ErrTimeout)
		})
		m := &mux{numbers: traffic.NewNumbers(1, 1), links: []link{once, once}}
		request, err := payment("000042", "000000000042")
		require.NoError(t, err)
		response, err := m.respondTo(t.Context(), request, messages.MTI([]byte("0200")))
		assert.Equal(t, 1, calls)
		if outcome == messages.ErrInDoubt {
			require.ErrorIs(t, err, outcome)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, []string{"000042", inoperative}, values(t, response, 11, 39))
	}
}
