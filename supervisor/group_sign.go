package supervisor

import (
	"context"
	"errors"
	"sync"

	"github.com/isolink-go/isolink/messages"
)

// SignOff is Link.SignOff for all links of the group at once. It returns their
// errors, joined.
func (g *Group) SignOff(ctx context.Context) error {
	return g.each(func(l *Link) error { return l.SignOff(ctx) })
}

// SignOn is Link.SignOn for all links of the group at once. It returns their errors,
// joined.
func (g *Group) SignOn(ctx context.Context) error {
	return g.each(func(l *Link) error { return l.SignOn(ctx) })
}

// Echo is Link.Echo for all links of the group at once. It returns their errors,
// joined: nil means that all have answered.
func (g *Group) Echo() error { return g.each((*Link).Echo) }

// each does something with every link of the group.
func (g *Group) each(do func(*Link) error) error {
	if g.manager == nil {
		return g.failed(messages.ErrNoLink)
	}
	members := g.set.Load().members
	faults := make([]error, len(members))
	var wg sync.WaitGroup
	for i, m := range members {
		wg.Go(func() { faults[i] = do(m.handle()) })
	}
	wg.Wait()
	return errors.Join(faults...)
}
