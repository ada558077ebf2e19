package supervisor_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// timedLog counts the lines of a log.
type timedLog struct {
	slog.Handler
	mu      sync.Mutex
	lines   map[string]int // by their first two words and the minute
	leftOut int            // lines that tell of others
}

func newTimedLog() *timedLog { return &timedLog{lines: make(map[string]int)} }

func (l *timedLog) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if strings.HasSuffix(r.Message, "were left out") {
		l.leftOut++
		return nil
	}
	l.lines[r.Time.Truncate(time.Minute).Format("15:04 ")+r.Level.String()]++
	return nil
}

func (l *timedLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *timedLog) Enabled(context.Context, slog.Level) bool { return true }

// written is how many lines there are, at most so many in a minute.
func (l *timedLog) written(t *testing.T, most int) (total int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for minute, n := range l.lines {
		assert.LessOrEqual(t, n, most, minute)
		total += n
	}
	return total
}

// TestLogOfALinkThatFails: a link whose attempts fail ten times a second writes a few
// lines a minute, and what they leave out is counted.
func TestLogOfALinkThatFails(t *testing.T) {
	const minutes = 10
	log := newTimedLog()
	var heard atomic.Int64
	bubble(t, linktest.PeerConfig{}, func(c *supervisor.LinkConfig) {
		c.Logger, c.OnEvent = slog.New(log), func(messages.Event) { heard.Add(1) }
		c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("refused by the test") }
		c.Backoff = supervisor.Backoff{MinDelay: 50 * time.Millisecond, Base: 50 * time.Millisecond, Cap: 50 * time.Millisecond}
	}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		time.Sleep(minutes * time.Minute)
		require.NoError(t, link.Pause(t.Context()))
		synctest.Wait()
		c := link.Status().Counters
		require.Greater(t, c.Attempts, uint64(minutes*500))
		written := log.written(t, 2*2*10) // two states, and two of their minutes within one of ours
		assert.LessOrEqual(t, written, 2*10*(minutes+1)+10)
		assert.EqualValues(t, heard.Load()-int64(written), c.Unlogged)
		assert.GreaterOrEqual(t, log.leftOut, 2*(minutes-1))
	})
}

// pipes is a listener of pipes.
type pipes struct {
	conns chan net.Conn
	done  context.Context
	end   context.CancelFunc
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done.Done():
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error   { p.end(); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// TestLogOfAnAcceptorUnderFlood: refusals are told once a second for each cause, with
// their number, written ten times a minute, and all are in the status.
func TestLogOfAnAcceptorUnderFlood(t *testing.T) {
	const minutes, each = 3, 20
	synctest.Test(t, func(t *testing.T) {
		log := newTimedLog()
		var mu sync.Mutex
		events, told := 0, uint64(0)
		listener := pipes{conns: make(chan net.Conn)}
		listener.done, listener.end = context.WithCancel(t.Context())
		m, err := supervisor.New(nil, supervisor.Config{})
		require.NoError(t, err)
		a, err := m.Listen(supervisor.AcceptorConfig{
			Name: "host", Listener: listener, Allow: []string{"10.0.0.0/8"},
			Session: supervisor.LinkConfig{
				Spec: spec, Framing: framing.Binary2{}, Logger: slog.New(log),
				OnEvent: func(e messages.Event) {
					mu.Lock()
					defer mu.Unlock()
					events++
					told += e.(*messages.Refused).Count
				},
			},
		})
		require.NoError(t, err)
		sent := uint64(0)
		for range minutes * 60 * 10 {
			for range each {
				client, server := net.Pipe()
				listener.conns <- server
				client.Close()
				sent++
			}
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		s := a.Status()
		mu.Lock()
		gotEvents, gotTold := events, told
		mu.Unlock()
		assert.Equal(t, sent, s.Refused.Denied)
		assert.Equal(t, sent, s.Refused.Total())
		assert.LessOrEqual(t, gotEvents, minutes*60+1)
		assert.LessOrEqual(t, sent-gotTold, uint64(10*each), "all but those since the last event")
		written := log.written(t, 2*10)
		assert.LessOrEqual(t, written, 10*(minutes+1))
		assert.EqualValues(t, gotEvents-written, s.Counters.Unlogged)
		require.NoError(t, m.Close(context.Background()))
		time.Sleep(time.Minute)
	})
}

// TestLogOfAGroupWhoseLinksFlap: a group writes ten changes a minute, then the latest
// with the number of the others; none when nothing was left out.
func TestLogOfAGroupWhoseLinksFlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer := linktest.NewPipePeer(linktest.PeerConfig{Framing: binary2})
		defer peer.Close()
		var log lockedBuffer
		config := pipeLink("a")
		config.Dial = peer.Dial
		m, err := supervisor.New(nil, supervisor.Config{
			Links:  []supervisor.LinkConfig{config},
			Groups: []supervisor.GroupConfig{{Name: "all", Links: []string{"a"}, Logger: slog.New(slog.NewTextHandler(&log, nil))}},
		})
		require.NoError(t, err)
		link := m.Link("a")
		require.NoError(t, link.Await(t.Context(), messages.Up))
		lines := func() []string {
			synctest.Wait()
			return strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
		}
		flap := func() {
			require.NoError(t, link.Pause(t.Context()))
			synctest.Wait()
			require.NoError(t, link.Resume())
			require.NoError(t, link.Await(t.Context(), messages.Up))
			synctest.Wait()
		}
		require.Len(t, lines(), 1)
		for range 6 {
			flap()
		}
		require.Len(t, lines(), 10, "of 13")
		time.Sleep(time.Minute)
		got := lines()
		require.Len(t, got, 11)
		assert.Contains(t, got[10], "group all: 1 of 1 links up, 0 suspect; 3 changes were left out")
		time.Sleep(time.Hour)
		require.Len(t, lines(), 11, "nothing has changed")

		for range 6 {
			flap()
		}
		time.Sleep(59 * time.Second)
		require.Len(t, lines(), 21)
		require.NoError(t, m.Close(t.Context()))
		got = lines()
		assert.Contains(t, got[len(got)-1], "group all: 2 changes were left out")
		time.Sleep(time.Minute) // fake: what timers are left run out
	})
}
