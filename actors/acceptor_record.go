package actors

import (
	"cmp"
	"context"
	"maps"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/isolink-go/isolink/messages"
)

// AcceptorRecord is what of an acceptor outlives its actor's incarnations: the
// listener, its limits, its sessions. A manager makes it, spawns the acceptor's
// actor from it, and keeps it until the acceptor is closed.
type AcceptorRecord struct {
	compiled
	system   *actor.ActorSystem
	workers  *Workers
	expected atomic.Pointer[expectedLinks]
	listener net.Listener
	since    time.Time

	notifier  *notifier
	counters  counters // panics and events dropped
	tallies   tallyBook
	taps      taps
	telemetry Telemetry
	admission *admission
	refusals  sampler
	refused   refusals
	accepted  atomic.Uint64
	numbers   atomic.Uint64 // given to sessions

	ctx      context.Context // of handshakes; ends when accepting does
	stop     context.CancelFunc
	id       string // in the actor system
	pid      atomic.Pointer[actor.PID]
	mailbox  mailboxSlot // the actor's
	begun    atomic.Bool
	ends     atomic.Bool
	gone     chan struct{} // closed when the actor is gone for good
	goneOnce sync.Once

	mu       sync.Mutex
	sessions map[uint64]*Record // by number
	ended    Counters           // of those that are gone
}

// NewAcceptorRecord judges config and opens the listener. links are those that
// expect its connections, by name. The error is that of AcceptorConfig.Validate,
// or of listening; the configuration's Listener is closed then.
func NewAcceptorRecord(config AcceptorConfig, system *actor.ActorSystem, workers *Workers, links map[string]*Record) (*AcceptorRecord, error) {
	made, err := config.compile()
	if err != nil {
		if config.Listener != nil {
			_ = config.Listener.Close()
		}
		return nil, err
	}
	listener, err := made.config.listen()
	if err != nil {
		return nil, err
	}
	a := &AcceptorRecord{
		compiled: made, system: system, workers: workers, listener: listener, since: time.Now(),
		admission: newAdmission(&made.config), sessions: make(map[uint64]*Record),
		gone: make(chan struct{}),
	}
	a.Expect(links)
	a.ctx, a.stop = context.WithCancel(context.Background())
	a.mailbox.init(mailboxOptions{workers: workers, refuse: dropSocket, panicked: func(reason any) {
		a.notifier.panicked(a.config.Name, "acceptor", reason)
	}})
	a.notifier = newNotifier(config.Name, "acceptor", &a.config.Session, system, workers, &a.counters)
	return a, nil
}

// expectedLinks are the links of the manager whose peers connect to an acceptor;
// constant.
type expectedLinks struct {
	links map[string]*Record // by name
	left  map[string]bool    // names of those that were removed: their peers are refused
}

// Expect says which links expect its next connections, by name. The map must not be
// changed afterwards. Calls must not overlap.
func (a *AcceptorRecord) Expect(links map[string]*Record) {
	next := &expectedLinks{links: links, left: make(map[string]bool)}
	if last := a.expected.Load(); last != nil {
		maps.Copy(next.left, last.left)
		for name := range last.links {
			next.left[name] = true
		}
	}
	for name := range links {
		delete(next.left, name)
	}
	a.expected.Store(next)
}

// Open enters the acceptor into the actor system, below that id. Shut is to be
// called whatever it returns.
func (a *AcceptorRecord) Open(id string) error {
	a.id = id + "/door/" + a.config.Name
	return a.notifier.spawn(id + "/notifier/" + a.config.Name)
}

// Accept begins to accept connections. It is called once, when the actor is
// about to be spawned.
func (a *AcceptorRecord) Accept() { a.workers.Go(a.acceptLoop) }

// StopAccepting closes the listener and gives up handshakes under way. No
// connection becomes a session any more.
func (a *AcceptorRecord) StopAccepting() {
	a.ends.Store(true)
	a.stop()
	if failure := apart(func() { _ = a.listener.Close() }); failure != nil {
		a.panicked("Listener", failure)
	}
}

// Shut takes the acceptor out of the actor system; it was closed, or never began.
func (a *AcceptorRecord) Shut() {
	a.StopAccepting()
	a.notifier.stop()
}

// Name is the acceptor's name.
func (a *AcceptorRecord) Name() string { return a.config.Name }

// Addr is the address that is listened on.
func (a *AcceptorRecord) Addr() net.Addr { return a.listener.Addr() }

// Begun reports whether the current incarnation of the actor got beyond its start.
func (a *AcceptorRecord) Begun() bool { return a.begun.Load() }

// MinDelay is the least time before an actor that did not is started again.
func (a *AcceptorRecord) MinDelay() time.Duration { return DefaultMinDelay }

