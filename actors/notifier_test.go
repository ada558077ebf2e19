package actors

import (
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// TestHookOfEachEvent: every kind of event goes to the one hook for its subject,
// then to OnEvent; hooks that panic keep no other from its call.
func TestHookOfEachEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls []string
		note := func(hook string) {
			calls = append(calls, hook)
			panic(hook)
		}
		config := LinkConfig{
			MaxEvents: 100, Logger: slog.New(slog.DiscardHandler),
			OnEvent:     func(messages.Event) { note("OnEvent") },
			OnState:     func(*messages.StateChanged) { note("OnState") },
			OnSession:   func(*messages.SessionChanged) { note("OnSession") },
			OnLate:      func(*messages.LateReply) { note("OnLate") },
			OnUnmatched: func(*messages.Unmatched) { note("OnUnmatched") },
			OnError:     func(messages.Event) { note("OnError") },
		}
		var workers Workers
		var c counters
		system := actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return config.Logger }))
		n := newNotifier("host", "link", &config, system, &workers, &c)
		require.NoError(t, n.spawn("notifier"))
		var want []string
		for _, told := range []struct {
			event messages.Event
			hook  string
		}{
			{&messages.StateChanged{}, "OnState"},
			{&messages.SessionChanged{}, "OnSession"},
			{&messages.LateReply{}, "OnLate"},
			{&messages.Unmatched{}, "OnUnmatched"},
			{&messages.RequestsDropped{}, "OnError"},
			{&messages.Refused{}, "OnError"},
			{&messages.AcceptFailed{}, "OnError"},
			{&messages.EchoFailed{}, "OnError"},
			{&messages.SignFailed{}, "OnError"},
			{&messages.Panicked{}, "OnError"},
			{&messages.CertificatesFailed{}, "OnError"},
			{&messages.EventsDropped{}, "OnError"},
		} {
			n.event(told.event)
			want = append(want, told.hook, "OnEvent")
		}
		n.stop()
		require.NoError(t, workers.Close(t.Context()))
		assert.Equal(t, want, calls)
		assert.EqualValues(t, len(want), c.panics.Load())
		system.Shutdown()
	})
}
