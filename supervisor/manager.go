package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/isolink-go/isolink/actors"
)

type (
	// LinkConfig is what a link is made of.
	LinkConfig = actors.LinkConfig
	// TLSFiles name the PEM files of a LinkConfig.
	TLSFiles = actors.TLSFiles
	// Backoff is when a LinkConfig's link tries again.
	Backoff = actors.Backoff
	// Status is a snapshot of a link.
	Status = actors.Status
	// Counters are the counts of a Status.
	Counters = actors.Counters
	// Tally is what a Status counts of one message type.
	Tally = actors.Tally
	// Latency is what a Status says of how long exchanges took.
	Latency = actors.Latency
	// LatencyBucket is a part of a Latency.
	LatencyBucket = actors.LatencyBucket
	// TLSStatus is what a Status says of a TLS connection.
	TLSStatus = actors.TLSStatus
	// NetworkManagement is an exchange that a LinkConfig lets its link make by itself.
	NetworkManagement = actors.NetworkManagement
	// OnDisconnect is what a LinkConfig says of requests whose session ends.
	OnDisconnect = actors.OnDisconnect
	// SignOnScope is for whom a LinkConfig's link signs on.
	SignOnScope = actors.SignOnScope
	// DrainOrder is what a LinkConfig says of a session that is told to end.
	DrainOrder = actors.DrainOrder
	// OnSecond is what a LinkConfig says of another connection of its peer.
	OnSecond = actors.OnSecond
)

// The values of OnDisconnect.
const (
	Settle = actors.Settle
	Wait   = actors.Wait
)

// The values of SignOnScope.
const (
	PerSession = actors.PerSession
	PerScope   = actors.PerScope
)

// The values of DrainOrder.
const (
	DrainFirst   = actors.DrainFirst
	SignOffFirst = actors.SignOffFirst
)

// The values of OnSecond.
const (
	Replace = actors.Replace
	Refuse  = actors.Refuse
)

// Manager keeps links. Its methods may be called from any goroutine.
type Manager struct {
	system  *actor.ActorSystem
	own     bool // we made the system
	workers *actors.Workers
	logger  *slog.Logger // of the configuration; nil: the system's

	telemetry telemetry

	pid *actor.PID

	id string // in the actor system

	gone chan struct{} // closed when the manager's actor has stopped

	current  atomic.Pointer[linkSet] // what linkSet is, for those who only look
	removals sync.WaitGroup          // calls of RemoveLink under way, and links that Apply replaces
	applying chan struct{}           // holds a value while Apply runs

	mu        sync.Mutex
	linkSet                       // of the links and groups that were not removed
	replaced  map[string]*managed // those that end for another of the same name, which begins then
	scopes    map[string]*sharedScope
	acceptors map[string]*Acceptor // those that are not closed
	closing   bool                 // nothing is added or removed any more

	stopMu   sync.Mutex // orders the stop of the manager's actor and its restart
	stopping bool

	once   sync.Once
	closed chan struct{} // closed when Close is done
	result error         // of Close; to be read when closed is
}

// New starts the links and acceptors of config in system, which may be the embedding
// program's own; nil makes one that ends with the manager. It does not wait
// for links to come up.
//
// The error joins every fault of the configuration (*messages.ConfigError);
// nothing was started then. Or it is that of listening (*net.OpError), and what was
// started is closed. The Listeners of the acceptors are closed in both cases.
func New(system *actor.ActorSystem, config Config) (*Manager, error) {
	m := &Manager{
		system: system, logger: config.Logger, workers: new(actors.Workers), acceptors: make(map[string]*Acceptor),
		scopes: make(map[string]*sharedScope), replaced: make(map[string]*managed), applying: make(chan struct{}, 1),
		gone: make(chan struct{}), closed: make(chan struct{}),
	}
	if system == nil {
		m.own = true
		m.system = newSystem(config.Logger)
	}
	m.publish(newLinkSet()) // metrics may be asked for from here on
	err := m.observe(config)
	if err == nil {
		err = m.addAll(config)
	}
	if err != nil {
		m.endHandOn()
		m.unobserve()
		closeListeners(config.Acceptors)
		if m.own {
			m.system.Shutdown()
		}
		return nil, err
	}
	if err := m.start(); err != nil {
		closeListeners(config.Acceptors)
		return nil, m.undo(err)
	}
	for i, c := range config.Acceptors {
		if _, err := m.listen(c, config.print(acceptorKind, c.Name)); err != nil {
			closeListeners(config.Acceptors[i+1:])
			return nil, m.undo(err)
		}
	}
	return m, nil
}

// undo closes what New has started. A hook of the embedding program may wait for New to
// return: it is not waited for without end.
func (m *Manager) undo(err error) error {
	ctx, cancel := context.WithTimeout(context.Background(), cutWait)
	defer cancel()
	return errors.Join(err, m.Close(ctx))
}

// closeListeners closes those of acceptors that will not be.
func closeListeners(acceptors []AcceptorConfig) {
	for _, c := range acceptors {
		if c.Listener != nil {
			_ = c.Listener.Close()
		}
	}
}

func newSystem(logger *slog.Logger) *actor.ActorSystem {
	if logger == nil {
		logger = slog.Default()
	}
	return actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return logger }))
}