// Ends reports whether the acceptor is to end: its actor is not to be restarted.
func (a *AcceptorRecord) Ends() bool { return a.ends.Load() }

// SetPID says which actor is the acceptor's, before it is spawned.
func (a *AcceptorRecord) SetPID(pid *actor.PID) { a.pid.Store(pid) }

// StopActor stops the acceptor's actor, and with it all sessions that are left.
func (a *AcceptorRecord) StopActor() {
	if pid := a.pid.Load(); pid != nil {
		a.system.Root.Stop(pid)
	}
}

// Gone is closed when the acceptor's actor is gone for good.
func (a *AcceptorRecord) Gone() <-chan struct{} { return a.gone }

// MarkClosed notes that it is. The actor's supervisor calls it.
func (a *AcceptorRecord) MarkClosed() {
	a.goneOnce.Do(func() {
		a.mailbox.discard()
		close(a.gone)
	})
}

// Sessions are those that are not closed, in the order in which they came.
func (a *AcceptorRecord) Sessions() []*Record {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make([]*Record, 0, len(a.sessions))
	for _, r := range a.sessions {
		all = append(all, r)
	}
	slices.SortFunc(all, func(x, y *Record) int { return cmp.Compare(x.number, y.number) })
	return all
}

// newSession makes the record of a session, and takes it in.
func (a *AcceptorRecord) newSession(m admitted) (*Record, error) {
	number := a.numbers.Add(1)
	r := newRecord(a.config.Name+"/"+m.name, &a.config.Session, a.keys, a.system, a.workers)
	r.once, r.number, r.notifier = true, number, a.notifier
	r.fold.into = func() Counters { return a.takeCounts(r) }
	r.counts, r.tapped = &a.tallies, &a.taps
	r.observe(a.telemetry, AttrAcceptor.String(a.config.Name))
	r.memory.session, r.memory.arrived = number-1, m.socket // its one session has its number
	if err := r.door.Register(a.id + "/" + strconv.FormatUint(number, 10)); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sessions[number] = r
	return r, nil
}

// endSession lets a session go whose actor is gone.
func (a *AcceptorRecord) endSession(r *Record) {
	r.fold.end()
	r.MarkClosed()
	r.door.Unregister()
}

// takeCounts takes over what a session that is over has counted, and lets the session
// go: Status adds up one or the other.
func (a *AcceptorRecord) takeCounts(r *Record) Counters {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.sessions, r.number)
	some := r.counters.take()
	a.ended.add(some)
	return some
}

// refuse counts a connection, and resets it.
func (a *AcceptorRecord) refuse(s *socket, cause, err error) {
	a.refused.add(cause)
	a.reset(s, cause, err)
}

// reset resets a connection that is refused, and tells of it.
func (a *AcceptorRecord) reset(s *socket, cause, err error) {
	s.closeHard()
	if count, now := a.refusals.add(cause); now {
		a.notifier.event(&messages.Refused{
			Acceptor: a.config.Name, Cause: cause, Peer: s.addr, Count: count, Err: err,
		})
	}
}

// AcceptorStatus is a snapshot of an acceptor.
type AcceptorStatus struct {
	Name string
	// Addr is the address that is listened on.
	Addr string
	// Listening is false when the acceptor was closed.
	Listening bool
	// Since is when it began to listen.
	Since time.Time
	// Sessions counts the sessions that are not closed; Open the connections, those
	// in a handshake and those of links included; Handshakes those that are not yet
	// sessions.
	Sessions, Open, Handshakes int
	// Accepted counts the connections that were accepted, the refused ones included.
	Accepted uint64
	// Refused counts the connections that were refused, by cause.
	Refused Refusals
	// Counters are the sums over all sessions, those that have ended included,
	// besides the acceptor's own panics and events dropped.
	Counters Counters
	// Tallies count by message type, over all sessions.
	Tallies []Tally
}

// Status is a snapshot; reading it never touches the data path.
func (a *AcceptorRecord) Status() AcceptorStatus {
	s := AcceptorStatus{
		Name: a.config.Name, Addr: a.listener.Addr().String(), Listening: !a.ends.Load(), Since: a.since,
		Accepted: a.accepted.Load(), Refused: a.refused.snapshot(),
		Tallies: a.tallies.snapshot(),
	}
	s.Open, s.Handshakes = a.admission.counts()
	a.mu.Lock()
	defer a.mu.Unlock()
	s.Sessions = len(a.sessions)
	s.Counters = a.counters.snapshot()
	s.Counters.add(a.ended)
	for _, r := range a.sessions {
		s.Counters.add(r.counters.snapshot())
	}
	return s
}
