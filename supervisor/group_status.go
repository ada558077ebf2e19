package supervisor

import (
	"context"
	"fmt"

	"github.com/isolink-go/isolink/messages"
)

// GroupStatus is a snapshot of a group.
type GroupStatus struct {
	Name string
	// Links are the group's links, in its order.
	Links []GroupLink
	// Up counts the links that are up, those that are suspect included; Suspect
	// counts the suspect ones, whether or not they are up.
	Up, Suspect int
	// MinUp is that of the configuration; 1 where that has 0.
	MinUp int
	// Degraded is set when fewer than MinUp links are up.
	Degraded bool
	// PassedOn counts how often a send was offered to another link after one that
	// did not send it.
	PassedOn uint64
	// Panics counts the panics of the group's Strategy, Judge and OnChange, and of
	// mailboxes that results of its commands were given to.
	Panics uint64
}

// GroupLink is a link of a GroupStatus.
type GroupLink struct {
	Status
	// Suspect is set when the group leaves the link out though it may be up; see
	// SuspectConfig.
	Suspect bool
}

// Status is a snapshot of the group; reading it never touches the data path. The
// status of an unknown group has its name and nothing else.
func (g *Group) Status() GroupStatus {
	if g.manager == nil {
		return GroupStatus{Name: g.name}
	}
	set := g.set.Load()
	links := make([]Status, len(set.members))
	for i, m := range set.members {
		links[i] = m.record.Status()
	}
	return g.status(set, links)
}

// status is that of the group, with those of its links.
func (g *Group) status(set *groupSet, links []Status) GroupStatus {
	s := GroupStatus{
		Name: g.name, MinUp: set.config.MinUp, Links: make([]GroupLink, len(links)),
		PassedOn: g.passedOn.Load(), Panics: g.panics.Load(),
	}
	for i, link := range links {
		suspect := set.members[i].suspicion.suspect()
		s.Links[i] = GroupLink{Status: link, Suspect: suspect}
		if link.State == messages.Up {
			s.Up++
		}
		if suspect {
			s.Suspect++
		}
	}
	s.Degraded = s.Up < s.MinUp
	return s
}

// Await returns nil as soon as it sees MinUp of the group's links in the given
// state: with messages.Up, when the group is not degraded. It fails with the
// context's error, with messages.ErrClosed when the manager closes, and with
// messages.ErrNoLink.
func (g *Group) Await(ctx context.Context, state messages.State) error {
	if g.manager == nil {
		return g.failed(messages.ErrNoLink)
	}
	for {
		g.mu.Lock()
		changed := g.changed
		g.mu.Unlock()
		n, status := 0, g.Status()
		for _, link := range status.Links {
			if link.State == state {
				n++
			}
		}
		if n >= status.MinUp {
			return nil
		}
		select {
		case <-changed:
		case <-g.ended:
			return g.failed(messages.ErrClosed)
		case <-ctx.Done():
			return fmt.Errorf("group %s: %d of %d links are %v, not %d: %w",
				g.name, n, len(status.Links), state, status.MinUp, context.Cause(ctx))
		}
	}
}
