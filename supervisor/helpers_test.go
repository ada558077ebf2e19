package supervisor_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
	"github.com/isolink-go/isolink/testdata/carddata"
)

// patience is how long a test waits for what must come, however busy the
// machine is.
const patience = 60 * time.Second

// patient is a context that ends after patience.
func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// within is a context that ends after d.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// awaitDone waits for a channel to be closed, or to give a value.
func awaitDone[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-patient(t).Done():
		require.FailNow(t, "never came: "+what)
		panic("unreachable")
	}
}

// startHost starts a scripted host that ends with the test.
func startHost(t *testing.T, config linktest.PeerConfig) *linktest.Peer {
	t.Helper()
	if config.Framing == nil {
		config.Framing = binary2
	}
	p := linktest.NewPeer(config)
	t.Cleanup(p.Close)
	return p
}

// connOf waits for a connection of the host.
func connOf(t *testing.T, p *linktest.Peer, number int) *linktest.Conn {
	t.Helper()
	c, err := p.WaitConn(patient(t), number)
	require.NoError(t, err)
	return c
}

// quick is a backoff for tests that are not about it.
var quick = supervisor.Backoff{
	MinDelay: 2 * time.Millisecond, Base: 2 * time.Millisecond, Cap: 10 * time.Millisecond, StableAfter: time.Minute,
}

// linkTo is the configuration of a link to that host.
func linkTo(name string, p *linktest.Peer) supervisor.LinkConfig {
	return supervisor.LinkConfig{
		Name: name, Addrs: []string{p.Addr()}, Spec: spec, Framing: binary2, Backoff: quick,
	}
}

// quiet takes log lines and drops them, unless somebody wants to see them.
var quiet = slog.New(carddata.LogHandler())

// startManager starts links that end with the test.
func startManager(t *testing.T, config supervisor.Config) *supervisor.Manager {
	t.Helper()
	if config.Logger == nil {
		config.Logger = quiet
	}
	m, err := supervisor.New(nil, config)
	require.NoError(t, err)
	t.Cleanup(func() { closeManager(t, m) })
	return m
}

// closeManager closes m; where the test has closed it, that has been judged
// there.
func closeManager(t *testing.T, m *supervisor.Manager) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = m.Close(ctx)
	}()
	select {
	case <-done:
	case <-time.After(2 * patience):
		t.Fatal("Manager.Close hangs")
	}
}

// testLink is a link whose sends are counted: at the end of the test they have
// to be what its status says.
type testLink struct {
	*supervisor.Link
	t       *testing.T
	manager *supervisor.Manager
	tally   tally
}

// startLink starts one link to that host. change has the last word on its
// configuration.
func startLink(t *testing.T, p *linktest.Peer, change ...func(*supervisor.LinkConfig)) *testLink {
	t.Helper()
	config := linkTo("host", p)
	for _, c := range change {
		c(&config)
	}
	m := startManager(t, supervisor.Config{Links: []supervisor.LinkConfig{config}})
	return linkOf(t, m, config.Name)
}

// linkOf is a link of a manager, with its sends counted. It must be made once
// for each link.
func linkOf(t *testing.T, m *supervisor.Manager, name string) *testLink {
	t.Helper()
	l := &testLink{Link: m.Link(name), t: t, manager: m}
	t.Cleanup(l.balance)
	return l
}

// startUp is startLink, and waits until it is up.
func startUp(t *testing.T, p *linktest.Peer, change ...func(*supervisor.LinkConfig)) *testLink {
	t.Helper()
	l := startLink(t, p, change...)
	l.awaitState(messages.Up)
	return l
}

// over makes a link dial through an oracle.
func over(o *linktest.Oracle) func(*supervisor.LinkConfig) {
	return func(c *supervisor.LinkConfig) { c.Dial = o.Dial }
}

func (l *testLink) awaitState(state messages.State) {
	l.t.Helper()
	require.NoError(l.t, l.Await(patient(l.t), state))
}

// awaitStatus waits until the status satisfies ok.
func (l *testLink) awaitStatus(what string, ok func(supervisor.Status) bool) supervisor.Status {
	l.t.Helper()
	var s supervisor.Status
	require.Eventually(l.t, func() bool {
		s = l.Status()
		return ok(s)
	}, patience, time.Millisecond, what)
	return s
}

