package supervisor

import (
	"sync/atomic"

	"github.com/isolink-go/isolink/actors"
)

// linkSlot holds the record of a link. Apply puts that of a changed link there.
type linkSlot struct{ atomic.Pointer[actors.Record] }

func newSlot(r *actors.Record) *linkSlot {
	s := new(linkSlot)
	s.Store(r)
	return s
}

func handleOf(r *actors.Record) *Link { return &Link{name: r.Name(), slot: newSlot(r)} }

func (l *Link) record() *actors.Record { return l.slot.Load() }

func (l *managed) handle() *Link { return &Link{name: l.record.Name(), slot: l.slot} }
