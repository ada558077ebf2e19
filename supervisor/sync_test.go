package supervisor_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// bubble runs test in fake time, with a link on net.Pipe to the given host:
// what is promised in seconds is tested to the millisecond.
func bubble(t *testing.T, host linktest.PeerConfig, change func(*supervisor.LinkConfig), test func(*testing.T, *supervisor.Link, *linktest.Peer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		host.Framing = framing.Binary2{}
		peer := linktest.NewPipePeer(host)
		defer peer.Close()
		config := supervisor.LinkConfig{
			Name: "fake", Addrs: []string{"pipe:1"}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{}, Dial: peer.Dial,
		}
		if change != nil {
			change(&config)
		}
		mgr, err := supervisor.New(nil, supervisor.Config{Links: []supervisor.LinkConfig{config}})
		require.NoError(t, err)
		test(t, mgr.Link("fake"), peer)
		require.NoError(t, mgr.Close(context.Background()))
		time.Sleep(time.Minute) // fake: what timers are left run out
	})
}

// silent never answers.
func silent(*linktest.Conn, linktest.Frame) error { return nil }

func TestDeadlineIsExact(t *testing.T) {
	bubble(t, linktest.PeerConfig{Handle: silent}, func(c *supervisor.LinkConfig) { c.SendTimeout = 7 * time.Second },
		func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
			require.NoError(t, link.Await(t.Context(), messages.Up))
			start := time.Now()
			_, err := link.Exchange(context.Background(), networkFrame("000001"))
			assert.Equal(t, 7*time.Second, time.Since(start), "the link's own deadline")
			require.ErrorIs(t, err, messages.ErrInDoubt)
			require.ErrorIs(t, err, messages.ErrTimeout)
			require.ErrorIs(t, err, context.DeadlineExceeded)

			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			start = time.Now()
			_, err = link.Exchange(ctx, networkFrame("000002"))
			assert.Equal(t, 3*time.Second, time.Since(start), "the context's")
			require.ErrorIs(t, err, messages.ErrTimeout)

			ctx, cancel = context.WithTimeout(context.Background(), time.Hour)
			defer cancel()
			start = time.Now()
			_, err = link.Exchange(ctx, networkFrame("000003"))
			assert.Equal(t, 7*time.Second, time.Since(start), "the earlier of the two")
			require.ErrorIs(t, err, messages.ErrTimeout)
		})
}

func TestKeyStaysReservedForTheLateWindow(t *testing.T) {
	bubble(t, linktest.PeerConfig{Handle: silent}, func(c *supervisor.LinkConfig) {
		c.SendTimeout, c.LateWindow = time.Second, time.Minute
	}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		require.NoError(t, link.Await(t.Context(), messages.Up))
		_, err := link.Exchange(context.Background(), networkFrame("000001"))
		require.ErrorIs(t, err, messages.ErrInDoubt)

		time.Sleep(time.Minute - time.Millisecond)
		_, err = link.Exchange(context.Background(), networkFrame("000001"))
		require.ErrorIs(t, err, messages.ErrDuplicateKey)
		require.ErrorIs(t, err, messages.ErrNotSent)

		time.Sleep(2 * time.Millisecond)
		_, err = link.Exchange(context.Background(), networkFrame("000001"))
		require.ErrorIs(t, err, messages.ErrInDoubt, "the key is free again")
	})
}

func TestLateReplyIsTold(t *testing.T) {
	var late chan *messages.LateReply // of the bubble
	bubble(t, linktest.PeerConfig{Handle: linktest.Steps(linktest.Delay(5*time.Second, linktest.Reply()))},
		func(c *supervisor.LinkConfig) {
			late = make(chan *messages.LateReply, 10)
			c.SendTimeout = 2 * time.Second
			c.OnLate = func(l *messages.LateReply) { late <- l }
		}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
			require.NoError(t, link.Await(t.Context(), messages.Up))
			start := time.Now()
			request := networkFrame("000001")
			_, err := link.Exchange(context.Background(), request)
			require.ErrorIs(t, err, messages.ErrInDoubt)
			l := <-late
			assert.Equal(t, 5*time.Second, time.Since(start))
			assert.Equal(t, request, l.Request)
			assert.Equal(t, "0810", string(l.Response[:4]))
			assert.Equal(t, start, l.SentAt)
			assert.Equal(t, start.Add(2*time.Second), l.SettledAt)
			assert.Equal(t, start.Add(5*time.Second), l.ReceivedAt)
			assert.Equal(t, uint64(1), l.SentSession)
			assert.Equal(t, uint64(1), l.ReceivedSession)
			_, response, err := l.Messages()
			require.NoError(t, err)
			stan, err := response.GetString(11)
			require.NoError(t, err)
			assert.Equal(t, "000001", stan)
			_, err = link.Exchange(context.Background(), networkFrame("000001"))
			require.NoError(t, err, "its key is free again")
			assert.Empty(t, late)
		})
}

