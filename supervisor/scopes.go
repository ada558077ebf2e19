package supervisor

import (
	"slices"

	"github.com/isolink-go/isolink/actors"
)

// sharedScope is a scope that some of the manager's links share. It is guarded by
// Manager.mu.
type sharedScope struct {
	*actors.Scope
	name   string
	opened bool
}

// share gives a link its scope, where it is not one of its own. The error says in
// which field the link does not agree with others of it.
func (m *Manager) share(l *managed) error {
	name := l.record.ScopeName()
	if name == "" {
		return nil
	}
	s := m.scopes[name]
	if s == nil {
		s = &sharedScope{Scope: actors.NewScope(name, m.system, m.workers), name: name}
	}
	if err := l.record.Share(s.Scope); err != nil {
		return err
	}
	m.scopes[name] = s
	l.scope = s
	return nil
}

// open enters a link into the actor system, below that id, and its scope before it.
func (m *Manager) open(l *managed, id string) error {
	if s := l.scope; s != nil && !s.opened {
		if err := s.Open(m.id + "/" + m.system.ProcessRegistry.NextId()); err != nil {
			return err
		}
		s.opened = true
	}
	return l.record.Open(id)
}

// unshare takes a link that is gone out of its scope, which ends with the last one.
func (m *Manager) unshare(l *managed) {
	s := l.scope
	if s == nil || !l.record.Unshare() {
		return
	}
	if m.scopes[s.name] == s {
		delete(m.scopes, s.name)
	}
	s.Close()
}

// shareAnew is share for Apply, of whose links all agree: a scope with which one does
// not is that of links which go, and is left to them.
func (m *Manager) shareAnew(l *managed) error {
	if err := m.share(l); err == nil {
		return nil
	}
	delete(m.scopes, l.record.ScopeName())
	return m.share(l)
}

// allScopes are those that any link shares still.
func (m *Manager) allScopes() []*sharedScope {
	var all []*sharedScope
	add := func(s *sharedScope) {
		if s != nil && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	for _, s := range m.scopes {
		add(s)
	}
	for _, set := range []map[string]*managed{m.byName, m.replaced} {
		for _, l := range set {
			add(l.scope)
		}
	}
	return all
}
