package supervisor_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// ends are both ends of connections: a link, its group, and an acceptor, of which
// each asks the other. Foreign code of either may fail.
type ends struct {
	t       *testing.T
	page    page
	fault   *fault
	link    supervisor.LinkConfig
	group   supervisor.GroupConfig
	host    supervisor.AcceptorConfig
	log     slog.Handler // of both actor systems, onto the page
	logger  *slog.Logger // of the manager of the link
	manager *supervisor.Manager
	accepts *supervisor.Acceptor
	conns   dialledConns
	stan    atomic.Int64
}

// lateMark is in the STANs of requests that the host answers late: behind the next
// one.
const lateMark = 7

// newEnds makes configurations in which all works.
func newEnds(t *testing.T, f *fault) *ends {
	e := &ends{t: t, fault: f}
	var held sync.Map
	base := supervisor.LinkConfig{
		Spec: cardSpec, Framing: binary2, SendTimeout: 500 * time.Millisecond, LateWindow: patience,
		HandleTimeout: time.Second,
	}
	e.host = supervisor.AcceptorConfig{Name: "host", Addr: "127.0.0.1:0", TLSTimeout: time.Second, Session: base}
	e.host.Session.Handler = func(ctx context.Context, in *messages.Inbound) {
		if late, ok := held.LoadAndDelete(in.Session); ok {
			answering(ctx, late.(*messages.Inbound))
		}
		if in.Frame != nil && markOf(in.Frame) == lateMark {
			held.Store(in.Session, in)
			return
		}
		answering(ctx, in)
	}
	e.link = base
	e.link.Name, e.link.Backoff, e.link.Handler = "link", quick, answering
	e.link.TLSTimeout = time.Second
	e.link.Dial = e.conns.dial
	e.group = supervisor.GroupConfig{Name: "all", Links: []string{"link"}, Suspect: supervisor.SuspectConfig{After: -1}}
	e.log = slog.NewTextHandler(&e.page, &slog.HandlerOptions{Level: slog.LevelDebug})
	e.logger = slog.New(e.log)
	e.page.hook(&e.link)
	e.page.hook(&e.host.Session)
	return e
}

// markOf is the last digit of the STAN, which stands behind field 7 of messages with a
// card.
func markOf(frame []byte) int {
	at := bytes.Index(frame, []byte("0704123456"))
	if at < 0 {
		return -1
	}
	return int(frame[at+15] - '0')
}

// overTLS makes both ends use it.
func (e *ends) overTLS() {
	e.host.TLS, e.link.TLS = demanding(e.t, serverTLS(e.t)), clientTLS(e.t)
	e.host.TLS.SessionTicketsDisabled = false
}

// start starts both.
func (e *ends) start() {
	quietly := actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(e.log) })
	system, hosts := actor.NewActorSystem(quietly), actor.NewActorSystem(quietly)
	for _, s := range []*actor.ActorSystem{system, hosts} {
		s.EventStream.Subscribe(func(event any) { e.page.print(event) })
		e.t.Cleanup(s.Shutdown)
	}
	at, err := supervisor.New(hosts, supervisor.Config{})
	require.NoError(e.t, err)
	e.t.Cleanup(func() { closeManager(e.t, at) })
	e.accepts, err = at.Listen(e.host)
	require.NoError(e.t, err)
	e.link.Addrs = []string{e.accepts.Addr().String()}
	e.manager, err = supervisor.New(system, supervisor.Config{
		Links: []supervisor.LinkConfig{e.link}, Groups: []supervisor.GroupConfig{e.group}, Logger: e.logger,
	})
	require.NoError(e.t, err)
	e.t.Cleanup(func() { closeManager(e.t, e.manager) })
}

// settles runs a send, and wants it to settle in time and by type, or to end with the
// goroutine of its caller where foreign code ends that.
func (e *ends) settles(all *sync.WaitGroup, send func(context.Context) error) {
	all.Go(func() {
		var err error
		returned, start := false, time.Now()
		defer func() {
			if !returned && recover() != nil { // runtime.Goexit may end the goroutine of a caller
				e.t.Error("a panic reached the caller")
			}
			assert.Less(e.t, time.Since(start), patience)
			if err == nil || errors.Is(err, messages.ErrNotSent) || errors.Is(err, messages.ErrInDoubt) {
				return
			}
			e.t.Errorf("no outcome: %v", err)
		}()
		err = send(within(e.t, 2*time.Second))
		returned = true
	})
}