// awaitSession waits until the link is up in that session, or a later one.
func (l *testLink) awaitSession(number uint64) {
	l.t.Helper()
	l.awaitStatus("a new session", func(s supervisor.Status) bool {
		return s.State == messages.Up && s.Session >= number
	})
}

// Send is that of the link, counted.
func (l *testLink) Send(ctx context.Context, msg *iso8583.Message) (*iso8583.Message, error) {
	reply, err := l.Link.Send(ctx, msg)
	l.tally.note(l.t, l.Name(), false, err)
	return reply, err
}

// Exchange is that of the link, counted.
func (l *testLink) Exchange(ctx context.Context, frame []byte) ([]byte, error) {
	reply, err := l.Link.Exchange(ctx, frame)
	l.tally.note(l.t, l.Name(), false, err)
	return reply, err
}

// Post is that of the link, counted.
func (l *testLink) Post(ctx context.Context, msg *iso8583.Message) error {
	err := l.Link.Post(ctx, msg)
	l.tally.note(l.t, l.Name(), true, err)
	return err
}

// PostFrame is that of the link, counted.
func (l *testLink) PostFrame(ctx context.Context, frame []byte) error {
	err := l.Link.PostFrame(ctx, frame)
	l.tally.note(l.t, l.Name(), true, err)
	return err
}

// works proves that the link answers.
func (l *testLink) works(stan int) {
	l.t.Helper()
	frame := newFrame("0800", stan)
	reply, err := l.Exchange(patient(l.t), frame)
	require.NoError(l.t, err)
	require.Equal(l.t, string(response(frame)), string(reply))
}

// awaitWorking waits until the link answers: when it is up, its connection may
// have ended already.
func (l *testLink) awaitWorking() {
	l.t.Helper()
	ctx := patient(l.t)
	require.Eventually(l.t, func() bool {
		_, err := l.Exchange(ctx, newFrame("0800", rand.N(1_000_000)))
		return err == nil
	}, patience, time.Millisecond)
}

// outcome is what became of one send.
type outcome struct {
	id    string
	reply []byte
	err   error
	took  time.Duration
}

// background exchanges a frame in a goroutine of its own.
func (l *testLink) background(ctx context.Context, frame []byte) <-chan outcome {
	out := make(chan outcome, 1)
	go func() {
		start := time.Now()
		reply, err := l.Exchange(ctx, frame)
		out <- outcome{idOf(frame), reply, err, time.Since(start)}
	}()
	return out
}

// doubt leaves a request in doubt: it is given up as soon as the host has it.
// The host must not answer it until then.
func (l *testLink) doubt(rec *linktest.Recorder, frame []byte) {
	l.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	before := rec.Total()
	sent := l.background(ctx, frame)
	require.NoError(l.t, rec.WaitTotal(patient(l.t), before+1))
	cancel()
	require.ErrorIs(l.t, awaitDone(l.t, "the send", sent).err, messages.ErrInDoubt)
}

// balance closes the manager and compares what the link counted with what its
// callers were told.
func (l *testLink) balance() {
	closeManager(l.t, l.manager)
	s := l.Status()
	c := s.Counters
	assert.Equal(l.t, l.tally.answered.Load(), c.Answered, "answered")
	assert.Equal(l.t, l.tally.posted.Load(), c.Posted, "posted")
	assert.Equal(l.t, l.tally.notSent.Load(), c.NotSent, "not sent")
	assert.Equal(l.t, l.tally.inDoubt.Load(), c.InDoubt, "in doubt")
	assert.Equal(l.t, l.tally.rejected.Load(), c.Rejected, "rejected")
	assert.Equal(l.t, l.tally.sends.Load(), c.Answered+c.Posted+c.NotSent+c.InDoubt+c.Rejected, "every send is in one counter")
	assert.Zero(l.t, s.InFlight, "slots that were not given back")
	assert.Zero(l.t, s.InFlightBytes, "bytes that were not given back")
	assert.Equal(l.t, messages.Closed, s.State)
}

// dialBuffered dials with a small send buffer, so that a peer which stops
// reading is felt soon.
func dialBuffered(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	if err := conn.(*net.TCPConn).SetWriteBuffer(64 << 10); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// smallBuffer makes a host's connection take little that it does not read.
func smallBuffer(t *testing.T, c *linktest.Conn) {
	tcp, ok := c.NetConn().(*net.TCPConn)
	if assert.True(t, ok) {
		assert.NoError(t, tcp.SetReadBuffer(32<<10))
	}
}