// addAll judges the whole configuration before anything is started.
func (m *Manager) addAll(config Config) error {
	if err := config.Validate(); err != nil {
		return err
	}
	set := newLinkSet()
	for _, c := range config.Links {
		l, err := m.newLink(c, config.print(linkKind, c.Name))
		if err != nil {
			return err // a file of TLSFiles has changed since
		}
		if err := m.share(l); err != nil {
			return err
		}
		set.insert(l)
	}
	for _, c := range config.Groups {
		set.groups[c.Name] = newGroup(m, c, config.print(groupKind, c.Name))
	}
	m.publish(set)
	for _, g := range m.groups {
		g.arrange()
	}
	return nil
}

// start registers doors and spawns actors. What was started when it fails is
// ended by Close.
func (m *Manager) start() error {
	m.id = "isolink" + m.system.ProcessRegistry.NextId()
	set := m.current.Load()
	for _, r := range set.links {
		if err := m.open(set.byName[r.Name()], m.id); err != nil {
			return err
		}
	}
	for _, g := range set.groups {
		if err := g.door.Register(m.id + "/group/" + g.name); err != nil {
			return err
		}
	}
	if err := m.spawn(m.id); err != nil {
		return err
	}
	for _, g := range set.groups {
		m.workers.Go(g.watch)
	}
	return nil
}

// Link returns the handle of a link; it stays valid across restarts, and when Apply
// changes the link. The handle of an unknown name answers messages.ErrNoLink; so does one that was
// made before AddLink added the name. That of a link that was removed answers
// messages.ErrClosed, though its name was given to another.
func (m *Manager) Link(name string) *Link {
	l := m.current.Load().byName[name]
	if l == nil {
		return &Link{name: name}
	}
	return l.handle()
}

// Links returns the handles of all links that were not removed, in the order of
// the configuration, those that were added behind.
func (m *Manager) Links() []*Link {
	set := m.current.Load()
	all := make([]*Link, len(set.links))
	for i, r := range set.links {
		all[i] = set.byName[r.Name()].handle()
	}
	return all
}

// Group returns the handle of a group; it stays valid when Apply changes the group.
// That of an unknown name answers messages.ErrNoLink; so does one that was made before
// Apply added the name. That of a group that was removed answers messages.ErrClosed.
func (m *Manager) Group(name string) *Group {
	if g := m.current.Load().groups[name]; g != nil {
		return g
	}
	return &Group{name: name}
}

// Groups returns the handles of all groups, by name.
func (m *Manager) Groups() []*Group {
	groups := m.current.Load().groups
	all := make([]*Group, 0, len(groups))
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		all = append(all, groups[name])
	}
	return all
}

// System is the actor system that the links live in.
func (m *Manager) System() *actor.ActorSystem { return m.system }

// Close ends all acceptors and links in order: they accept no connections, refuse
// new sends, settle what is in flight, and close their sockets. What has not
// settled when ctx ends is cut short, and reported as *messages.DrainError, one a
// link.
//
// The acceptors are first: what their handlers have in hand may need the links, which
// take sends until all acceptors have ended, or until half of the time is over that ctx
// had left. A handler whose sends are refused from then on with messages.ErrDraining or
// messages.ErrClosed can still answer its client.
//
// When it returns nil, no goroutine, timer or socket of the manager is left; an error
// that wraps the context's says that a function of the embedding program (a hook, a
// logger, a Dial) has not returned yet.
//
// Later calls wait for the first and return its result.
func (m *Manager) Close(ctx context.Context) error {
	m.once.Do(func() {
		m.result = m.close(ctx)
		close(m.closed)
	})
	<-m.closed
	return m.result
}

func (m *Manager) close(ctx context.Context) error {
	m.mu.Lock()
	m.closing = true
	acceptors := slices.Collect(maps.Values(m.acceptors))
	links, groups := slices.Clone(m.links), m.groups // those that are being removed included
	for _, l := range m.replaced {
		links = append(links, l.record)
	}
	m.mu.Unlock()
	faults := make([]error, len(links)+len(acceptors))
	served := together(len(acceptors), func(i int) { faults[i] = acceptors[i].Close(ctx) })
	awaitHalf(ctx, served)
	for _, g := range groups {
		close(g.ended)
	}
	<-together(len(links), func(i int) { faults[len(acceptors)+i] = m.closeLink(ctx, links[i]) })
	<-served
	m.removals.Wait() // their links are closed
	m.stop()
	for _, r := range links {
		r.Shut()
	}
	m.mu.Lock()
	for _, s := range m.allScopes() {
		s.Close()
	}
	m.mu.Unlock()
	for _, g := range groups {
		g.door.Unregister()
	}
	m.endHandOn()
	if err := m.workers.Close(ctx); err != nil {
		faults = append(faults, fmt.Errorf("supervisor: foreign code is still running: %w", err))
	}
	m.unobserve()
	if m.own {
		m.system.Shutdown()
	}
	return errors.Join(faults...)
}

// together calls do for each i below n, all at once; what it returns is closed when all
// have returned.
func together(n int, do func(i int)) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() { do(i) })
		}
		wg.Wait()
		close(done)
	}()
	return done
}

// awaitHalf waits for done, but for no longer than half of the time that ctx has left;
// without a deadline until ctx ends.
func awaitHalf(ctx context.Context, done <-chan struct{}) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// closeLink ends one link; it may be called more than once.
func (m *Manager) closeLink(ctx context.Context, r *actors.Record) error {
	if m.pid == nil { // nobody will ever spawn it
		r.SetWant(actors.WantClose)
		r.MarkClosed()
		return nil
	}
	return closeLink(ctx, r)
}
