package issuer

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/terminal"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

func TestAnsweredTwice(t *testing.T) {
	host, ledger := start(t, treated(Treatment{Kind: AnswersTwice}))
	c := connect(t, host)
	assert.Equal(t, approved, exchange(t, c, 1))
	unpack(t, next[*messages.Unmatched](t, c).Frame, 1)
	require.Eventually(t, func() bool { return host.Faults(AnswersTwice) == 1 }, terminal.Patience, time.Millisecond)
	assert.Len(t, ledger.of(reference(1)), 5, "received, and two times two lines")
	assert.EqualValues(t, 1, host.Status().Counters.Posted)
}

// giveUp sends a payment that nobody answers in time.
func giveUp(t *testing.T, c *client, number int) {
	t.Helper()
	err := messages.ErrNotSent
	for errors.Is(err, messages.ErrNotSent) { // the time was over before it was written
		frame, _ := payment(t, number)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err = c.Exchange(ctx, frame)
		cancel()
	}
	require.ErrorIs(t, err, messages.ErrInDoubt)
}

func TestAnsweredNever(t *testing.T) {
	host, ledger := start(t, treated(Treatment{Kind: AnswersNever}))
	giveUp(t, connect(t, host), 1)
	require.Eventually(t, func() bool { return host.Faults(AnswersNever) == 1 }, terminal.Patience, time.Millisecond)
	assert.Len(t, ledger.of(reference(1)), 1)
}

// TestAnsweredLate: the reply comes by the session that there is by then.
func TestAnsweredLate(t *testing.T) {
	var itself atomic.Pointer[Host]
	opens := make(chan func(), 1)
	host, ledger := start(t, func(c *Config) {
		c.Treat = func(string) Treatment {
			opens <- itself.Load().gate.shut() // no time is too late
			return Treatment{Kind: AnswersLate}
		}
	})
	itself.Store(host)
	c := connect(t, host)
	giveUp(t, c, 1)
	open := <-opens
	host.misbehaveOnce(terminal.Patient(t), Fault{Kind: Resets})
	require.Eventually(t, func() bool { return c.Status().Session == 2 }, terminal.Patience, time.Millisecond)
	require.True(t, host.AwaitUsable(terminal.Patient(t)))
	open()
	late := next[*messages.LateReply](t, c)
	unpack(t, late.Response, 1)
	assert.EqualValues(t, 1, late.SentSession)
	assert.EqualValues(t, 2, late.ReceivedSession)
	assert.True(t, host.AwaitQuiet(terminal.Patient(t)))
	assert.EqualValues(t, 1, host.Faults(AnswersLate))
	lines := ledger.of(reference(1))
	require.Len(t, lines, 3)
	assert.Equal(t, []int{1, 2, 2}, []int{lines[0].Conn, lines[1].Conn, lines[2].Conn})
}

func TestDelayedRepliesAreBounded(t *testing.T) {
	host, _ := start(t)
	host.mu.Lock()
	host.delayed = maxDelayed
	host.mu.Unlock()
	host.delay(0, func() { t.Error("there was no room for it") })
	assert.EqualValues(t, 1, host.Faults(AnswersNever))
	host.mu.Lock()
	host.delayed = 0
	host.mu.Unlock()
	require.NoError(t, host.Close(terminal.Patient(t)))
	host.delay(0, func() { t.Error("the host is closed") })
	assert.Zero(t, host.delayed)
}

// TestAConnectionFails: whatever the host does to a connection, its end is one of
// that kind, and the next connection works.
func TestAConnectionFails(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		sees error // nil: an error of the operating system
	}{
		{Closes, messages.ErrPeerClosed},
		{Resets, nil},
		{HalfCloses, messages.ErrPeerClosed},
	} {
		t.Run(c.kind.String(), func(t *testing.T) {
			host, _ := start(t)
			link := connect(t, host)
			exchange(t, link, 1)
			host.Misbehave(terminal.Patient(t), []Fault{{Kind: c.kind}})
			require.Eventually(t, func() bool { return link.Status().Session == 2 }, terminal.Patience, time.Millisecond)
			if c.sees != nil {
				require.ErrorIs(t, link.Status().LastError, c.sees)
			} else {
				require.NotErrorIs(t, link.Status().LastError, messages.ErrPeerClosed)
			}
			require.NoError(t, link.Await(terminal.Patient(t), messages.Up))
			exchange(t, link, 2)
			require.True(t, host.AwaitUsable(terminal.Patient(t)))
			assert.EqualValues(t, 1, host.Faults(c.kind))
			assert.Equal(t, c.kind == HalfCloses, len(host.HalfClosed()) == 1)
			assert.EqualValues(t, 2, host.Status().Accepted)
		})
	}
}

