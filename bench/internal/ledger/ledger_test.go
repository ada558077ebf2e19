package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/ledger"
	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/messages"
)

func TestRequest(t *testing.T) {
	request := ledger.Request(123456, 9_876_543_210)
	m := iso8583.NewMessage(sample.Spec)
	require.NoError(t, m.Unpack(request))
	for field, want := range map[int]string{3: "000000", 11: "123456", 37: "009876543210"} {
		got, err := m.GetString(field)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	assert.EqualValues(t, 9_876_543_210, ledger.ID(request))
	assert.Zero(t, ledger.ID(request[1:]))

	response, other := ledger.Request(123456, 9_876_543_210), ledger.Request(123456, 9_876_543_211)
	require.Error(t, ledger.Verify(request, response), "a request")
	require.True(t, sample.Answer(response))
	require.True(t, sample.Answer(other))
	require.NoError(t, ledger.Verify(request, response))
	assert.EqualError(t, ledger.Verify(request, other), "request 9876543210 was answered with another's response, 9876543211")
}

// Each outcome is told from the others.
func TestBook(t *testing.T) {
	var b ledger.Book
	give := func(err error) func(context.Context, []byte) ([]byte, error) {
		return func(_ context.Context, frame []byte) ([]byte, error) {
			sample.Answer(frame)
			return frame, err
		}
	}
	other := func(context.Context, []byte) ([]byte, error) {
		frame := ledger.Request(1, 99)
		sample.Answer(frame)
		return frame, nil
	}
	for want, exchange := range map[ledger.Outcome]func(context.Context, []byte) ([]byte, error){
		ledger.Answered: give(nil), ledger.Misdelivered: other,
		ledger.NotSent: give(fmt.Errorf("so: %w", messages.ErrNotSent)), ledger.InDoubt: give(messages.ErrInDoubt),
		ledger.Unexplained: give(errors.Join(messages.ErrNotSent, messages.ErrInDoubt)),
	} {
		assert.Equal(t, want, b.Exchange(t.Context(), exchange, 1, 2))
		assert.EqualValues(t, 1, b.Count(want))
	}
	assert.EqualValues(t, 5, b.Begun())
	assert.Zero(t, b.Hung())
	require.Error(t, b.Fault())

	past, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Minute))
	defer cancel()
	assert.Equal(t, ledger.Answered, b.Exchange(past, give(nil), 1, 2))
	assert.EqualValues(t, 1, b.Hung(), "it settled too late")
	release, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		b.Exchange(t.Context(), func(_ context.Context, frame []byte) ([]byte, error) {
			release <- struct{}{}
			<-release
			return nil, messages.ErrInDoubt
		}, 1, 3)
	}()
	<-release
	assert.EqualValues(t, 2, b.Hung(), "one has no outcome")
	release <- struct{}{}
	<-done
	assert.EqualValues(t, 1, b.Hung())
}

func TestSeen(t *testing.T) {
	s := ledger.NewSeen(200)
	for _, id := range []uint64{1, 64, 200} {
		s.Arrived(id)
	}
	assert.Zero(t, s.Twice()+s.Stray()+s.Contradicted())
	s.Arrived(64)
	s.Arrived(0)
	s.Arrived(5000)
	s.NotSent(200) // it had arrived
	s.NotSent(7)
	assert.EqualValues(t, 1, s.Contradicted())
	s.Arrived(7)
	assert.EqualValues(t, 2, s.Contradicted())
	assert.EqualValues(t, 1, s.Twice())
	assert.EqualValues(t, 2, s.Stray())
	assert.EqualValues(t, 7, s.Total())
}
