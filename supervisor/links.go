package supervisor

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/isolink-go/isolink/actors"
	"github.com/isolink-go/isolink/messages"
)

// managed is a link of a manager, with what of its configuration groups need.
type managed struct {
	record  *actors.Record
	given   LinkConfig   // as it was given
	print   string       // see Config.prints
	slot    *linkSlot    // of its handles
	leaving bool         // RemoveLink was called; guarded by Manager.mu
	scope   *sharedScope // nil: the link's own
}

// newLink judges the configuration of a link and makes it.
func (m *Manager) newLink(c LinkConfig, print string) (*managed, error) {
	given := c
	if c.Logger == nil {
		c.Logger = m.logger
	}
	record, err := actors.NewRecord(c, m.system, m.workers)
	if err != nil {
		return nil, err
	}
	record.Observe(m.telemetry.Telemetry)
	return &managed{record: record, given: given, print: print, slot: newSlot(record)}, nil
}

// linkSet is the links and groups of a manager at one moment. It is constant once it
// was published: acceptors keep a map of it.
type linkSet struct {
	groups   map[string]*Group
	links    []*actors.Record
	byName   map[string]*managed
	expected map[string]map[string]*actors.Record // by acceptor and name
}

func newLinkSet() linkSet {
	return linkSet{
		groups: make(map[string]*Group), byName: make(map[string]*managed),
		expected: make(map[string]map[string]*actors.Record),
	}
}

// clone is a copy that may be changed.
func (s linkSet) clone() linkSet {
	expected := make(map[string]map[string]*actors.Record, len(s.expected))
	for acceptor, links := range s.expected {
		expected[acceptor] = maps.Clone(links)
	}
	return linkSet{maps.Clone(s.groups), slices.Clone(s.links), maps.Clone(s.byName), expected}
}

func (s *linkSet) insert(l *managed) {
	s.links = append(s.links, l.record)
	s.byName[l.record.Name()] = l
	s.expect(l)
}

// expect makes l the link of that name which its acceptor expects, where it has one.
func (s *linkSet) expect(l *managed) {
	name, acceptor := l.record.Name(), l.record.Accepts()
	if acceptor == "" {
		return
	}
	if s.expected[acceptor] == nil {
		s.expected[acceptor] = make(map[string]*actors.Record)
	}
	s.expected[acceptor][name] = l.record
}

// replace puts a link in the place of another of its name, which goes on to be the one
// that an acceptor expects.
func (s *linkSet) replace(old, l *managed) {
	s.links[slices.Index(s.links, old.record)] = l.record
	s.byName[l.record.Name()] = l
}

func (s *linkSet) remove(l *managed) {
	s.links = slices.DeleteFunc(s.links, func(r *actors.Record) bool { return r == l.record })
	delete(s.byName, l.record.Name())
	delete(s.expected[l.record.Accepts()], l.record.Name())
}

// publish makes s the links of the manager. It is called with mu held, or before
// anybody else has the manager.
func (m *Manager) publish(s linkSet) {
	m.linkSet = s
	m.current.Store(&s)
	for name, a := range m.acceptors {
		a.record.Expect(s.expected[name])
	}
}

// AddLink starts another link, as New does with those of Config.Links, and
// returns its handle. It does not wait for it to come up. Group.Add takes it into
// groups.
//
// A link that its peer connects to (LinkConfig.Accept) gets the next connection that
// its acceptor takes for its own; that may listen already.
//
// The error joins every fault of the configuration (*messages.ConfigError); one of
// them is a name that a link, group or acceptor has, that of a link being
// removed included. Or it is messages.ErrClosed, when the manager is closing.
// Nothing was started then.
func (m *Manager) AddLink(config LinkConfig) (*Link, error) {
	l, err := m.newLink(config, "")
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.mayAdd(config.Name); err != nil {
		return nil, err
	}
	if err := m.share(l); err != nil {
		return nil, err
	}
	if err := m.begin(l); err != nil {
		return nil, err
	}
	return l.handle(), nil
}

// mayAdd judges whether a link of that name may be added. It is called with mu held.
func (m *Manager) mayAdd(name string) error {
	switch {
	case m.closing:
		return fmt.Errorf("link %s: %w", name, messages.ErrClosed)
	case m.taken(name):
		return nameTaken(name)
	}
	return nil
}

// begin starts a link that has its scope. It is called with mu held.
func (m *Manager) begin(l *managed) error {
	if err := m.enter(l); err != nil {
		return err
	}
	next := m.clone()
	next.insert(l)
	m.publish(next)
	m.system.Root.Send(m.pid, spawnMember{l.record})
	return nil
}

// enter opens a link that has its scope, which it leaves when that fails. It is
// called with mu held.
func (m *Manager) enter(l *managed) error {
	// A name may be used again while what had it before is still ending.
	err := m.open(l, m.id+"/"+m.system.ProcessRegistry.NextId())
	if err != nil {
		l.record.Shut()
		m.unshare(l)
	}
	return err
}

// taken reports whether a link, group or acceptor has that name: the actors of
// links and acceptors have one parent, and errors name groups as they name links.
// It is called with mu held.
func (m *Manager) taken(name string) bool {
	return m.byName[name] != nil || m.acceptors[name] != nil || m.groups[name] != nil
}

func nameTaken(name string) error {
	return &messages.ConfigError{
		Link: name, Field: "Name", Problem: fmt.Sprintf("%q is the name of another link, group or acceptor", name),
	}
}

// RemoveLink takes a link out of all groups, ends it in order as Link.Close does,
// and lets it go: its name is free again when RemoveLink returns. A send that a
// group has given it gets its outcome, or goes on to the next link if it was not
// sent. What has not settled when ctx ends is cut short, and reported as a
// *messages.DrainError; the link is gone all the same.
//
// It fails with messages.ErrNoLink when there is no link of that name, or it is
// being removed already, and with messages.ErrClosed when the manager is closing.
func (m *Manager) RemoveLink(ctx context.Context, name string) error {
	l, err := m.leave(name)
	if err != nil {
		return fmt.Errorf("link %s: %w", name, err)
	}
	defer m.removals.Done()
	result := l.slot.close(ctx)
	m.mu.Lock()
	closing := m.closing // Manager.Close lets it go, then
	if !closing {
		next := m.clone()
		next.remove(l)
		m.publish(next)
		m.unshare(l)
	}
	m.mu.Unlock()
	if !closing {
		l.record.Shut()
	}
	return result
}

// leave begins the removal of a link: no group gives it anything any more.
func (m *Manager) leave(name string) (*managed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.byName[name]
	switch {
	case m.closing:
		return nil, messages.ErrClosed
	case l == nil || l.leaving:
		return nil, messages.ErrNoLink
	}
	m.removals.Add(1)
	l.leaving = true
	for _, g := range m.groups {
		g.drop(name)
	}
	return l, nil
}