// TestAnsweredEchoes: a link that is silent sends an echo each IdleTime, however
// long Echo.Timeout is, and a peer that falls silent right behind an answer is
// noticed in the time that is promised.
func TestAnsweredEchoes(t *testing.T) {
	const idle, timeout, most, answered = 30 * time.Second, 10 * time.Second, 3, 4
	stan := newSTANs()
	var asked journal[time.Duration]
	var start time.Time
	bubble(t, linktest.PeerConfig{Handle: func(c *linktest.Conn, f linktest.Frame) error {
		asked.add(time.Since(start))
		if len(asked.list()) > answered {
			return nil
		}
		return linktest.Reply()(c, f)
	}}, func(c *supervisor.LinkConfig) {
		c.Echo.Build = func() (*iso8583.Message, error) { return networkMessage(stan.next()), nil }
		c.IdleTime, c.Echo.Timeout, c.MaxMissedEchoes = idle, timeout, most
		start = time.Now()
	}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		require.NoError(t, link.Await(t.Context(), messages.Up))
		require.NoError(t, link.Await(t.Context(), messages.Waiting))
		assert.Equal(t, answered*idle+idle+most*timeout, time.Since(start))
		require.Len(t, asked.list(), answered+most)
		for i, at := range asked.list()[:answered+1] {
			assert.Equal(t, time.Duration(i+1)*idle, at, "echo %d", i+1)
		}
		assert.EqualValues(t, answered, link.Status().Counters.Echoes)
	})
}

// TestSilentPeerIsNoticed: within IdleTime + MaxMissedEchoes × Echo.Timeout.
func TestSilentPeerIsNoticed(t *testing.T) {
	stan := newSTANs()
	bubble(t, linktest.PeerConfig{Handle: silent}, func(c *supervisor.LinkConfig) {
		c.Echo.Build = func() (*iso8583.Message, error) { return networkMessage(stan.next()), nil }
		c.IdleTime, c.Echo.Timeout, c.MaxMissedEchoes = 30*time.Second, 5*time.Second, 3
	}, func(t *testing.T, link *supervisor.Link, peer *linktest.Peer) {
		require.NoError(t, link.Await(t.Context(), messages.Up))
		start := time.Now()
		require.NoError(t, link.Await(t.Context(), messages.Waiting))
		assert.Equal(t, 30*time.Second+3*5*time.Second, time.Since(start))
		status := link.Status()
		assert.EqualValues(t, 3, status.Counters.Missed)
		require.ErrorIs(t, status.LastError, messages.ErrNoEcho)
	})
}

func TestEchoesKeepALinkUp(t *testing.T) {
	stan := newSTANs()
	bubble(t, linktest.PeerConfig{}, func(c *supervisor.LinkConfig) {
		c.Echo.Build = func() (*iso8583.Message, error) { return networkMessage(stan.next()), nil }
		c.IdleTime, c.Echo.Timeout = 30*time.Second, 5*time.Second
	}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		require.NoError(t, link.Await(t.Context(), messages.Up))
		time.Sleep(24 * time.Hour)
		status := link.Status()
		assert.Equal(t, messages.Up, status.State)
		assert.EqualValues(t, 1, status.Session)
		assert.Zero(t, status.Counters.Missed)
		// The answer is looked for Echo.Timeout after the echo, and the link is then
		// silent for the rest of IdleTime.
		assert.InDelta(t, 24*time.Hour/(30*time.Second), status.Counters.Echoes, 500)
		assert.Zero(t, status.Counters.Answered, "echoes are not counted as sends")
	})
}

