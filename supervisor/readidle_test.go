package supervisor_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

const (
	readIdle    = 25 * time.Second
	readTimeout = 10 * time.Second // of the echo
)

// idling makes a link watch for what it receives.
func idling(events *journal[messages.Event], echo bool) func(*supervisor.LinkConfig) {
	return func(c *supervisor.LinkConfig) {
		c.ReadIdle, c.IdleTime, c.Echo.Timeout = readIdle, 20*time.Second, readTimeout
		c.OnEvent, c.Logger = events.add, quiet
		if echo {
			stan := newSTANs()
			c.Echo.Build = func() (*iso8583.Message, error) { return networkMessage(stan.next()), nil }
		}
	}
}

// TestReadIdle: when nothing was received for so long, it is told since when; an
// echo, where there is one, is waited for; then the session ends.
func TestReadIdle(t *testing.T) {
	for name, c := range map[string]struct {
		echo bool
		ends time.Duration
	}{
		"with an echo":    {true, readIdle + readTimeout},
		"without an echo": {false, readIdle},
	} {
		t.Run(name, func(t *testing.T) {
			var events journal[messages.Event]
			bubble(t, linktest.PeerConfig{Handle: silent}, idling(&events, c.echo), func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
				require.NoError(t, link.Await(t.Context(), messages.Up))
				start := time.Now()
				time.Sleep(readIdle - time.Millisecond)
				synctest.Wait()
				assert.Empty(t, eventsOf[*messages.ReadIdle](events.list()))
				time.Sleep(time.Millisecond)
				synctest.Wait()
				told := eventsOf[*messages.ReadIdle](events.list())
				require.Len(t, told, 1)
				assert.Equal(t, messages.ReadIdle{Link: "fake", Session: 1, Since: start}, *told[0])
				require.NoError(t, link.Await(t.Context(), messages.Waiting))
				assert.Equal(t, c.ends, time.Since(start))
				s := link.Status()
				require.ErrorIs(t, s.LastError, messages.ErrReadIdle)
				assert.ErrorContains(t, s.LastError, c.ends.String())
				require.NoError(t, link.Await(t.Context(), messages.Up), "it comes back")
			})
		})
	}
}

// TestReadIdleInEveryState: a session is watched from its beginning to the end of its
// drain, and not anew in each state.
func TestReadIdleInEveryState(t *testing.T) {
	var events *journal[messages.Event]
	inEverySession(t, linktest.PeerConfig{}, func(c *supervisor.LinkConfig) {
		events = new(journal[messages.Event])
		idling(events, false)(c)
	}, func(t *testing.T, _ *supervisor.Link, state messages.State) {
		time.Sleep(readIdle)
		synctest.Wait()
		told := eventsOf[*messages.ReadIdle](events.list())
		require.Len(t, told, 1)
		var ended *messages.StateChanged
		for _, e := range eventsOf[*messages.StateChanged](events.list()) {
			if e.From == state && e.To == messages.Waiting {
				ended = e
			}
		}
		require.NotNil(t, ended)
		assert.Equal(t, readIdle, ended.At.Sub(told[0].Since))
		assert.ErrorIs(t, ended.Reason, messages.ErrReadIdle)
	})
}

// TestReadIdleWhereThePeerIsThere: messages and keep-alives, answers and requests,
// whatever comes shows that the peer is there.
func TestReadIdleWhereThePeerIsThere(t *testing.T) {
	for name, host := range map[string]linktest.PeerConfig{
		"keep-alives": {Handle: silent, OnAccept: sending(1_000, 20*time.Second)},
		"messages": {Handle: silent, OnAccept: func(c *linktest.Conn) {
			go func() {
				for c.Delay(20*time.Second) == nil {
					if c.WriteFrame(linktest.Frame{Body: networkFrame("000001")}) != nil {
						return
					}
				}
			}()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var events journal[messages.Event]
			bubble(t, host, idling(&events, false), func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
				require.NoError(t, link.Await(t.Context(), messages.Up))
				time.Sleep(time.Hour)
				assert.EqualValues(t, 1, link.Status().Session)
				assert.Empty(t, eventsOf[*messages.ReadIdle](events.list()))
			})
		})
	}
}

// TestReadIdleIsAsked: in a drain, where no other echoes are sent, a peer that answers
// them keeps its session until the drain is over.
func TestReadIdleIsAsked(t *testing.T) {
	var events journal[messages.Event]
	bubble(t, linktest.PeerConfig{Handle: linktest.Steps(linktest.Drop())}, func(c *supervisor.LinkConfig) {
		idling(&events, true)(c)
		c.SendTimeout = 3 * time.Minute
	}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		require.NoError(t, link.Await(t.Context(), messages.Up))
		start := time.Now()
		outcome := make(chan error, 1)
		go func() { _, err := link.Exchange(context.Background(), networkFrame("999999")); outcome <- err }()
		synctest.Wait()
		require.NoError(t, link.Pause(t.Context()))
		assert.Equal(t, 3*time.Minute, time.Since(start))
		require.ErrorIs(t, <-outcome, messages.ErrTimeout)
		told := eventsOf[*messages.ReadIdle](events.list())
		assert.Len(t, told, 7, "each time anew")
		assert.EqualValues(t, len(told), link.Status().Counters.Echoes)
	})
}

// TestReadIdleOfASession: those of an acceptor are watched as well.
func TestReadIdleOfASession(t *testing.T) {
	pipeEnds(t, func(c *supervisor.LinkConfig, end int) {
		if end == 1 {
			c.ReadIdle = readIdle
		}
	}, func(t *testing.T, _, session *supervisor.Link) {
		start := time.Now()
		require.NoError(t, session.Await(t.Context(), messages.Closed))
		assert.Equal(t, readIdle, time.Since(start))
		require.ErrorIs(t, session.Status().LastError, messages.ErrReadIdle)
	})
}
