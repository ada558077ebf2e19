package messages

import (
	"fmt"
	"sync"
)

// STANStore keeps, beyond a crash, a counter of the numbers that were reserved. It
// counts on without end; [STANs] maps the count into its range, and so the numbers
// come round. A store serves one range: a counter that two ranges share leaves
// numbers out in both, and a range that is changed continues anywhere.
//
// The counter can be shared by several processes where an increment is atomic, as
// it is in a database:
//
//	UPDATE stan SET next = next + $1 WHERE acquirer = $2 RETURNING next - $1
//
// [NewSTANFile] returns one for a single process.
type STANStore interface {
	// Reserve adds count, which is at least 1, to the counter and returns what it
	// was before: the numbers from there on, count of them, are the caller's, and
	// no call will return any of them again. It returns only when that would
	// survive a crash, and never at a count at which the store is not sure to be:
	// an error is better than a number that is given twice. After an error the
	// count may or may not be reserved; it is not used.
	//
	// STANs calls it in the goroutine of a caller of Next, with no lock held, and
	// one call at a time. It has no context: the store has to limit how long it
	// takes, since callers wait for it when a block is used up. A panic goes on to
	// that caller of Next; the other callers ask again.
	Reserve(count uint64) (first uint64, err error)
}

// stanBlock is what is left of a block of the endless count. The two are equal
// when nothing is.
type stanBlock struct{ next, end uint64 }

func (b stanBlock) left() uint64 { return b.end - b.next }

// endless is a block that no program comes to the end of.
func endless(next uint64) stanBlock { return stanBlock{next: next, end: next - 1} }

// stanSupply hands out the numbers of blocks that a store has reserved before.
type stanSupply struct {
	store STANStore
	size  uint64 // of a block

	mu      sync.Mutex
	current stanBlock
	spare   stanBlock // comes after current
	// mark is how many numbers of current are left when a spare is to be reserved;
	// 0 when there is one, or when too few are left to make use of it.
	mark uint64

	// storing is set while a caller asks the store, without mu.
	storing  bool
	attempts uint64 // that have ended
	err      error  // of the last attempt
	settled  sync.Cond
}

// take returns the next number of the endless count.
func (s *stanSupply) take() (uint64, error) {
	s.mu.Lock()
	if left := s.current.left(); left == 0 || left-1 == s.mark {
		return s.takeWithStore()
	}
	count := s.current.next
	s.current.next++
	s.mu.Unlock()
	return count, nil
}

// takeWithStore is take where the store may have to be asked. It gives up mu,
// which the caller has locked, even when the store panics.
func (s *stanSupply) takeWithStore() (uint64, error) {
	defer s.mu.Unlock()
	for s.current.left() == 0 {
		if err := s.renew(); err != nil {
			return 0, err
		}
	}
	count := s.current.next
	s.current.next++
	if s.mark > 0 && s.current.left() == s.mark {
		s.mark /= 2
		if !s.storing {
			// This caller has its number, whatever the store says; the error is
			// met again at the next mark, or at the end of the block.
			_ = s.attempt()
		}
	}
	return count, nil
}

// renew is called when current is used up, again until it is not. Those who find
// that somebody asks the store already share the outcome: if each asked for
// itself, a store that takes its time to fail would keep the last of them for as
// long as all of them together.
func (s *stanSupply) renew() error {
	if s.spare.left() > 0 {
		s.current, s.spare, s.mark = s.spare, stanBlock{}, s.size/2
		return nil
	}
	if !s.storing {
		return s.attempt()
	}
	for seen := s.attempts; s.attempts == seen; {
		s.settled.Wait()
	}
	return s.err
}

// attempt asks the store for a spare. It gives mu up while the store is at work,
// and has it again when it returns or panics.
func (s *stanSupply) attempt() (err error) {
	var reserved stanBlock
	s.storing = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.storing, s.err = false, err
		s.attempts++
		if reserved.left() > 0 {
			s.spare, s.mark = reserved, 0
		}
		s.settled.Broadcast()
	}()
	first, err := s.store.Reserve(s.size)
	if err != nil {
		return fmt.Errorf("reserving %d STANs: %w", s.size, err)
	}
	reserved = stanBlock{next: first, end: first + s.size}
	return nil
}
