package supervisor

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/isolink-go/isolink/actors"
)

// linkSlot holds the record of a link. Apply puts that of a changed link there.
type linkSlot struct {
	atomic.Pointer[actors.Record]
	before atomic.Pointer[actors.Record] // that it has replaced; nil when that is over

	mu sync.Mutex // orders what the operator wants with what Apply takes over of it
}

func newSlot(r *actors.Record) *linkSlot {
	s := new(linkSlot)
	s.Store(r)
	return s
}

// tell does something to the record that Apply does not overtake.
func (s *linkSlot) tell(do func(*actors.Record)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do(s.Load())
}

// replace puts a record in the place of another, of whom the operator wanted the same.
func (s *linkSlot) replace(old, next *actors.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old.Want() == actors.WantPause {
		next.SetWant(actors.WantPause)
	}
	next.SetSignedOff(old.SignedOff())
	s.before.Store(old)
	s.Store(next)
}

// close ends the link, and before it what Apply has replaced by it and still waits for.
func (s *linkSlot) close(ctx context.Context) error {
	r, before := s.Load(), s.before.Load()
	if before == nil {
		return closeLink(ctx, r)
	}
	r.SetWant(actors.WantClose) // it never begins
	return errors.Join(closeLink(ctx, before), closeLink(ctx, r))
}

func handleOf(r *actors.Record) *Link { return &Link{name: r.Name(), slot: newSlot(r)} }

func (l *Link) record() *actors.Record { return l.slot.Load() }

func (l *managed) handle() *Link { return &Link{name: l.record.Name(), slot: l.slot} }