// TestBackoff: the first attempt at once, then MinDelay and a random part that
// doubles up to its cap, until a session has been up for StableAfter.
func TestBackoff(t *testing.T) {
	var (
		mu       sync.Mutex
		attempts []time.Time
		refuse   = true
		peer     chan net.Conn // of the bubble
	)
	bubble(t, linktest.PeerConfig{}, func(c *supervisor.LinkConfig) {
		c.Backoff = supervisor.Backoff{
			MinDelay: 2 * time.Second, Base: time.Second, Cap: 16 * time.Second, StableAfter: time.Minute,
		}
		peer = make(chan net.Conn, 1)
		c.Dial = func(context.Context, string, string) (net.Conn, error) {
			mu.Lock()
			defer mu.Unlock()
			attempts = append(attempts, time.Now())
			if refuse {
				return nil, errors.New("refused by the test")
			}
			near, far := net.Pipe()
			peer <- far
			return near, nil
		}
	}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		start := time.Now()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		mu.Lock()
		require.Greater(t, len(attempts), 20)
		assert.Equal(t, start, attempts[0], "the first attempt waits for nothing")
		longest := time.Duration(0)
		for i := 1; i < len(attempts); i++ {
			wait := attempts[i].Sub(attempts[i-1])
			window := min(time.Second<<min(i-1, 10), 16*time.Second)
			assert.GreaterOrEqual(t, wait, 2*time.Second)
			assert.LessOrEqual(t, wait, 2*time.Second+window)
			longest = max(longest, wait)
		}
		assert.Greater(t, longest, 10*time.Second, "the window grows")

		refuse = false
		mu.Unlock()
		require.NoError(t, link.Await(t.Context(), messages.Up))
		for range 8 { // one short wait of a longer window would be no wonder
			time.Sleep(time.Minute + time.Millisecond)
			ended := time.Now()
			_ = (<-peer).Close()
			require.NoError(t, link.Await(t.Context(), messages.Waiting))
			require.NoError(t, link.Await(t.Context(), messages.Up))
			assert.GreaterOrEqual(t, time.Since(ended), 2*time.Second)
			assert.LessOrEqual(t, time.Since(ended), 3*time.Second, "a stable session starts the count anew")
		}
		_ = (<-peer).Close()
	})
}

// TestNextAttemptIsShown: a waiting link says when it connects.
func TestNextAttemptIsShown(t *testing.T) {
	bubble(t, linktest.PeerConfig{}, func(c *supervisor.LinkConfig) {
		c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("refused by the test") }
	}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		synctest.Wait()
		status := link.Status()
		require.Equal(t, messages.Waiting, status.State)
		require.ErrorContains(t, status.LastError, "refused by the test")
		assert.Greater(t, time.Until(status.NextAttempt), 900*time.Millisecond)
		_, err := link.Exchange(t.Context(), networkFrame("000001"))
		require.ErrorIs(t, err, messages.ErrNotSent)
		require.ErrorIs(t, err, messages.ErrLinkDown)
	})
}

// TestWriteTimeoutEndsTheSession: a peer that takes nothing is given up after
// WriteTimeout; what was claimed is in doubt, what was queued is not sent.
func TestWriteTimeoutEndsTheSession(t *testing.T) {
	bubble(t, linktest.PeerConfig{Script: func(c *linktest.Conn) { <-c.Context().Done() }},
		func(c *supervisor.LinkConfig) { c.WriteTimeout = 4 * time.Second },
		func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
			require.NoError(t, link.Await(t.Context(), messages.Up))
			start := time.Now()
			outcomes := make(chan error, 2)
			go func() { _, err := link.Exchange(context.Background(), networkFrame("000001")); outcomes <- err }()
			synctest.Wait()
			go func() { _, err := link.Exchange(context.Background(), networkFrame("000002")); outcomes <- err }()
			queued := <-outcomes
			assert.Equal(t, 4*time.Second, time.Since(start))
			require.ErrorIs(t, queued, messages.ErrNotSent, "net.Pipe took no byte: even the first cannot have been read")
			second := <-outcomes
			require.ErrorIs(t, second, messages.ErrNotSent)
			require.ErrorIs(t, second, messages.ErrLinkDown)
		})
}

// TestDialIsAbandoned: a Dial that does not heed its context cannot hold a
// link that is closed; what it returns later is closed.
func TestDialIsAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		near, far := net.Pipe()
		mgr, err := supervisor.New(nil, supervisor.Config{Links: []supervisor.LinkConfig{{
			Name: "fake", Addrs: []string{"pipe:1"}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{},
			Dial: func(context.Context, string, string) (net.Conn, error) { <-release; return near, nil },
		}}})
		require.NoError(t, err)
		synctest.Wait()
		require.NoError(t, mgr.Link("fake").Close(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorContains(t, mgr.Close(ctx), "foreign code is still running")
		close(release)
		_, err = far.Read(make([]byte, 1))
		require.Error(t, err, "nobody uses the connection")
		time.Sleep(time.Minute)
	})
}
