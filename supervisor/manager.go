package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

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
	pid     *actor.PID

	links  []*entry          // constant
	byName map[string]*entry // constant
	gone   chan struct{}     // closed when the manager's actor has stopped

	stopMu   sync.Mutex // orders the stop of the manager's actor and its restart
	stopping bool

	once   sync.Once
	closed chan struct{} // closed when Close is done
	result error         // of Close; to be read when closed is
}

// entry is one link of a manager.
type entry struct {
	record   *actors.Record
	notifier *actor.PID
	pid      atomic.Pointer[actor.PID] // of the link's actor; nil before it was spawned
	gone     chan struct{}             // closed when the actor is gone for good
	goneOnce sync.Once
}

// New starts the links of config in system, which may be the embedding
// program's own; nil makes one that ends with the manager. It does not wait
// for them to come up.
//
// The error joins every fault of the configuration (*messages.ConfigError);
// nothing was started then.
func New(system *actor.ActorSystem, config Config) (*Manager, error) {
	m := &Manager{
		system: system, workers: new(actors.Workers), byName: make(map[string]*entry),
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
		e := &entry{record: record, gone: make(chan struct{})}
		m.links = append(m.links, e)
		m.byName[c.Name] = e
	}
	return errors.Join(faults...)
}

// start registers doors and spawns actors. What was started when it fails is
// ended by Close.
func (m *Manager) start() error {
	id := "isolink" + m.system.ProcessRegistry.NextId()
	for _, e := range m.links {
		if err := e.record.Door().Register(id + "/door/" + e.record.Name()); err != nil {
			return err
		}
		pid, err := e.record.SpawnNotifier(id + "/notifier/" + e.record.Name())
		if err != nil {
			return fmt.Errorf("supervisor: notifier of link %s: %w", e.record.Name(), err)
		}
		e.notifier = pid
	}
	return m.spawn(id)
}

// Link returns the handle of a link; it stays valid across restarts. The
// handle of an unknown name answers messages.ErrNoLink.
func (m *Manager) Link(name string) *Link {
	return &Link{name: name, manager: m, entry: m.byName[name]}
}

// Links returns the handles of all links, in the order of the configuration.
func (m *Manager) Links() []*Link {
	all := make([]*Link, len(m.links))
	for i, e := range m.links {
		all[i] = &Link{name: e.record.Name(), manager: m, entry: e}
	}
	return all
}

// System is the actor system that the links live in.
func (m *Manager) System() *actor.ActorSystem { return m.system }

// Close ends all links in order: they refuse new sends, settle what is in
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
	faults := make([]error, len(m.links))
	var wg sync.WaitGroup
	for i, e := range m.links {
		wg.Go(func() { faults[i] = m.closeLink(ctx, e) })
	}
	wg.Wait()
	m.stop()
	for _, e := range m.links {
		e.record.Door().Unregister()
		if e.notifier != nil {
			m.system.Root.Poison(e.notifier)
		}
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
func (m *Manager) closeLink(ctx context.Context, e *entry) error {
	e.record.SetWant(actors.WantClose)
	if m.pid == nil { // nobody will ever spawn it
		e.finish()
		return nil
	}
	if pid := e.pid.Load(); pid != nil { // otherwise the manager's actor sees what is wanted
		m.system.Root.Send(pid, actors.Obey{})
	}
	select {
	case <-e.gone:
		return nil
	case <-ctx.Done():
	}
	return e.cut(ctx, func() {
		if pid := e.pid.Load(); pid != nil {
			m.system.Root.Stop(pid)
		}
		<-e.gone // nothing that the link's actors do can block
	})
}

// cut runs hard, which ends what is in flight, and reports what that was; nil
// when there was nothing.
func (e *entry) cut(ctx context.Context, hard func()) error {
	before := e.record.Status()
	hard()
	err := &messages.DrainError{
		Link: e.record.Name(), InDoubt: e.record.Status().Counters.InDoubt - before.Counters.InDoubt,
		Cause: context.Cause(ctx),
	}
	err.NotSent = uint64(max(before.InFlight-int64(err.InDoubt), 0))
	if err.InDoubt == 0 && err.NotSent == 0 {
		return nil
	}
	return err
}

// finish marks the link as closed for good.
func (e *entry) finish() {
	e.goneOnce.Do(func() {
		e.record.MarkClosed()
		close(e.gone)
	})
}
