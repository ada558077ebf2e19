package actors

import (
	"context"
	"log/slog"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// doorTo is the door of a link that is up, without actors behind it: take gets
// each request in the caller's goroutine, and has to settle it.
func doorTo(t *testing.T, take func(*Record, *request)) *Door {
	config := goodConfig()
	config.Logger = slog.New(slog.DiscardHandler)
	r, err := NewRecord(config, nil, nil)
	require.NoError(t, err)
	s := &session{record: r, number: 1}
	s.correlator = newMailbox(mailboxOptions{refuse: func(msg any) {
		if q, ok := msg.(*request); ok {
			take(r, q)
		}
	}})
	s.correlator.close()
	r.session.Store(s)
	return r.Door()
}

func requestFrame(t *testing.T) []byte {
	msg := iso8583.NewMessage(specs.Spec87ASCII)
	msg.MTI("0200")
	require.NoError(t, msg.Field(11, "000001"))
	frame, err := messages.Pack(msg)
	require.NoError(t, err)
	return frame
}

// TestExchangeDeadline: the context's or the link's, whichever is earlier, also
// where there is practically none: a sum that overflows would be long past.
func TestExchangeDeadline(t *testing.T) {
	frame := requestFrame(t)
	for name, c := range map[string]struct {
		timeout time.Duration // of the context; 0: none
		want    time.Duration
		common  bool
	}{
		"none":     {0, DefaultSendTimeout, true},
		"earlier":  {10 * time.Second, 10 * time.Second, false},
		"later":    {time.Hour, DefaultSendTimeout, true},
		"no limit": {math.MaxInt64, DefaultSendTimeout, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // the clock stands still
				var got *request
				door := doorTo(t, func(r *Record, q *request) {
					got = q
					require.True(t, q.take(wordQueued))
					q.answered(nil, []byte("yes"))
				})
				door.record.scope.epoch = time.Now().Add(-time.Hour) // a link that is an hour old
				ctx := t.Context()
				if c.timeout > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.timeout)
					defer cancel()
				}
				reply, err := door.Exchange(ctx, frame)
				require.NoError(t, err)
				assert.Equal(t, "yes", string(reply))
				assert.Equal(t, c.common, got.common)
				assert.Equal(t, c.want, time.Duration(got.deadline-got.start))
			})
		})
	}
}

// TestCommandDeadline: the same for other actors' commands; their own timeout
// may be longer than the link's.
func TestCommandDeadline(t *testing.T) {
	frame := requestFrame(t)
	for name, c := range map[string]struct {
		timeout, want time.Duration
		common        bool
	}{
		"none":     {0, DefaultSendTimeout, true},
		"negative": {-1, DefaultSendTimeout, true},
		"the same": {DefaultSendTimeout, DefaultSendTimeout, true},
		"shorter":  {time.Second, time.Second, false},
		"longer":   {time.Hour, time.Hour, false},
		"no limit": {math.MaxInt64, MaxDuration, false},
	} {
		t.Run(name, func(t *testing.T) {
			var got *request
			door := doorTo(t, func(r *Record, q *request) {
				got = q
				q.failAny(messages.ErrLinkDown)
			})
			door.SendUserMessage(nil, &messages.Send{Frame: frame, Timeout: c.timeout})
			assert.Equal(t, c.want, time.Duration(got.deadline-got.start))
			assert.Equal(t, c.common, got.common)
			assert.EqualValues(t, 1, door.record.counters.notSent.Load())
		})
	}
}
