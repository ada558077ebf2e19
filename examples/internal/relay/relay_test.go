package relay

import (
	"context"
	"log/slog"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/field"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/testbed"
	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// groupFunc is a group that answers by a function of the STAN that it is given, and
// gives one to what has none, as a group does.
type groupFunc func(stan string) error

func (f groupFunc) Send(_ context.Context, m *iso8583.Message) (*iso8583.Message, error) {
	stan, err := m.GetString(traffic.STANField)
	if err != nil {
		return nil, err
	}
	if err := set(m, traffic.STANField, "000001"); err != nil {
		return nil, err
	}
	return m, f(stan)
}

func (groupFunc) Status() supervisor.GroupStatus { return supervisor.GroupStatus{} }

// payment is a request with that STAN.
func payment(t *testing.T, stan string) *iso8583.Message {
	t.Helper()
	m, err := testbed.Payment(stan, "000000000042")
	require.NoError(t, err)
	return m
}

// The group gives a STAN of its own; the client gets its own back, and 91 for what was
// not sent, or nothing for what is in doubt.
func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		name                       string
		outcome                    error
		code, pan                  string
		answered, notSent, inDoubt uint64
	}{
		{"answered", nil, "", "4111111111111111", 1, 0, 0},
		{"not sent", messages.ErrNotSent, Inoperative, "", 0, 1, 0},
		{"rejected", messages.ErrRejected, Inoperative, "", 0, 1, 0},
		{"in doubt", messages.ErrInDoubt, "", "", 0, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			given := []string{}
			r := &Relay{Logger: slog.New(slog.DiscardHandler), Group: groupFunc(func(stan string) error {
				given = append(given, stan)
				if c.outcome == nil {
					return nil
				}
				return &messages.SendError{Outcome: c.outcome, Cause: messages.ErrTimeout}
			})}
			response, err := r.respondTo(t.Context(), payment(t, "000042"), messages.MTI([]byte("0200")))
			assert.Equal(t, []string{""}, given, "once, without the client's STAN")
			assert.Equal(t, [3]uint64{c.answered, c.notSent, c.inDoubt}, [3]uint64{r.Answered.Load(), r.NotSent.Load(), r.InDoubt.Load()})
			if c.outcome == messages.ErrInDoubt {
				require.ErrorIs(t, err, c.outcome)
				assert.Nil(t, response)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, []string{"000042", c.code, c.pan}, testbed.Values(t, response, 11, CodeField, 2))
		})
	}
}

// What is too much is refused by its own numbers, and holds nothing of the card.
func TestRefuse(t *testing.T) {
	in := messages.NewInbound(spec87.Spec, nil)
	in.MTI = messages.MTI([]byte("0200"))
	var err error
	in.Frame, err = messages.Pack(payment(t, "000042"))
	require.NoError(t, err)
	r := new(Relay)
	response, err := r.Refuse(in)
	require.NoError(t, err)
	assert.Equal(t, []string{"0210", "000042", "000000000042", Inoperative, ""}, testbed.Values(t, response, 0, 11, 37, 39, 2))
	in.Frame = in.Frame[:20]
	_, err = r.Refuse(in)
	require.ErrorIs(t, err, messages.ErrUnpack)
}

// A specification need not have every field that a response of the relay's own carries.
func TestRespondBySmallSpecification(t *testing.T) {
	spec := &iso8583.MessageSpec{Fields: map[int]field.Field{}}
	for _, id := range []int{0, 1, 11, 39} {
		spec.Fields[id] = spec87.Spec.Fields[id]
	}
	request := iso8583.NewMessage(spec)
	require.NoError(t, request.Field(11, "000042"))
	response, err := respond(request, messages.MTI([]byte("0800")), Approved)
	require.NoError(t, err)
	assert.Equal(t, []string{"0810", "000042", Approved}, testbed.Values(t, response, 0, 11, 39))
}