// round makes every kind of foreign code be called.
func (e *ends) round() {
	link, group := e.manager.Link("link"), e.manager.Group("all")
	next := func() int { return e.nextSTAN() }
	_ = link.Await(within(e.t, 200*time.Millisecond), messages.Up) // it need not come so far
	var all sync.WaitGroup
	e.settles(&all, func(ctx context.Context) error { return failed(group.Send(ctx, newSecretMessage(e.t, "0200", next()))) })
	e.settles(&all, func(ctx context.Context) error { return failed(link.Send(ctx, newSecretMessage(e.t, "0200", next()))) })
	e.settles(&all, func(ctx context.Context) error { return link.Post(ctx, newSecretMessage(e.t, "0220", next())) })
	e.settles(&all, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		return failed(link.Exchange(ctx, newSecretFrame(e.t, "0200", next()+lateMark)))
	})
	for _, s := range e.accepts.Sessions() {
		e.settles(&all, func(ctx context.Context) error { return failed(s.Exchange(ctx, newSecretFrame(e.t, "0200", next()))) })
		e.settles(&all, func(ctx context.Context) error { return s.PostFrame(ctx, newSecretFrame(e.t, "0210", next())) })
	}
	all.Wait()
}

func failed[T any](_ T, err error) error { return err }

// tryForeign is one case.
func tryForeign(t *testing.T, name string, c foreign, byGoexit bool) {
	f := &fault{goexit: byGoexit}
	e := newEnds(t, f)
	c.change(e, f)
	e.start()
	ctx := patient(t)
	for f.calls.Load() < 2 {
		require.NoError(t, ctx.Err(), "it is not called")
		e.round()
		if c.do != nil {
			c.do(e)
		}
	}
	f.off.Store(true)
	require.Eventually(t, func() bool {
		e.round()
		_, err := e.manager.Group("all").Exchange(ctx, newSecretFrame(t, "0200", e.nextSTAN()))
		sessions := e.accepts.Sessions()
		if err != nil || len(sessions) != 1 {
			return false
		}
		_, err = sessions[0].Exchange(ctx, newSecretFrame(t, "0200", e.nextSTAN()))
		return err == nil
	}, patience, time.Millisecond, "it does not work again")
	status, group, host := e.manager.Link("link").Status(), e.manager.Group("all").Status(), e.accepts.Status()
	require.NoError(t, ignoreCut(e.manager.Close(ctx)))
	require.NoError(t, ignoreCut(e.accepts.Close(ctx)))
	assert.Zero(t, e.manager.Link("link").Status().InFlight)
	assert.Zero(t, e.conns.open(), "connections that nobody has closed")
	e.page.print(status, group, host)
	wanted := []string{"link link"}
	if c.where != "" && !byGoexit {
		assert.NotZero(t, status.Counters.Panics+group.Panics+host.Counters.Panics)
		wanted = append(wanted, c.where+" panicked: supervisor_test.cardError")
		if c.where == "Logger" {
			wanted = nil // it is who would tell
		}
	}
	e.page.judge(t, wanted...)
	if !byGoexit {
		t.Log("panicked with card data:", name)
	}
}

// dialledConns are the connections of a link.
type dialledConns struct {
	mu  sync.Mutex
	all []*dialledConn
}

// dialledConn knows whether it was closed.
type dialledConn struct {
	net.Conn
	closed atomic.Bool
}

func (c *dialledConn) NetConn() net.Conn { return c.Conn }

func (c *dialledConn) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}

func (d *dialledConns) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &dialledConn{Conn: conn}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, c)
	return c, nil
}

func (d *dialledConns) open() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.all {
		if !c.closed.Load() {
			n++
		}
	}
	return n
}

// nextSTAN is for a request that is answered at once.
func (e *ends) nextSTAN() int { return int(e.stan.Add(1)) % 100_000 * 10 }
