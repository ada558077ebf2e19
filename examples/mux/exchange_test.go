package main

import (
	"context"
	"errors"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// linkFunc is a link that answers by a function of the STAN that it is given, and
// gives one to what has none, as a link does.
type linkFunc func(stan string) error

func (f linkFunc) Send(_ context.Context, m *iso8583.Message) (*iso8583.Message, error) {
	stan, err := m.GetString(traffic.STANField)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(set(m, traffic.STANField, "000001"), f(stan)); err != nil {
		return nil, err
	}
	return m, nil
}

func (linkFunc) Status() supervisor.Status { return supervisor.Status{State: messages.Up} }

func failing(outcome, cause error) error { return &messages.SendError{Outcome: outcome, Cause: cause} }

// TestEachLinkGivesASTAN: a client's goes to no link, nor does one link's to the
// other; the client gets its own back.
func TestEachLinkGivesASTAN(t *testing.T) {
	for failures, code := range []string{"", "", inoperative} {
		var seen []string
		of := linkFunc(func(stan string) error {
			seen = append(seen, stan)
			if len(seen) <= failures {
				return failing(messages.ErrNotSent, messages.ErrLinkDown)
			}
			return nil
		})
		m := &mux{links: []link{of, of}}
		request, err := payment("000042", "000000000042")
		require.NoError(t, err)
		response, err := m.respondTo(t.Context(), request, messages.MTI([]byte("0200")))
		require.NoError(t, err)
		assert.Equal(t, []string{"", ""}[:min(failures+1, 2)], seen)
		assert.Equal(t, []string{"000042", code}, values(t, response, 11, 39))
	}
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
		m := &mux{links: []link{once, once}}
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
