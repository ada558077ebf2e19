package supervisor_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
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

// keepAliveTimes writes down when keep-alives come.
type keepAliveTimes struct {
	start time.Time
	times journal[time.Duration]
}

func (k *keepAliveTimes) step(*linktest.Conn, linktest.Frame) error {
	k.times.add(time.Since(k.start))
	return nil
}

func seconds(all ...int) []time.Duration {
	var times []time.Duration
	for _, s := range all {
		times = append(times, time.Duration(s)*time.Second)
	}
	return times
}

// TestKeepAliveIsSent: one each time that nothing was written for so long. It is no
// send.
func TestKeepAliveIsSent(t *testing.T) {
	var came keepAliveTimes
	bubble(t, linktest.PeerConfig{KeepAlive: came.step}, func(c *supervisor.LinkConfig) {
		c.SendKeepAlive = 20 * time.Second
		c.MaxInFlight = 1 // which a keep-alive does not take
		came.start = time.Now()
	}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		require.NoError(t, link.Await(t.Context(), messages.Up))
		time.Sleep(55 * time.Second)
		_, err := link.Exchange(t.Context(), networkFrame("000001"))
		require.NoError(t, err)
		time.Sleep(41 * time.Second)
		assert.Equal(t, seconds(20, 40, 75, 95), came.times.list())
		s := link.Status()
		assert.EqualValues(t, 4, s.Counters.KeepAlivesSent)
		assert.EqualValues(t, 1, s.Counters.Answered)
		assert.Zero(t, s.Counters.Posted+s.Counters.NotSent+s.Counters.InDoubt+s.Counters.KeepAlives)
	})
}

// TestKeepAliveInEveryState: it needs a session, and nothing else.
func TestKeepAliveInEveryState(t *testing.T) {
	var came atomic.Int64
	inEverySession(t, linktest.PeerConfig{KeepAlive: func(*linktest.Conn, linktest.Frame) error {
		came.Add(1)
		return nil
	}}, func(c *supervisor.LinkConfig) { c.SendKeepAlive = 20 * time.Second }, func(t *testing.T, link *supervisor.Link, state messages.State) {
		before := came.Load()
		time.Sleep(2*time.Minute + time.Second)
		assert.Equal(t, state, link.Status().State)
		assert.EqualValues(t, 6, came.Load()-before)
	})
}

// TestKeepAliveIsNotForTheEcho: what asks nothing of the peer's application does not
// keep a link from asking.
func TestKeepAliveIsNotForTheEcho(t *testing.T) {
	stan := newSTANs()
	bubble(t, linktest.PeerConfig{}, func(c *supervisor.LinkConfig) {
		c.Echo.Build = func() (*iso8583.Message, error) { return networkMessage(stan.next()), nil }
		c.IdleTime, c.SendKeepAlive = 30*time.Second, 12*time.Second
	}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		require.NoError(t, link.Await(t.Context(), messages.Up))
		time.Sleep(5*time.Minute + time.Second)
		c := link.Status().Counters
		assert.EqualValues(t, 10, c.Echoes)
		assert.EqualValues(t, 20, c.KeepAlivesSent)
	})
}

// TestKeepAliveIsQueuedOnce: a peer that does not read gets no more of them than one
// that is being written and one that waits.
func TestKeepAliveIsQueuedOnce(t *testing.T) {
	var came keepAliveTimes
	bubble(t, linktest.PeerConfig{KeepAlive: came.step, Script: func(c *linktest.Conn) {
		if c.Delay(105*time.Second) == nil {
			_ = c.Serve(nil)
		}
	}}, func(c *supervisor.LinkConfig) {
		c.SendKeepAlive, c.WriteTimeout = 10*time.Second, 10*time.Minute
		came.start = time.Now()
	}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		require.NoError(t, link.Await(t.Context(), messages.Up))
		time.Sleep(106 * time.Second)
		assert.Equal(t, seconds(105, 105), came.times.list())
	})
}

// sending is a host that sends n keep-alives, one each interval.
func sending(n int, interval time.Duration) func(*linktest.Conn) {
	return func(c *linktest.Conn) {
		go func() {
			for range n {
				if c.Delay(interval) != nil || c.WriteFrame(linktest.Frame{}) != nil {
					return
				}
			}
		}()
	}
}

