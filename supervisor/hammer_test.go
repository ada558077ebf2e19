package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestOvertakenPause: a pause that is taken back while the session drains
// returns, with nothing cut short; the link comes up again.
func TestOvertakenPause(t *testing.T) {
	rec, release := newRecorder(), make(chan struct{})
	host := startHost(t, linktest.PeerConfig{
		Recorder: rec, Handle: linktest.Steps(linktest.Hold(release, linktest.Reply())),
	})
	l := startUp(t, host)
	sent := l.background(patient(t), newFrame("0200", 1))
	require.NoError(t, rec.WaitTotal(patient(t), 1))
	paused := make(chan error, 1)
	go func() { paused <- l.Pause(patient(t)) }()
	l.awaitState(messages.Draining)
	require.NoError(t, l.Resume())
	assert.NoError(t, awaitDone(t, "the pause", paused))
	close(release)
	assert.NoError(t, awaitDone(t, "the send", sent).err)
	l.awaitSession(2)
	l.works(1)
}

// orderOf is one of the things that an operator can do, at random.
func orderOf(l *testLink, ctx context.Context) (string, error) {
	switch rand.N(4) {
	case 0:
		return "pause", l.Pause(ctx)
	case 1:
		return "restart", l.Restart(ctx)
	case 2:
		return "resume", l.Resume()
	}
	return "await", l.Await(ctx, messages.Up)
}

const (
	hammers     = 6
	hammerTurns = 100
)

// TestOrdersAtOnce: pauses, restarts and resumes from all sides, in every state
// of the link, each return by their context; no send hangs; afterwards the link
// does what it was told last.
func TestOrdersAtOnce(t *testing.T) {
	for name, host := range map[string]*linktest.Peer{
		"host that answers": startHost(t, linktest.PeerConfig{Handle: linktest.Async(linktest.Reply())}),
		"host that resets":  startHost(t, linktest.PeerConfig{OnAccept: resetSoon}),
	} {
		t.Run(name, func(t *testing.T) {
			l := startLink(t, host, hasty, func(c *supervisor.LinkConfig) { c.SendTimeout = short })
			var senders sync.WaitGroup
			over := make(chan struct{})
			for i := range 4 {
				senders.Go(func() { sendUntil(l, over, i) })
			}
			hammer(t, l, orderOf)
			close(over)
			senders.Wait()

			require.NoError(t, l.Pause(patient(t)))
			assert.Equal(t, messages.Paused, l.Status().State)
			require.NoError(t, l.Resume())
			l.awaitWorking()
		})
	}
}

// resetSoon ends a connection within its first few exchanges.
func resetSoon(c *linktest.Conn) { c.ResetAfterRead(1 + rand.Int64N(20*wireSize)) }

// hammer gives orders from several goroutines, each with little time.
func hammer(t *testing.T, l *testLink, order func(*testLink, context.Context) (string, error)) {
	t.Helper()
	var wg sync.WaitGroup
	for range hammers {
		wg.Go(func() {
			for range hammerTurns {
				wait := rand.N(20 * time.Millisecond)
				ctx, cancel := context.WithTimeout(context.Background(), wait)
				start := time.Now()
				what, err := order(l, ctx)
				took := time.Since(start)
				cancel()
				var drain *messages.DrainError
				if err != nil && !errors.As(err, &drain) && !errors.Is(err, messages.ErrClosed) && what != "await" {
					t.Errorf("%s: %v", what, err)
				}
				if took > wait+busy {
					t.Errorf("%s took %v, its context %v", what, took, wait)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-patient(t).Done():
		require.FailNow(t, fmt.Sprintf("orders hang: %+v", l.Status()))
	}
}

// sendUntil exchanges one frame after the other.
func sendUntil(l *testLink, over <-chan struct{}, caller int) {
	for i := caller; ; i += 4 {
		select {
		case <-over:
			return
		default:
		}
		_, err := l.Exchange(context.Background(), newFrame("0200", i))
		if isNotSent(err) {
			ctx, cancel := context.WithTimeout(context.Background(), short)
			_ = l.Await(ctx, messages.Up) // it may be paused
			cancel()
		}
	}
}

// TestCloseAmongOrders: whatever else is being done with it, a link that is
// told to close closes, and all who wait for anything else are told.
func TestCloseAmongOrders(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{OnAccept: resetSoon})
	const links = 10
	var config supervisor.Config
	for i := range links {
		c := linkTo(fmt.Sprintf("host-%d", i), host)
		hasty(&c)
		c.SendTimeout = short
		config.Links = append(config.Links, c)
	}
	m := startManager(t, config)
	for i, handle := range m.Links() {
		l := linkOf(t, m, handle.Name())
		var turns atomic.Int64
		at := rand.Int64N(hammers * hammerTurns / 4)
		over := make(chan struct{})
		var senders sync.WaitGroup
		senders.Go(func() { sendUntil(l, over, i) })
		hammer(t, l, func(l *testLink, ctx context.Context) (string, error) {
			if turns.Add(1) == at+1 {
				return "close", l.Close(ctx)
			}
			return orderOf(l, ctx)
		})
		close(over)
		senders.Wait()
		assert.NoError(t, l.Close(patient(t)))
		assert.Equal(t, messages.Closed, l.Status().State)
	}
	assert.NoError(t, m.Close(patient(t)))
	require.Eventually(t, func() bool { return len(host.Conns()) == 0 }, patience, time.Millisecond)
}
