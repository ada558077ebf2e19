package supervisor_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestFaultsStartNothing: New reports every fault of every link at once, and
// nothing was started then: no attempt, no actor, no goroutine.
func TestFaultsStartNothing(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	var dials atomic.Int64
	good := linkTo("good", host)
	good.Dial = func(context.Context, string, string) (net.Conn, error) {
		dials.Add(1)
		return nil, errReset
	}
	late := linkTo("late", host)
	late.LateWindow, late.MaxInFlight = -1, -1
	config := supervisor.Config{Logger: quiet, Links: []supervisor.LinkConfig{
		good, {Name: "bad name"}, late, good, linkTo("", host),
	}}
	system := newSystem(quiet)
	m, err := supervisor.New(system, config)
	require.Nil(t, m)
	faults := make(map[string]int)
	for _, e := range unwrapAll(err) {
		if fault, ok := e.(*messages.ConfigError); ok {
			faults[fault.Link+"/"+fault.Field]++
		}
	}
	assert.Equal(t, map[string]int{
		"bad name/Name": 1, "bad name/Addrs": 1, "bad name/Spec": 1, "bad name/Framing": 1,
		"late/LateWindow": 1, "late/MaxInFlight": 1, "Links[3]/Name": 1, "Links[4]/Name": 1,
	}, faults)
	_, err = supervisor.New(nil, config)
	assert.Error(t, err)
	assert.Zero(t, dials.Load())
	assert.Zero(t, host.Accepted())
	assert.Zero(t, doors(system))
}

// newSystem makes an actor system as an embedding program does.
func newSystem(logger *slog.Logger) *actor.ActorSystem {
	return actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return logger }))
}

// doors counts what isolink has registered in a system.
func doors(system *actor.ActorSystem) int {
	n := 0
	for _, part := range system.ProcessRegistry.LocalPIDs.LocalPIDs {
		for _, id := range part.Keys() {
			if strings.HasPrefix(id, "isolink") {
				n++
			}
		}
	}
	return n
}

// TestHookThatWaitsForNew: New returns when it fails, whatever a hook waits for.
func TestHookThatWaitsForNew(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	synctest.Test(t, func(t *testing.T) {
		over, returned := make(chan struct{}), make(chan struct{}, 10)
		acceptor := acceptorAt("host")
		acceptor.Addr = taken.Addr().String()
		_, err := supervisor.New(nil, supervisor.Config{
			Logger: quiet,
			Links: []supervisor.LinkConfig{{
				Name: "a", Addrs: []string{"pipe:1"}, Spec: spec, Framing: binary2,
				Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errReset },
				OnState: func(*messages.StateChanged) {
					<-over
					returned <- struct{}{}
				},
			}},
			Acceptors: []supervisor.AcceptorConfig{acceptor},
		})
		var fault *net.OpError
		require.ErrorAs(t, err, &fault)
		require.ErrorIs(t, err, context.DeadlineExceeded, "the hook runs still")
		close(over)
		<-returned
		time.Sleep(time.Minute) // fake: what timers are left run out
	})
}

