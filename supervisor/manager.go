package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/isolink-go/isolink/actors"
	"github.com/isolink-go/isolink/messages"
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
	// NetworkManagement is an exchange that a LinkConfig lets its link make by itself.
	NetworkManagement = actors.NetworkManagement
	// OnSecond is what a LinkConfig says of another connection of its peer.
	OnSecond = actors.OnSecond
)

// The values of OnSecond.
const (
	Replace = actors.Replace
	Refuse  = actors.Refuse
)

// Config is what a Manager is made of.
type Config struct {
	// Links are started by New, in this order.
	Links []LinkConfig

	// Logger gets what the manager, and the actor system that it makes, have to
	// say; nil means slog.Default. With a system of the caller's own, its logger
	// is used where this is nil.
	Logger *slog.Logger
}

// Manager keeps links. Its methods may be called from any goroutine.
type Manager struct {
	system  *actor.ActorSystem
	own     bool // we made the system
	workers *actors.Workers
	logger  *slog.Logger // of the configuration; nil: the system's
	pid     *actor.PID

	id string // in the actor system

	links    []*actors.Record                     // constant
	byName   map[string]*actors.Record            // constant
	expected map[string]map[string]*actors.Record // by acceptor and name; constant
	gone     chan struct{}                        // closed when the manager's actor has stopped

	mu        sync.Mutex
	acceptors map[string]*Acceptor // those that are not closed
	closing   bool                 // no acceptor is added any more

	stopMu   sync.Mutex // orders the stop of the manager's actor and its restart
	stopping bool

	once   sync.Once
	closed chan struct{} // closed when Close is done
	result error         // of Close; to be read when closed is
}

// New starts the links of config in system, which may be the embedding
// program's own; nil makes one that ends with the manager. It does not wait
// for them to come up.
//
// The error joins every fault of the configuration (*messages.ConfigError);
// nothing was started then.
func New(system *actor.ActorSystem, config Config) (*Manager, error) {
	m := &Manager{
		system: system, logger: config.Logger, workers: new(actors.Workers), byName: make(map[string]*actors.Record),
		expected: make(map[string]map[string]*actors.Record), acceptors: make(map[string]*Acceptor),
		gone: make(chan struct{}), closed: make(chan struct{}),
	}
	if system == nil {
		m.own = true
		m.system = newSystem(config.Logger)
	}
	if err := m.addAll(config); err != nil {
		if m.own {
			m.system.Shutdown()
		}
		return nil, err
	}
	if err := m.start(); err != nil {
		return nil, errors.Join(err, m.Close(context.Background()))
	}
	return m, nil
}

func newSystem(logger *slog.Logger) *actor.ActorSystem {
	if logger == nil {
		logger = slog.Default()
	}
	return actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return logger }))
}

// addAll judges the whole configuration before anything is started.
func (m *Manager) addAll(config Config) error {
	var faults []error
	for i, c := range config.Links {
		if c.Logger == nil {
			c.Logger = config.Logger
		}
		if m.byName[c.Name] != nil {
			faults = append(faults, &messages.ConfigError{
				Link: fmt.Sprintf("Links[%d]", i), Field: "Name", Problem: fmt.Sprintf("%q is there twice", c.Name),
			})
			continue
		}
		record, err := actors.NewRecord(c, m.system, m.workers)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		m.links = append(m.links, record)
		m.byName[c.Name] = record
		if c.Accept != "" {
			if m.expected[c.Accept] == nil {
				m.expected[c.Accept] = make(map[string]*actors.Record)
			}
			m.expected[c.Accept][c.Name] = record
		}
	}
	return errors.Join(faults...)
}

// start registers doors and spawns actors. What was started when it fails is
// ended by Close.
func (m *Manager) start() error {
	m.id = "isolink" + m.system.ProcessRegistry.NextId()
	for _, r := range m.links {
		if err := r.Open(m.id); err != nil {
			return err
		}
	}
	return m.spawn(m.id)
}

// Link returns the handle of a link; it stays valid across restarts. The
// handle of an unknown name answers messages.ErrNoLink.
func (m *Manager) Link(name string) *Link {
	return &Link{name: name, record: m.byName[name]}
}

// Links returns the handles of all links, in the order of the configuration.
func (m *Manager) Links() []*Link {
	all := make([]*Link, len(m.links))
	for i, r := range m.links {
		all[i] = &Link{name: r.Name(), record: r}
	}
	return all
}

// System is the actor system that the links live in.
func (m *Manager) System() *actor.ActorSystem { return m.system }

// Close ends all acceptors and links in order: they accept no connections, refuse new sends, settle what is in
// flight, and close their sockets. What has not settled when ctx ends is cut
// short, and reported as *messages.DrainError, one a link. When it returns
// nil, no goroutine, timer or socket of the manager is left; an error that
// wraps the context's says that a function of the embedding program (a hook, a
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
	m.mu.Unlock()
	faults := make([]error, len(m.links)+len(acceptors))
	var wg sync.WaitGroup
	for i, r := range m.links {
		wg.Go(func() { faults[i] = m.closeLink(ctx, r) })
	}
	for i, a := range acceptors {
		wg.Go(func() { faults[len(m.links)+i] = a.Close(ctx) })
	}
	wg.Wait()
	m.stop()
	for _, r := range m.links {
		r.Shut()
	}
	if err := m.workers.Close(ctx); err != nil {
		faults = append(faults, fmt.Errorf("supervisor: foreign code is still running: %w", err))
	}
	if m.own {
		m.system.Shutdown()
	}
	return errors.Join(faults...)
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

// closeLink ends a link, or a session of an acceptor; it may be called more than
// once.
func closeLink(ctx context.Context, r *actors.Record) error {
	r.SetWant(actors.WantClose)
	r.Tell(actors.Obey{}) // without an actor, its supervisor sees what is wanted
	select {
	case <-r.Gone():
		return nil
	case <-ctx.Done():
	}
	return cut(ctx, r, func() {
		r.StopActor()
		<-r.Gone() // nothing that the link's actors do can block
		r.CutHandlers()
	})
}

// cut runs hard, which ends what is in flight, and reports what that was; nil
// when there was nothing.
func cut(ctx context.Context, r *actors.Record, hard func()) error {
	before := r.Status()
	hard()
	err := &messages.DrainError{
		Link: r.Name(), InDoubt: r.Status().Counters.InDoubt - before.Counters.InDoubt,
		Unhandled: uint64(before.Unhandled), Cause: context.Cause(ctx),
	}
	err.NotSent = uint64(max(before.InFlight-int64(err.InDoubt), 0))
	if err.InDoubt == 0 && err.NotSent == 0 && err.Unhandled == 0 {
		return nil
	}
	return err
}
