package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/testdata"
)

// The link's configuration, short enough for many scenarios a minute.
const (
	idleTime       = 500 * time.Millisecond
	echoTimeout    = 350 * time.Millisecond
	missedEchoes   = 3
	connectTimeout = 700 * time.Millisecond
	tlsTimeout     = 700 * time.Millisecond
	signOnTimeout  = 700 * time.Millisecond
	sendTimeout    = 600 * time.Millisecond
	writeTimeout   = 1500 * time.Millisecond // of the scenario without echoes; else the default
	minDelay       = 100 * time.Millisecond
	backoffCap     = 400 * time.Millisecond

	every = 10 * time.Millisecond // between two requests

	leastOfEach = 5 // requests in doubt, and not sent

	// slack is what a busy machine may add to a bound, beside the time for which this
	// process stood still.
	slack = 1500 * time.Millisecond
	// patience is how long the program waits for what must come, before it goes on
	// and the CHECK fails.
	patience = 15 * time.Second
)

// scenario is one way for a network to break.
type scenario struct {
	name string
	// fault breaks the network, and mends it.
	fault
	// restart makes the link connect anew as soon as the network is broken, for
	// faults of a handshake.
	restart bool
	// hold is how long the fault lasts, for those that are over before the link has
	// noticed; 0: until the link has given up its session, and two attempts more.
	hold time.Duration
	// mends is set where new connections work at once: there are no failed attempts.
	mends bool
	// aftermath waits behind the fault a little longer than that has lasted: kernels
	// double the time until they send again what was lost.
	aftermath bool
	// secure is with TLS, silent without echoes, handover with a host that gives the
	// answers of a dead connection to a later one.
	secure, silent, handover bool
	// lateLater is set where late replies must come in a later session.
	lateLater bool
}

// fault is something between link and host that breaks. Each function may be nil.
type fault struct {
	prepare    func(*trial) error // before the link connects
	begin, end func(*trial) error
}

// trial is a scenario under way.
type trial struct {
	scenario
	site   site
	random *rand.Rand

	host   *hostProcess
	link   *supervisor.Link
	load   *load
	watch  watch
	struck int // how often the fault came: packets dropped, or processes stopped
}

// bound is the time within which the link must give up a dead session.
func (s scenario) bound() time.Duration {
	switch {
	case s.silent:
		return writeTimeout
	case s.hold > 0:
		return 3*idleTime + missedEchoes*3*echoTimeout
	}
	return idleTime + missedEchoes*echoTimeout
}

// attempt is the longest that one to connect and sign on may take.
func (s scenario) attempt() time.Duration {
	if s.secure {
		return connectTimeout + tlsTimeout + signOnTimeout
	}
	return connectTimeout + signOnTimeout
}

// comeback is the time within which the link must be up again where it can be: an
// attempt that had begun too early, the backoff, and an attempt.
func (s scenario) comeback() time.Duration { return s.attempt() + minDelay + backoffCap }

func (t *trial) config(addr string) (supervisor.LinkConfig, error) {
	c := supervisor.LinkConfig{
		Name: "host", Addrs: []string{addr}, Spec: spec, Framing: framing.Binary2{},
		ConnectTimeout: connectTimeout, TLSTimeout: tlsTimeout, SendTimeout: sendTimeout,
		IdleTime: idleTime, MaxMissedEchoes: missedEchoes,
		Backoff: supervisor.Backoff{MinDelay: minDelay, Base: minDelay, Cap: backoffCap},
		OnState: t.watch.onState, OnLate: t.load.isLate,
	}
	c.SignOn, c.Echo = exchanges()
	c.Echo.Timeout = echoTimeout
	if t.hold > 0 {
		c.IdleTime, c.Echo.Timeout = 3*idleTime, 3*echoTimeout
	}
	if t.silent {
		c.Echo, c.WriteTimeout = supervisor.NetworkManagement{}, writeTimeout
	} else {
		c.WriteTimeout = patience
	}
	if t.secure {
		pool, err := testdata.CertPool("ca")
		if err != nil {
			return c, err
		}
		c.TLS = &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS13}
	}
	return c, nil
}

