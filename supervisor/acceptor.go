package supervisor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/actors"
	"github.com/isolink-go/isolink/messages"
)

type (
	// AcceptorConfig is what an acceptor is made of.
	AcceptorConfig = actors.AcceptorConfig
	// AcceptorStatus is a snapshot of an acceptor.
	AcceptorStatus = actors.AcceptorStatus
	// Refusals are the counts of connections that an acceptor refused.
	Refusals = actors.Refusals
	// Peer is what an AcceptorConfig's PeerName goes by.
	Peer = actors.Peer
)

// Acceptor is the handle of an acceptor: the listening side. Its methods may be
// called from any goroutine.
type Acceptor struct {
	record  *actors.AcceptorRecord
	manager *Manager
	given   *AcceptorConfig // as it was given
	print   string          // see Config.prints

	once   sync.Once
	closed chan struct{} // closed when Close is done
	result error         // of Close; to be read when closed is
}

// Listen starts an acceptor. It listens when Listen returns.
//
// The error joins every fault of the configuration (*messages.ConfigError), or
// is that of listening (*net.OpError), or messages.ErrClosed; the configuration's
// Listener is closed then.
func (m *Manager) Listen(config AcceptorConfig) (*Acceptor, error) { return m.listen(config, "") }

func (m *Manager) listen(config AcceptorConfig, print string) (*Acceptor, error) {
	given := config
	if config.Session.Logger == nil {
		config.Session.Logger = m.logger
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var err error
	switch {
	case m.closing:
		err = fmt.Errorf("acceptor %s: %w", config.Name, messages.ErrClosed)
	case m.taken(config.Name):
		err = nameTaken(config.Name)
	}
	if err != nil {
		if config.Listener != nil {
			_ = config.Listener.Close()
		}
		return nil, err
	}
	record, err := actors.NewAcceptorRecord(config, m.system, m.workers, m.expected[config.Name])
	if err != nil {
		return nil, err
	}
	record.Observe(m.telemetry.Telemetry)
	// A name may be used again while what had it before is still ending.
	if err := record.Open(m.id + "/" + m.system.ProcessRegistry.NextId()); err != nil {
		record.Shut()
		return nil, err
	}
	a := &Acceptor{record: record, manager: m, given: &given, print: print, closed: make(chan struct{})}
	m.acceptors[config.Name] = a
	m.system.Root.Send(m.pid, spawnMember{record})
	record.Accept()
	return a, nil
}

// Acceptors are those that are not closed, in the order of their names.
func (m *Manager) Acceptors() []*Acceptor {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(maps.Values(m.acceptors), func(a, b *Acceptor) int { return cmp.Compare(a.Name(), b.Name()) })
}

// Acceptor is the acceptor of that name, nil where there is none.
func (m *Manager) Acceptor(name string) *Acceptor {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.acceptors[name]
}

// members are all that the manager's actor supervises.
func (m *Manager) members() []member {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]member, 0, len(m.links)+len(m.acceptors))
	for _, r := range m.links {
		if old := m.replaced[r.Name()]; old != nil {
			r = old.record // the other begins when this is gone
		}
		all = append(all, r)
	}
	for _, a := range m.acceptors {
		all = append(all, a.record)
	}
	return all
}

// Name is the acceptor's name.
func (a *Acceptor) Name() string { return a.record.Name() }

// Addr is the address that is listened on.
func (a *Acceptor) Addr() net.Addr { return a.record.Addr() }

// Status is a snapshot of the acceptor; reading it never touches the data path.
func (a *Acceptor) Status() AcceptorStatus { return a.record.Status() }

// Sessions returns the handles of all sessions that are not closed, in the order
// in which they came. Those of links that expect their peer are not among them.
func (a *Acceptor) Sessions() []*Link {
	records := a.record.Sessions()
	all := make([]*Link, len(records))
	for i, r := range records {
		all[i] = handleOf(r)
	}
	return all
}

// Session returns the handle of the newest session of that name, which is what
// PeerName gave, or the peer's address; without one, its methods answer
// messages.ErrNoLink.
func (a *Acceptor) Session(name string) *Link {
	found := &Link{name: a.Name() + "/" + name}
	for _, r := range a.record.Sessions() {
		if r.Name() == found.name {
			found.slot = newSlot(r)
		}
	}
	return found
}

// PostAll sends a message that gets no response to all sessions, at the same
// time. It returns how many took it, and joins the errors of the others, which
// are as Link.Post's.
func (a *Acceptor) PostAll(ctx context.Context, msg *iso8583.Message) (sent int, err error) {
	frame, err := messages.Pack(msg)
	if err != nil {
		return 0, &messages.SendError{Link: a.Name(), Outcome: messages.ErrNotSent, Cause: err}
	}
	sessions := a.Sessions()
	faults := make([]error, len(sessions))
	var wg sync.WaitGroup
	for i, s := range sessions {
		wg.Go(func() { faults[i] = s.PostFrame(ctx, frame) }) // a frame is only read
	}
	wg.Wait()
	for _, fault := range faults {
		if fault == nil {
			sent++
		}
	}
	return sent, errors.Join(faults...)
}

// Close ends the acceptor in order: it stops accepting, its sessions refuse new
// sends, settle what is in flight in both directions, and close. The peer's
// requests that still come are handled until a moment without any, or until ctx
// ends. What has not settled then is cut short, and reported as
// *messages.DrainError, one a session. Links that expect their peer from this
// acceptor keep their sessions, but get no new ones. The name is free again
// afterwards.
//
// Later calls wait for the first and return its result; what has not settled when their
// own contexts end is cut short, too, and reported to them.
func (a *Acceptor) Close(ctx context.Context) error {
	first := false
	a.once.Do(func() {
		first = true
		a.record.StopAccepting()
	})
	err := a.closeSessions(ctx)
	if first {
		a.end()
		a.result = err
		close(a.closed)
		return err
	}
	<-a.closed
	if err == nil {
		return a.result
	}
	return errors.Join(err, a.result)
}

// closeSessions ends what sessions there are, until there are none.
func (a *Acceptor) closeSessions(ctx context.Context) error {
	var faults []error
	for {
		sessions := a.record.Sessions()
		if len(sessions) == 0 {
			return errors.Join(faults...)
		}
		some := make([]error, len(sessions))
		var wg sync.WaitGroup
		for i, r := range sessions {
			wg.Go(func() { some[i] = closeLink(ctx, r) })
		}
		wg.Wait()
		faults = append(faults, some...)
	}
}

// end lets the acceptor go, which has no session any more.
func (a *Acceptor) end() {
	a.record.StopActor()
	<-a.record.Gone() // nothing that the acceptor's actors do can block
	a.record.Shut()
	a.manager.mu.Lock()
	defer a.manager.mu.Unlock()
	delete(a.manager.acceptors, a.Name())
}
