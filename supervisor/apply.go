package supervisor

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/isolink-go/isolink/messages"
)

// Applied is what Manager.Apply has done.
type Applied struct {
	Links, Groups, Acceptors Changes
}

// Changes are names, in the order of the configuration; those of Removed, which it has
// not, are sorted.
type Changes struct {
	Added, Changed, Removed, Unchanged []string
}

// Apply makes the manager's links, groups and acceptors those of config, as New would
// have made them, and leaves alone what config does not change: those links keep their
// sessions and counters. What config does not name is removed, whoever added it. Apply
// returns when all of it is done, but does not wait for links to come up.
//
//   - New links and groups begin, and links join groups, before anything ends.
//   - Links that go end in order, as by RemoveLink. So do those that change, which then
//     begin anew, with fresh counters: one of each group at a time, the next one when
//     the one before is up again, if it was up, or after 10 s. Their handles stay valid;
//     sends are refused meanwhile as not sent, and groups give them to other links. A
//     link that is paused or signed off by its operator stays so; one that Link.Close
//     has closed stays closed until it changes, or goes and comes again.
//   - Groups that change stay what they are for their sends: handle, PID and what they
//     think of their links.
//   - Acceptors that go or change end in order, as by Close. Those that change, and new
//     ones, listen then; their handles are new ones: see Manager.Acceptor.
//
// What is the same: the fields of the two configurations, pointers (Spec, STANs, TLS,
// Logger …) and functions by identity. A function that is made anew (a method value, a
// function literal that uses variables) is another one: who applies configurations keeps
// it in a variable. Where both came from Load, what the file says decides, with the
// contents of the files of specifications; of functions that the program adds only their
// place in the source counts, not what they refer to. TLSFiles are read when they change, anyway.
//
// A wrong configuration changes nothing: the error then joins every fault
// (*messages.ConfigError), a name that a link, group or acceptor of another kind has
// still included; Listeners that config gives stay open. Config's Logger, MeterProvider
// and TracerProvider are not used: those of New stay.
//
// Later errors are joined, and Apply goes on: what has not settled when ctx ends is cut
// short, and reported as *messages.DrainError; an acceptor may fail to listen
// (*net.OpError), and is removed then. With messages.ErrClosed the manager is closing.
// Calls wait for each other.
func (m *Manager) Apply(ctx context.Context, config Config) (Applied, error) {
	select {
	case m.applying <- struct{}{}:
		defer func() { <-m.applying }()
	case <-ctx.Done():
		return Applied{}, fmt.Errorf("supervisor: Apply: %w", context.Cause(ctx))
	}
	if err := config.Validate(); err != nil {
		return Applied{}, err
	}
	a := &application{manager: m, config: config}
	if err := a.plan(); err != nil {
		return Applied{}, err
	}
	a.run(ctx)
	return a.applied, errors.Join(a.faults...)
}

// application is one call of Apply.
type application struct {
	manager *Manager
	config  Config

	added, changed []linkChange
	applied        Applied

	mu     sync.Mutex
	faults []error
}

// linkChange is a link that begins.
type linkChange struct {
	next *managed
	old  *managed // that it replaces; nil: none
}

func (a *application) fault(err error) {
	if err != nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.faults = append(a.faults, err)
	}
}

// run does what is planned.
func (a *application) run(ctx context.Context) {
	m := a.manager
	for _, c := range a.added {
		a.fault(m.startLink(c.next))
	}
	a.groups()
	var links, acceptors sync.WaitGroup
	for _, name := range a.applied.Links.Removed {
		links.Go(func() { a.fault(m.RemoveLink(ctx, name)) })
	}
	for _, names := range [][]string{a.applied.Acceptors.Removed, a.applied.Acceptors.Changed} {
		for _, name := range names {
			acceptors.Go(func() { a.fault(m.closeAcceptor(ctx, name)) })
		}
	}
	links.Go(func() { a.replaceAll(ctx) })
	acceptors.Wait()
	a.listen()
	links.Wait()
}

func (m *Manager) startLink(l *managed) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.mayAdd(l.record.Name()); err != nil {
		return err
	}
	if err := m.shareAnew(l); err != nil {
		return err
	}
	return m.begin(l)
}

// replaceAll replaces the links that change, one of each group at a time.
func (a *application) replaceAll(ctx context.Context) {
	for left := a.changed; len(left) > 0; {
		var now, later []linkChange
		busy := make(map[string]bool) // groups
		for _, c := range left {
			groups := a.groupsOf(c.next.record.Name())
			free := true
			for _, g := range groups {
				free = free && !busy[g]
			}
			if !free {
				later = append(later, c)
				continue
			}
			now = append(now, c)
			for _, g := range groups {
				busy[g] = true
			}
		}
		var wg sync.WaitGroup
		for _, c := range now {
			wg.Go(func() {
				wasUp := c.old.record.Ready()
				err := a.manager.replace(ctx, c)
				a.fault(err)
				if wasUp && err == nil && len(later) > 0 {
					c.next.awaitUp(ctx)
				}
			})
		}
		wg.Wait()
		left = later
	}
}

// groupsOf are the groups that a link is in.
func (a *application) groupsOf(link string) (names []string) {
	for _, g := range a.config.Groups {
		for _, name := range g.Links {
			if name == link {
				names = append(names, g.Name)
			}
		}
	}
	return names
}

// replace ends a link in order, and begins another in its place. The other has its name
// and handles from the beginning on, and is spawned when the first is gone. The error
// is a *messages.DrainError where the first was cut short.
func (m *Manager) replace(ctx context.Context, c linkChange) error {
	name := c.next.record.Name()
	if err := m.supplant(c); err != nil {
		return fmt.Errorf("link %s: %w", name, err)
	}
	defer m.removals.Done()
	result := closeLink(ctx, c.old.record)
	c.next.slot.before.Store(nil)
	m.mu.Lock()
	closing := m.closing // Manager.Close lets the old one go, then
	if !closing {
		delete(m.replaced, name)
		m.unshare(c.old)
	}
	c.next.record.Inherit(c.old.record)
	set := m.clone()
	set.expect(c.next)
	m.publish(set)
	m.system.Root.Send(m.pid, spawnMember{c.next.record})
	m.mu.Unlock()
	if !closing {
		c.old.record.Shut()
	}
	return result
}

// supplant gives the place of a link to another, which is not spawned yet.
func (m *Manager) supplant(c linkChange) error {
	name := c.next.record.Name()
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closing:
		return messages.ErrClosed
	case m.byName[name] != c.old || c.old.leaving:
		return messages.ErrNoLink // somebody has removed it
	}
	if err := m.shareAnew(c.next); err != nil {
		return err
	}
	if err := m.enter(c.next); err != nil {
		return err
	}
	c.next.slot = c.old.slot
	c.next.slot.replace(c.old.record, c.next.record)
	set := m.clone()
	set.replace(c.old, c.next)
	if acceptor := c.old.record.Accepts(); acceptor != c.next.record.Accepts() {
		delete(set.expected[acceptor], name)
	}
	m.publish(set)
	m.replaced[name] = c.old
	c.old.leaving = true
	m.removals.Add(1)
	for _, g := range m.groups {
		g.replace(c.old, c.next)
	}
	return nil
}

// awaitUp waits until the link is up, for a bounded time.
func (l *managed) awaitUp(ctx context.Context) {
	bounded, cancel := context.WithTimeout(ctx, applyWait)
	defer cancel()
	_ = l.handle().Await(bounded, messages.Up)
}
