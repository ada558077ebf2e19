package actors

import (
	"sync/atomic"

	"github.com/isolink-go/isolink/messages"
)

// Tally counts messages of one type, as Counters counts those of all.
type Tally struct {
	// MTI is that of the requests; the zero one stands for all types beyond the first
	// sixteen.
	MTI messages.MTI

	Answered, Posted, Rejected, NotSent, InDoubt uint64 // sends
	Requests                                     uint64 // of the peer, given to the handler
}

// Type is the message type in words: "other" for those that are not told apart.
func (t Tally) Type() string {
	if !t.MTI.Valid() {
		return "other"
	}
	return t.MTI.String()
}

// tallied is what a Tally counts.
type tallied int

const (
	tallyAnswered tallied = iota
	tallyPosted
	tallyRejected
	tallyNotSent
	tallyInDoubt
	tallyRequests
	tallyKinds
)

// tallyTypes is how many message types are told apart: a peer that makes them up
// gets no more.
const tallyTypes = 16

// tallyBook has the tallies of a link, or of an acceptor with all its sessions.
type tallyBook struct {
	made atomic.Pointer[tallies] // nil: nothing was counted yet
}

func (b *tallyBook) snapshot() []Tally {
	if t := b.made.Load(); t != nil {
		return t.snapshot()
	}
	return nil
}

// tallies are written from everywhere. A type keeps the place that it was first
// counted in.
type tallies struct {
	types  [tallyTypes]tallyEntry
	others tallyEntry
}

type tallyEntry struct {
	mti    atomic.Uint32 // 0: free
	counts [tallyKinds]atomic.Uint64
}

func packMTI(m messages.MTI) uint32 {
	return uint32(m[0])<<24 | uint32(m[1])<<16 | uint32(m[2])<<8 | uint32(m[3])
}

func unpackMTI(n uint32) messages.MTI {
	return messages.MTI{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
}

// add adds a message of a type.
func (t *tallies) add(mti messages.MTI, what tallied) {
	t.entry(packMTI(mti)).counts[what].Add(1)
}

func (t *tallies) entry(mti uint32) *tallyEntry {
	if mti == 0 {
		return &t.others
	}
	for i := range t.types {
		e := &t.types[i]
		switch have := e.mti.Load(); {
		case have == mti:
			return e
		case have == 0 && (e.mti.CompareAndSwap(0, mti) || e.mti.Load() == mti):
			return e
		}
	}
	return &t.others
}

// snapshot is what was counted, in the order in which the types came, those that
// are not told apart last.
func (t *tallies) snapshot() []Tally {
	var all []Tally
	for i := range t.types {
		if e := &t.types[i]; e.mti.Load() != 0 {
			all = append(all, e.snapshot())
		}
	}
	if others := t.others.snapshot(); others != (Tally{}) {
		all = append(all, others)
	}
	return all
}

func (e *tallyEntry) snapshot() Tally {
	n := func(what tallied) uint64 { return e.counts[what].Load() }
	t := Tally{
		Answered: n(tallyAnswered), Posted: n(tallyPosted), Rejected: n(tallyRejected),
		NotSent: n(tallyNotSent), InDoubt: n(tallyInDoubt), Requests: n(tallyRequests),
	}
	if mti := e.mti.Load(); mti != 0 {
		t.MTI = unpackMTI(mti)
	}
	return t
}

// tally adds a message of a type. The counts are made with the first one: an idle link
// has none.
func (r *Record) tally(mti messages.MTI, what tallied) {
	b := r.tallyBook()
	t := b.made.Load()
	if t == nil {
		b.made.CompareAndSwap(nil, new(tallies))
		t = b.made.Load()
	}
	t.add(mti, what)
}

func (r *Record) tallyBook() *tallyBook {
	if r.counts != nil {
		return r.counts
	}
	return &r.tallies
}
