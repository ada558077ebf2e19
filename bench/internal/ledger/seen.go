package ledger

import "sync/atomic"

// Seen is the set of the ids that have arrived, and of those whose senders were told
// that they were not sent. It takes all of its memory at once.
type Seen struct {
	arrived, refused []atomic.Uint64

	total, twice, stray, contradicted atomic.Uint64
}

// NewSeen makes a set for ids from 1 to most.
func NewSeen(most uint64) *Seen {
	s := &Seen{arrived: make([]atomic.Uint64, most/64+1), refused: make([]atomic.Uint64, most/64+1)}
	for i := range s.arrived { // touched: the process does not grow by it later
		s.arrived[i].Store(0)
		s.refused[i].Store(0)
	}
	return s
}

// Arrived enters an id that the host has got.
func (s *Seen) Arrived(id uint64) {
	s.total.Add(1)
	word, bit := id/64, uint64(1)<<(id%64)
	if id == 0 || word >= uint64(len(s.arrived)) {
		s.stray.Add(1)
		return
	}
	if s.arrived[word].Or(bit)&bit != 0 {
		s.twice.Add(1)
	}
	if s.refused[word].Load()&bit != 0 {
		s.contradicted.Add(1)
	}
}

// NotSent enters an id whose sender was told that it was not sent, once.
func (s *Seen) NotSent(id uint64) {
	word, bit := id/64, uint64(1)<<(id%64)
	s.refused[word].Or(bit)
	if s.arrived[word].Load()&bit != 0 {
		s.contradicted.Add(1)
	}
}

// Total is how many requests have arrived.
func (s *Seen) Total() uint64 { return s.total.Load() }

// Twice is how many arrived that had arrived before.
func (s *Seen) Twice() uint64 { return s.twice.Load() }

// Stray is how many arrived that nobody has sent.
func (s *Seen) Stray() uint64 { return s.stray.Load() }

// Contradicted is how many arrived though their senders were told that they were not
// sent. Of two that come at the same moment, one may be counted twice, none never.
func (s *Seen) Contradicted() uint64 { return s.contradicted.Load() }
