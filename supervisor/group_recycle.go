package supervisor

import (
	"context"
	"errors"
	"fmt"

	"github.com/isolink-go/isolink/messages"
)

// Recycle restarts the links of the group one by one, as Link.Restart does, so that
// all of them use what is read when a link connects, such as certificates that were
// replaced (TLSFiles). The next one is restarted when the one before it is up again,
// or signed off where an operator wants it so, and has answered an echo, where its
// Echo is configured: a peer that takes no new certificate may say so only after the
// handshake. Meanwhile the others take what the group is given.
//
// Links without a session are passed over: they will read it when they connect. So
// are those that are paused or closed meanwhile. The group's links are those that it
// has when Recycle begins.
//
// It stops at the first link that fails: one that is not up again, or whose drain is
// not over, when ctx ends (*messages.DrainError), or whose echo fails. The error
// names it; the links behind it were left alone. It is messages.ErrNoLink on the
// handle of an unknown group. Calls at the same time wait for each other.
func (g *Group) Recycle(ctx context.Context) error {
	if g.manager == nil {
		return g.failed(messages.ErrNoLink)
	}
	select {
	case g.recycling <- struct{}{}:
		defer func() { <-g.recycling }()
	case <-ctx.Done():
		return g.failed(context.Cause(ctx))
	}
	for _, m := range g.set.Load().members {
		if err := m.handle().recycle(ctx); err != nil {
			return g.failed(err)
		}
	}
	return nil
}

// recycle restarts a link that has a session, and waits until it has another.
func (l *Link) recycle(ctx context.Context) error {
	// An attempt that is under way may have begun with the old certificates.
	before, seen := l.until(ctx, func(s Status) bool { return s.State != messages.Connecting })
	if !seen {
		return l.failed(contextError(ctx, before))
	}
	if !hasSession(before.State) {
		return nil
	}
	if err := l.Restart(ctx); err != nil && !errors.Is(err, messages.ErrClosed) {
		return err // it names the link
	}
	status, seen := l.until(ctx, func(s Status) bool {
		ready := s.State == messages.Up || (s.State == messages.SignedOff && l.record().SignedOff())
		return s.State == messages.Paused || (ready && s.Session > before.Session)
	})
	switch {
	case !seen:
		return fmt.Errorf("link %s: not up again but %v: %w", l.name, status.State, contextError(ctx, status))
	case !hasSession(status.State):
		return nil
	}
	if err := l.Echo(); err != nil && !errors.Is(err, messages.ErrNoRequest) {
		return err
	}
	return nil
}
