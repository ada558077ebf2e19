package supervisor_test

import (
	"context"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// fill leaves that many frames of that size unanswered.
func fill(t *testing.T, l *testLink, rec *linktest.Recorder, n, size int) []<-chan outcome {
	t.Helper()
	var sent []<-chan outcome
	for i := range n {
		sent = append(sent, l.background(patient(t), newLongFrame("0200", i, size)))
	}
	require.NoError(t, rec.WaitTotal(patient(t), n))
	return sent
}

// assertRefused sends in every way, and wants each to be refused at once.
func assertRefused(t *testing.T, l *testLink, c *client, frame func() []byte, causes ...error) {
	t.Helper()
	before := len(c.results.list())
	start := time.Now()
	_, err := l.Exchange(context.Background(), frame())
	errs := []error{err, l.PostFrame(context.Background(), frame())}
	c.send(&messages.Send{Frame: frame()})
	c.send(&messages.Post{Frame: frame()})
	for _, r := range c.results.awaitSome(t, before+2, "results")[before:] {
		errs = append(errs, r.result.Err)
	}
	assert.Less(t, time.Since(start), 10*time.Second, "at once, not at a timeout of 30 s")
	for _, err := range errs {
		assert.ErrorIs(t, err, messages.ErrNotSent)
		for _, cause := range causes {
			assert.ErrorIs(t, err, cause)
		}
	}
}

// TestMaxInFlight: past MaxInFlight, and past MaxQueuedBytes, a send is refused
// with ErrOverloaded; as soon as others have settled, there is room again.
func TestMaxInFlight(t *testing.T) {
	const sends, size = 5, 1_000
	for name, limit := range map[string]func(*supervisor.LinkConfig){
		"MaxInFlight":    func(c *supervisor.LinkConfig) { c.MaxInFlight = sends },
		"MaxQueuedBytes": func(c *supervisor.LinkConfig) { c.MaxQueuedBytes = sends*size + bodySize - 1 },
	} {
		t.Run(name, func(t *testing.T) {
			rec, release := newRecorder(), make(chan struct{})
			host := startHost(t, linktest.PeerConfig{
				Recorder: rec, Handle: linktest.Async(linktest.Hold(release, linktest.Reply())),
			})
			l := startUp(t, host, limit)
			c := newClient(t, l)
			sent := fill(t, l, rec, sends, size)
			s := l.Status()
			assert.EqualValues(t, sends, s.InFlight)
			assert.EqualValues(t, sends*size, s.InFlightBytes)
			assertRefused(t, l, c, func() []byte { return newFrame("0200", 100) }, messages.ErrOverloaded)
			assert.Equal(t, sends, rec.Total())

			close(release)
			for _, s := range sent {
				require.NoError(t, awaitDone(t, "a send", s).err)
			}
			for _, s := range fill(t, l, rec, sends, size) {
				require.NoError(t, awaitDone(t, "a send in a slot that was freed", s).err)
			}
		})
	}
}

// TestMaxLate: when MaxLate requests in doubt wait for a late reply, sends are
// refused with ErrOverloaded, until one has come or left its window.
func TestMaxLate(t *testing.T) {
	const most = 3
	for name, window := range map[string]time.Duration{"window": time.Second, "reply": patience} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			hold := linktest.Async(linktest.Hold(release, linktest.Reply()))
			rec := newRecorder()
			host := startHost(t, linktest.PeerConfig{Recorder: rec, Handle: linktest.Steps(hold, hold, hold)})
			var lates lateLog
			l := startUp(t, host, lates.over, func(c *supervisor.LinkConfig) { c.MaxLate, c.LateWindow = most, window })
			for i := range most {
				l.doubt(rec, newFrame("0200", i))
			}
			_, err := l.Exchange(patient(t), newFrame("0200", most))
			assert.ErrorIs(t, err, messages.ErrNotSent)
			assert.ErrorIs(t, err, messages.ErrOverloaded)
			if name == "reply" {
				close(release)
				lates.hook.awaitSome(t, most, "late replies")
			}
			require.Eventually(t, func() bool {
				_, err := l.Exchange(patient(t), newFrame("0200", most))
				if err != nil {
					assert.ErrorIs(t, err, messages.ErrOverloaded)
				}
				return err == nil
			}, patience, 5*time.Millisecond)
		})
	}
}

// TestSlotHeldUntilDelivery: the result of an actor's command keeps its slot
// until the actor's mailbox has taken it: what waits for a slow actor is
// bounded, too. Other actors and callers get theirs meanwhile.
func TestSlotHeldUntilDelivery(t *testing.T) {
	const held, most = 10, 20
	host := startHost(t, linktest.PeerConfig{})
	l := startUp(t, host, func(c *supervisor.LinkConfig) { c.MaxInFlight = most })
	stuck := newStuckClient(t, l)
	for i := range held {
		stuck.send(&messages.Send{Frame: newFrame("0200", i)})
	}
	l.awaitStatus("answers", func(s supervisor.Status) bool { return s.Counters.Answered == held })

	// One is in the actor's hands, and as many as there is room for in its mailbox.
	require.GreaterOrEqual(t, l.Status().InFlight, int64(held-1-stuckRoom))
	other := newClient(t, l)
	for i := range 100 {
		other.send(&messages.Send{Frame: newFrame("0200", 100+i)})
		got := other.results.awaitSome(t, i+1, "a result for another actor")
		require.NoError(t, got[i].result.Err)
		l.works(300 + i)
	}
	assert.GreaterOrEqual(t, l.Status().InFlight, int64(held-1-stuckRoom))
	for i := range most {
		stuck.send(&messages.Send{Frame: newFrame("0200", 500+i)})
	}
	_, err := l.Exchange(patient(t), newFrame("0200", 999))
	assert.ErrorIs(t, err, messages.ErrOverloaded)

	stuck.free()
	got := stuck.results.awaitSome(t, held+most, "results")
	overloaded := 0
	for _, r := range got {
		if r.result.Err != nil {
			assert.ErrorIs(t, r.result.Err, messages.ErrOverloaded)
			overloaded++
		}
	}
	assert.Positive(t, overloaded)
	assert.Less(t, overloaded, most)
	l.awaitStatus("slots that were given back", func(s supervisor.Status) bool { return s.InFlight == 0 })
	l.works(1_000)
}

// stuckRoom is how many messages wait in a stuck client's mailbox at most.
const stuckRoom = 2

// stuckClient is a client that handles nothing until it is set free.
type stuckClient struct {
	*client
	release chan struct{}
}

func newStuckClient(t *testing.T, l *testLink) *stuckClient {
	t.Helper()
	s := &stuckClient{release: make(chan struct{})}
	s.client = newClient(t, l, actor.WithMailbox(actor.Bounded(stuckRoom)), actor.WithReceiverMiddleware(
		func(next actor.ReceiverFunc) actor.ReceiverFunc {
			return func(ctx actor.ReceiverContext, env *actor.MessageEnvelope) {
				if _, ok := env.Message.(messages.Reply); ok {
					<-s.release
				}
				next(ctx, env)
			}
		}))
	t.Cleanup(s.free)
	return s
}

func (s *stuckClient) free() {
	select {
	case <-s.release:
	default:
		close(s.release)
	}
}
