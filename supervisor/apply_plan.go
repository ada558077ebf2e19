package supervisor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/isolink-go/isolink/messages"
)

// applyWait is how long Apply waits for a link that it has changed, before it changes
// the next one of a group.
const applyWait = 10 * time.Second

// plan finds what differs, and makes the links that begin. Nothing is started.
func (a *application) plan() error {
	m := a.manager
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closing {
		return fmt.Errorf("supervisor: Apply: %w", messages.ErrClosed)
	}
	faults := a.clashes()
	for _, c := range a.config.Links {
		print := a.config.print(linkKind, c.Name)
		old := m.byName[c.Name]
		if old != nil && same(old.given, c, old.print, print) {
			a.applied.Links.Unchanged = append(a.applied.Links.Unchanged, c.Name)
			continue
		}
		next, err := m.newLink(c, print)
		switch {
		case err != nil:
			faults = append(faults, err)
		case old == nil:
			a.applied.Links.Added = append(a.applied.Links.Added, c.Name)
			a.added = append(a.added, linkChange{next: next})
		default:
			a.applied.Links.Changed = append(a.applied.Links.Changed, c.Name)
			a.changed = append(a.changed, linkChange{next, old})
		}
	}
	for name, l := range m.byName {
		if !l.leaving && !a.names(linkKind, name) {
			a.applied.Links.Removed = append(a.applied.Links.Removed, name)
		}
	}
	for _, c := range a.config.Groups {
		old := m.groups[c.Name]
		a.applied.Groups.sort(c.Name, old != nil,
			old != nil && same(old.given, c, old.print, a.config.print(groupKind, c.Name)))
	}
	for name := range m.groups {
		if !a.names(groupKind, name) {
			a.applied.Groups.Removed = append(a.applied.Groups.Removed, name)
		}
	}
	for _, c := range a.config.Acceptors {
		old := m.acceptors[c.Name]
		a.applied.Acceptors.sort(c.Name, old != nil, old != nil && !old.record.Ends() && // somebody closes it
			same(*old.given, c, old.print, a.config.print(acceptorKind, c.Name)))
	}
	for name := range m.acceptors {
		if !a.names(acceptorKind, name) {
			a.applied.Acceptors.Removed = append(a.applied.Acceptors.Removed, name)
		}
	}
	for _, c := range []*Changes{&a.applied.Links, &a.applied.Groups, &a.applied.Acceptors} {
		slices.Sort(c.Removed)
	}
	return errors.Join(faults...)
}

// sort notes what becomes of a name.
func (c *Changes) sort(name string, there, unchanged bool) {
	switch {
	case !there:
		c.Added = append(c.Added, name)
	case unchanged:
		c.Unchanged = append(c.Unchanged, name)
	default:
		c.Changed = append(c.Changed, name)
	}
}

// names reports whether the configuration has that name, as one of that kind.
func (a *application) names(kind, name string) bool {
	switch kind {
	case linkKind:
		return slices.ContainsFunc(a.config.Links, func(c LinkConfig) bool { return c.Name == name })
	case groupKind:
		return slices.ContainsFunc(a.config.Groups, func(c GroupConfig) bool { return c.Name == name })
	default:
		return slices.ContainsFunc(a.config.Acceptors, func(c AcceptorConfig) bool { return c.Name == name })
	}
}

// clashes finds names that something has which has to go first: what is new begins
// before anything ends. It is called with Manager.mu held.
func (a *application) clashes() (faults []error) {
	m := a.manager
	clash := func(name, what string, there bool) {
		if there {
			faults = append(faults, &messages.ConfigError{
				Link: name, Field: "Name",
				Problem: fmt.Sprintf("%q is the name of %s still: apply a configuration without it first", name, what),
			})
		}
	}
	for _, c := range a.config.Links {
		l := m.byName[c.Name]
		clash(c.Name, "a link that is being removed", l != nil && l.leaving)
		clash(c.Name, "a group", m.groups[c.Name] != nil)
		clash(c.Name, "an acceptor", m.acceptors[c.Name] != nil)
	}
	for _, c := range a.config.Groups {
		clash(c.Name, "a link", m.byName[c.Name] != nil)
		clash(c.Name, "an acceptor", m.acceptors[c.Name] != nil)
	}
	for _, c := range a.config.Acceptors {
		clash(c.Name, "a link", m.byName[c.Name] != nil)
		clash(c.Name, "a group", m.groups[c.Name] != nil)
	}
	return faults
}

// groups makes the groups those of the configuration. Links that go or change are in
// them until they do.
func (a *application) groups() {
	m := a.manager
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closing {
		a.fault(fmt.Errorf("supervisor: Apply: %w", messages.ErrClosed))
		return
	}
	set := m.clone()
	for _, name := range a.applied.Groups.Removed {
		delete(set.groups, name)
		defer m.groups[name].end()
	}
	changed := a.applied.Groups.Changed
	for _, c := range a.config.Groups {
		print := a.config.print(groupKind, c.Name)
		if g := m.groups[c.Name]; g != nil {
			if slices.Contains(changed, c.Name) {
				g.configure(c, print)
			}
			continue
		}
		g := newGroup(m, c, print)
		if err := g.door.Register(m.id + "/group/" + g.name); err != nil {
			a.fault(err)
			continue
		}
		set.groups[c.Name] = g
		m.workers.Go(g.watch)
	}
	m.publish(set)
	for name, g := range m.groups {
		if !g.arrange() {
			continue
		}
		// Somebody has added or removed links of one whose configuration is the same.
		unchanged := &a.applied.Groups.Unchanged
		if i := slices.Index(*unchanged, name); i >= 0 {
			*unchanged = slices.Delete(*unchanged, i, i+1)
			a.applied.Groups.Changed = append(a.applied.Groups.Changed, name)
		}
	}
}

// end lets the group go. It is called with Manager.mu held.
func (g *Group) end() {
	g.setMembers(nil)
	close(g.ended)
	g.door.Unregister()
}

// closeAcceptor ends an acceptor in order, unless somebody has.
func (m *Manager) closeAcceptor(ctx context.Context, name string) error {
	if a := m.Acceptor(name); a != nil {
		return a.Close(ctx)
	}
	return nil
}

// listen starts the acceptors that are new, or changed.
func (a *application) listen() {
	names := &a.applied.Acceptors
	for _, c := range a.config.Acceptors {
		if slices.Contains(names.Unchanged, c.Name) {
			continue
		}
		_, err := a.manager.listen(c, a.config.print(acceptorKind, c.Name))
		if err == nil {
			continue
		}
		a.fault(err)
		is := func(name string) bool { return name == c.Name }
		names.Added = slices.DeleteFunc(names.Added, is)
		if slices.Contains(names.Changed, c.Name) {
			names.Changed = slices.DeleteFunc(names.Changed, is)
			names.Removed = append(names.Removed, c.Name)
			slices.Sort(names.Removed)
		}
	}
}