// TestAHalfClosedConnection still reads: what comes is logged, and cannot be
// answered.
func TestAHalfClosedConnection(t *testing.T) {
	host, ledger := start(t)
	raw, err := net.Dial("tcp", host.Addr())
	require.NoError(t, err)
	defer raw.Close()
	require.True(t, host.AwaitUsable(terminal.Patient(t)))
	host.misbehaveOnce(terminal.Patient(t), Fault{Kind: HalfCloses})
	var one [1]byte
	_, err = raw.Read(one[:])
	require.ErrorIs(t, err, io.EOF)
	assert.Equal(t, []int{1}, host.HalfClosed())
	assert.Nil(t, host.listener.usable(1))

	frame, _ := payment(t, 1)
	wire, err := framing.Binary2{}.Append(nil, nil, frame)
	require.NoError(t, err)
	_, err = raw.Write(wire)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return host.Status().Sessions == 0 }, terminal.Patience, time.Millisecond)
	require.NoError(t, host.Close(terminal.Patient(t)))
	lines := ledger.of(reference(1))
	require.Len(t, lines, 2)
	assert.Equal(t, Replying, lines[1].Stage, "and no further")
}

// TestAStall: nothing is read, logged or answered meanwhile, and everything after.
func TestAStall(t *testing.T) {
	host, ledger := start(t)
	c := connect(t, host)
	exchange(t, c, 1)
	stalled, cancel := context.WithCancel(t.Context())
	defer cancel()
	var running sync.WaitGroup
	running.Go(func() { host.Misbehave(stalled, []Fault{{Kind: Stalls, Lasts: time.Hour}}) })
	require.Eventually(t, func() bool {
		select {
		case <-host.gate.opened():
			return false
		default:
			return true
		}
	}, terminal.Patience, time.Millisecond)
	giveUp(t, c, 2)
	assert.Empty(t, ledger.of(reference(2)))
	cancel()
	running.Wait()
	unpack(t, next[*messages.LateReply](t, c).Response, 2)
	assert.EqualValues(t, 1, host.Faults(Stalls))
	exchange(t, c, 3)
}

// TestCloseEndsWhatTheHostIsAbout: a stall, a reply that is delayed, a plan.
func TestCloseEndsWhatTheHostIsAbout(t *testing.T) {
	host, _ := start(t, treated(Treatment{Kind: AnswersLate, Delay: time.Hour}))
	c := connect(t, host, func(l *supervisor.LinkConfig) { l.Backoff = supervisor.Backoff{} })
	giveUp(t, c, 1)
	var running sync.WaitGroup
	running.Go(func() {
		host.Misbehave(context.Background(), []Fault{{Kind: Stalls, Lasts: time.Hour}, {At: time.Hour, Kind: Resets}})
	})
	require.Eventually(t, func() bool { return host.Faults(Stalls) == 1 }, terminal.Patience, time.Millisecond)
	require.NoError(t, host.Close(terminal.Patient(t)))
	running.Wait()
	assert.Zero(t, host.Faults(AnswersLate)+host.Faults(Resets))
	assert.True(t, host.AwaitQuiet(terminal.Patient(t)))
	assert.False(t, host.Status().Listening)
	host.Misbehave(context.Background(), []Fault{{Kind: Stalls, Lasts: time.Hour}}) // returns at once
	assert.EqualValues(t, 1, host.Faults(Stalls))
	require.NoError(t, host.Close(terminal.Patient(t)), "once more")
}

func TestWithoutASessionMisbehavingEndsWithItsContext(t *testing.T) {
	host, _ := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	host.Misbehave(ctx, []Fault{{Kind: Resets}, {Kind: Closes}})
	assert.Zero(t, host.Faults(Resets)+host.Faults(Closes))
	assert.False(t, host.AwaitUsable(ctx))
	host.answerLate(&request{}) // nobody is there to answer to
	assert.Zero(t, host.Faults(AnswersLate))
}