// TestManagersInOneSystem: managers share an actor system of the embedding
// program, whose logger they use, with links of the same names. They leave it
// as it was.
func TestManagersInOneSystem(t *testing.T) {
	var log lockedBuffer
	system := newSystem(slog.New(slog.NewTextHandler(&log, nil)))
	host := startHost(t, linktest.PeerConfig{})
	var managers []*supervisor.Manager
	for range 2 {
		m, err := supervisor.New(system, supervisor.Config{Links: []supervisor.LinkConfig{
			linkTo("a", host), linkTo("b", host),
		}})
		require.NoError(t, err)
		defer closeManager(t, m)
		assert.Same(t, system, m.System())
		managers = append(managers, m)
	}
	one, two := linkOf(t, managers[0], "a"), linkOf(t, managers[1], "a")
	one.awaitState(messages.Up)
	two.awaitState(messages.Up)
	assert.NotEqual(t, one.PID().Id, two.PID().Id)
	one.works(1)
	two.works(1)
	require.NoError(t, managers[0].Close(patient(t)))
	_, err := one.Exchange(context.Background(), newFrame("0200", 1))
	assert.ErrorIs(t, err, messages.ErrClosed)
	two.works(2)
	assert.False(t, system.IsStopped())
	require.NoError(t, managers[1].Close(patient(t)))
	assert.False(t, system.IsStopped())
	assert.Eventually(t, func() bool { return doors(system) == 0 }, patience, time.Millisecond)
	assert.Contains(t, log.String(), "connecting -> up")
	system.Shutdown()
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct{ page }

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// TestLinksOfOneManager: what one link does is nothing to another, and a link
// is closed alone.
func TestLinksOfOneManager(t *testing.T) {
	host, gone := startHost(t, linktest.PeerConfig{}), startHost(t, linktest.PeerConfig{Admission: linktest.Refuse})
	m := startManager(t, supervisor.Config{Links: []supervisor.LinkConfig{
		linkTo("up", host), linkTo("down", gone), linkTo("closed", host),
	}})
	up, down, closed := linkOf(t, m, "up"), linkOf(t, m, "down"), linkOf(t, m, "closed")
	up.awaitState(messages.Up)
	closed.awaitState(messages.Up)
	require.NoError(t, closed.Close(patient(t)))
	down.awaitStatus("attempts", func(s supervisor.Status) bool { return s.Counters.Attempts > 5 })
	up.works(1)
	assert.EqualValues(t, 1, up.Status().Session)
	_, err := closed.Exchange(context.Background(), newFrame("0200", 1))
	assert.ErrorIs(t, err, messages.ErrClosed)
	_, err = down.Exchange(context.Background(), newFrame("0200", 1))
	assert.ErrorIs(t, err, messages.ErrLinkDown)
}

// TestCloseBeforeTheFirstConnect: a manager may be closed at any moment after
// New, and leaves no socket behind. (TestMain looks for goroutines.)
func TestCloseBeforeTheFirstConnect(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	for i := range 50 {
		m, err := supervisor.New(nil, supervisor.Config{Logger: quiet, Links: []supervisor.LinkConfig{
			linkTo("a", host), linkTo("b", host),
		}})
		require.NoError(t, err)
		if i%2 == 0 {
			require.NoError(t, m.Link("a").Close(patient(t)))
		}
		require.NoError(t, m.Close(patient(t)))
		for _, l := range m.Links() {
			assert.Equal(t, messages.Closed, l.Status().State)
		}
	}
	require.Eventually(t, func() bool { return len(host.Conns()) == 0 }, patience, time.Millisecond)
}

// TestNoLinks: a manager without links is possible, and of no use.
func TestNoLinks(t *testing.T) {
	m := startManager(t, supervisor.Config{})
	assert.Empty(t, m.Links())
	assert.ErrorIs(t, m.Link("a").Await(context.Background(), messages.Up), messages.ErrNoLink)
	assert.NoError(t, m.Close(context.Background()))
}

// TestNothingStaysBehind: after many sessions, failed attempts, TLS included,
// and sends of every outcome, Close leaves no file descriptor behind.
func TestNothingStaysBehind(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{OnAccept: resetSoon})
	secure := startHost(t, linktest.PeerConfig{TLS: serverTLS(t), OnAccept: resetSoon})
	refusing := startHost(t, linktest.PeerConfig{Admission: linktest.Refuse})
	before := descriptors(t)
	first, second, third := linkTo("plain", host), linkTo("tls", secure), linkTo("refused", refusing)
	overTLS(&second)
	m := startManager(t, supervisor.Config{Links: []supervisor.LinkConfig{first, second, third}})
	for i := range 20 {
		for _, name := range []string{"plain", "tls"} {
			require.NoError(t, m.Link(name).Await(patient(t), messages.Up))
			for j := range 20 {
				if _, err := m.Link(name).Exchange(patient(t), newFrame("0200", 20*i+j)); err != nil {
					break
				}
			}
		}
	}
	require.NoError(t, m.Close(patient(t)))
	require.Eventually(t, func() bool {
		return len(host.Conns())+len(secure.Conns()) == 0 && descriptors(t) <= before
	}, patience, time.Millisecond)
}

// descriptors counts the open file descriptors of this process.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not list its open files")
	}
	return len(entries)
}

// TestFramings: a link works the same whatever the framing, over TCP and TLS.
func TestFramings(t *testing.T) {
	for _, framer := range []framing.Framer{
		framing.Binary2{}, framing.Binary2{Inclusive: true}, framing.Binary4{}, framing.ASCII{}, framing.BCD2{}, framing.Hex4{},
	} {
		for _, secure := range []bool{false, true} {
			config := linktest.PeerConfig{Framing: framer}
			if secure {
				config.TLS = serverTLS(t)
			}
			l := startUp(t, startHost(t, config), func(c *supervisor.LinkConfig) {
				c.Framing = framer
				if secure {
					overTLS(c)
				}
			})
			for i := range 20 {
				l.works(i)
			}
			assert.Zero(t, l.Status().Counters.Unmatched, framer)
		}
	}
}