// TestKeepAlivesAreAnswered, where that is configured: each by one.
func TestKeepAlivesAreAnswered(t *testing.T) {
	for name, answers := range map[string]bool{"answered": true, "skipped": false} {
		t.Run(name, func(t *testing.T) {
			var came keepAliveTimes
			bubble(t, linktest.PeerConfig{KeepAlive: came.step, OnAccept: sending(3, 5*time.Second)}, func(c *supervisor.LinkConfig) {
				c.AnswerKeepAlives = answers
				came.start = time.Now()
			}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
				require.NoError(t, link.Await(t.Context(), messages.Up))
				time.Sleep(time.Minute)
				if answers {
					assert.Equal(t, seconds(5, 10, 15), came.times.list())
				} else {
					assert.Empty(t, came.times.list())
				}
				assert.EqualValues(t, 3, link.Status().Counters.KeepAlives)
			})
		})
	}
}

// TestAnswersAreNotAnswered: what comes behind a keep-alive of ours is its answer.
func TestAnswersAreNotAnswered(t *testing.T) {
	bubble(t, linktest.PeerConfig{KeepAlive: linktest.Echo()}, func(c *supervisor.LinkConfig) {
		c.SendKeepAlive, c.AnswerKeepAlives = 10*time.Second, true
	}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
		require.NoError(t, link.Await(t.Context(), messages.Up))
		time.Sleep(61 * time.Second)
		c := link.Status().Counters
		assert.EqualValues(t, 6, c.KeepAlivesSent)
		assert.EqualValues(t, 6, c.KeepAlives)
	})
}

// TestKeepAlivesOfBothEnds: two ends that both send and both answer, each its own and
// the other's, do not go on answering each other.
func TestKeepAlivesOfBothEnds(t *testing.T) {
	const hour = time.Hour
	for name, every := range map[string][2]time.Duration{
		"at the same time": {10 * time.Second, 10 * time.Second},
		"in turn":          {10 * time.Second, 7 * time.Second},
		"one often":        {time.Minute, time.Second},
		"one sends":        {10 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			pipeEnds(t, func(c *supervisor.LinkConfig, end int) {
				c.SendKeepAlive, c.AnswerKeepAlives = every[end], true
			}, func(t *testing.T, link, session *supervisor.Link) {
				time.Sleep(hour + time.Millisecond)
				most := uint64(0)
				for _, d := range every {
					if d > 0 {
						most += uint64(hour / d)
					}
				}
				a, b := link.Status(), session.Status()
				sent := a.Counters.KeepAlivesSent + b.Counters.KeepAlivesSent
				assert.EqualValues(t, 1, a.Session)
				assert.Equal(t, messages.Up, b.State)
				assert.Greater(t, sent, uint64(hour/every[0])/2)
				assert.LessOrEqual(t, sent, 2*most, "each is answered once at most")
				assert.Equal(t, sent, a.Counters.KeepAlives+b.Counters.KeepAlives)
			})
		})
	}
}

// pipeListener gives an acceptor the far ends of pipes.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func (l *pipeListener) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.closed:
		return nil, errors.New("the listener is closed")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pipeEnds runs test in fake time with a link (end 0) and the session of an acceptor
// (end 1) that are connected.
func pipeEnds(t *testing.T, change func(c *supervisor.LinkConfig, end int), test func(t *testing.T, link, session *supervisor.Link)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		listener := newPipeListener()
		own := supervisor.LinkConfig{
			Name: "link", Addrs: []string{"pipe:1"}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{}, Dial: listener.Dial, Logger: quiet,
		}
		theirs := supervisor.LinkConfig{Spec: own.Spec, Framing: own.Framing, Logger: quiet}
		change(&own, 0)
		change(&theirs, 1)
		m, err := supervisor.New(nil, supervisor.Config{Links: []supervisor.LinkConfig{own}})
		require.NoError(t, err)
		a, err := m.Listen(supervisor.AcceptorConfig{Name: "acceptor", Listener: listener, Session: theirs})
		require.NoError(t, err)
		link := m.Link("link")
		require.NoError(t, link.Await(t.Context(), messages.Up))
		synctest.Wait()
		require.Len(t, a.Sessions(), 1)
		test(t, link, a.Sessions()[0])
		require.NoError(t, m.Close(context.Background()))
		time.Sleep(time.Minute) // fake: what timers are left run out
	})
}