// run is the course of the scenario. Its error says that it could not be run.
func (t *trial) run() (r result, err error) {
	stood := watchStood()
	defer stood.cancel()
	if t.host, err = t.site.startHost(t.scenario); err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, t.host.stop()) }()
	if err := t.do(t.prepare); err != nil {
		return r, err
	}
	t.load = &load{every: every, byID: make(map[string]*sent)}
	config, err := t.config(t.host.addr)
	if err != nil {
		return r, err
	}
	manager, err := supervisor.New(nil, supervisor.Config{
		Links: []supervisor.LinkConfig{config}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return r, err
	}
	closed := false
	defer func() {
		if !closed {
			err = errors.Join(err, closeManager(manager))
		}
	}()
	t.link = manager.Link("host")
	t.load.link = t.link
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := t.link.Await(ctx, messages.Up); err != nil {
		return r, err
	}
	sending, stop := context.WithCancel(context.Background())
	defer stop()
	t.load.start(sending)
	if r, err = t.strike(); err != nil {
		return r, err
	}
	stop()
	r.hung = !t.load.settle(sendTimeout + patience)
	if t.hold > 0 { // all that is late must come, since the connection has lived on
		eventually(func() bool {
			_, inDoubt, late, _ := t.load.count()
			return late == inDoubt
		})
	}
	attempts := t.link.Status().Counters.Attempts
	closed = true
	if err := closeManager(manager); err != nil {
		return r, err
	}
	log, err := t.host.report()
	if err != nil {
		return r, err
	}
	t.load.mu.Lock()
	defer t.load.mu.Unlock()
	r.attempts, r.struck = int(attempts), t.struck
	r.stood = stood.end()
	t.load.stood = r.stood
	r.audit = compare(t.load, log, r.healed)
	return r, nil
}

// strike breaks the network under the load, and mends it.
func (t *trial) strike() (result, error) {
	r := result{scenario: t.scenario}
	t.awaitAnswers(20)
	time.Sleep(time.Duration(t.random.Int64N(int64(200 * time.Millisecond))))
	if err := t.do(t.begin); err != nil {
		return r, err
	}
	began := time.Now()
	switch {
	case t.hold > 0:
		time.Sleep(t.hold + time.Duration(t.random.Int64N(int64(t.hold/4))))
		eventually(func() bool { // of a machine that stood still
			_, inDoubt, _, _ := t.load.count()
			return inDoubt >= leastOfEach
		})
	default:
		if t.restart {
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			_ = t.link.Restart(ctx) // it tells what it has cut short, and so are the callers told
			cancel()
		}
		eventually(func() bool { return !t.watch.when(began, leftUp).IsZero() })
		r.failed = since(began, t.watch.when(began, leftUp))
	}
	could := began.Add(r.failed) // from when on the link can be up again
	if t.hold == 0 && !t.mends {
		eventually(func() bool {
			failed, _ := t.watch.attempts(could, time.Now())
			return failed >= 2
		})
		time.Sleep(time.Duration(t.random.Int64N(int64(300 * time.Millisecond))))
	}
	if !t.mends {
		could = time.Now()
	}
	r.healed = could
	r.failures, r.longest = t.watch.attempts(began, could)
	if err := t.do(t.end); err != nil {
		return r, err
	}
	if t.hold == 0 {
		eventually(func() bool { return !t.watch.when(could, cameUp).IsZero() })
		r.up = since(could, t.watch.when(could, cameUp))
	}
	t.awaitAnswers(20)
	if t.aftermath {
		time.Sleep(time.Until(could.Add(could.Sub(began) * 5 / 4)))
	}
	if t.lateLater {
		eventually(func() bool { _, _, _, later := t.load.count(); return later > 0 })
	}
	r.stayedUp = t.watch.when(began, leftUp).IsZero()
	return r, nil
}

// awaitAnswers waits for so many more.
func (t *trial) awaitAnswers(more int) {
	before, _, _, _ := t.load.count()
	eventually(func() bool {
		now, _, _, _ := t.load.count()
		return now >= before+more
	})
}

func (t *trial) do(what func(*trial) error) error {
	if what == nil {
		return nil
	}
	if err := what(t); err != nil {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	return nil
}

func closeManager(m *supervisor.Manager) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return m.Close(ctx)
}
