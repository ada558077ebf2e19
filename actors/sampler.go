package actors

import (
	"sync"
	"time"
)

// sampleEvery is the least time between two events of the same cause, where a
// flood of causes must not become a flood of events.
const sampleEvery = time.Second

// sampler says which of many occurrences are told: the first of each cause, and
// then one in sampleEvery at most. The zero value is ready to use.
type sampler struct {
	mu     sync.Mutex
	causes map[error]*sampled
}

type sampled struct {
	last  time.Time
	count uint64 // since last
}

// add counts an occurrence of a cause, one of a few sentinels. When it is to be told
// now, it returns how many there were since the last one that was.
func (s *sampler) add(cause error) (total uint64, now bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.causes == nil {
		s.causes = make(map[error]*sampled)
	}
	c := s.causes[cause]
	if c == nil {
		c = new(sampled)
		s.causes[cause] = c
	}
	c.count++
	at := time.Now()
	if !c.last.IsZero() && at.Sub(c.last) < sampleEvery {
		return 0, false
	}
	total, c.count, c.last = c.count, 0, at
	return total, true
}
