package traffic

import (
	"slices"
	"sync"
	"time"
)

// Tally counts results, by link. It may be used from any goroutine.
type Tally struct {
	mu    sync.Mutex
	links []Counts
}

// Counts are what became of the sends of one link, or of several.
type Counts struct {
	Sent     uint64
	Outcomes [outcomes]uint64
	// Causes counts what was not answered by "outcome: cause".
	Causes map[string]uint64
	// Longest is how long the slowest send of each outcome took.
	Longest [outcomes]time.Duration
	// took is how long each answered send took.
	took []time.Duration
}

// NewTally counts for that many links.
func NewTally(links int) *Tally {
	t := &Tally{links: make([]Counts, links)}
	for i := range t.links {
		t.links[i].Causes = make(map[string]uint64)
	}
	return t
}

// Sent counts a send that begins.
func (t *Tally) Sent(link int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.links[link].Sent++
}

// Settled counts a result.
func (t *Tally) Settled(r Result) {
	outcome := r.Outcome()
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &t.links[r.Link]
	c.Outcomes[outcome]++
	c.Longest[outcome] = max(c.Longest[outcome], r.Took)
	if r.Err == nil {
		c.took = append(c.took, r.Took)
		return
	}
	c.Causes[outcome.String()+": "+Cause(r.Err)]++
}

// Link returns a copy of what was counted for a link.
func (t *Tally) Link(link int) Counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	return sum(t.links[link : link+1])
}

// Total returns what was counted for all links.
func (t *Tally) Total() Counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	return sum(t.links)
}

func sum(links []Counts) Counts {
	total := Counts{Causes: make(map[string]uint64)}
	answered := 0
	for i := range links {
		answered += len(links[i].took)
	}
	total.took = make([]time.Duration, 0, answered)
	for i := range links {
		total.Sent += links[i].Sent
		for outcome, n := range links[i].Outcomes {
			total.Outcomes[outcome] += n
			total.Longest[outcome] = max(total.Longest[outcome], links[i].Longest[outcome])
		}
		for cause, n := range links[i].Causes {
			total.Causes[cause] += n
		}
		total.took = append(total.took, links[i].took...)
	}
	return total
}

// Answered counts the sends that had a response.
func (c *Counts) Answered() (n uint64) {
	for outcome := range outcomes {
		if outcome.Answered() {
			n += c.Outcomes[outcome]
		}
	}
	return n
}

// Settled counts the sends that have returned.
func (c *Counts) Settled() (n uint64) {
	for _, of := range c.Outcomes {
		n += of
	}
	return n
}

// Quantile is the time within which that part of the answered sends were
// answered, from 0 to 1; 0 when there is none.
func (c *Counts) Quantile(part float64) time.Duration {
	if len(c.took) == 0 {
		return 0
	}
	slices.Sort(c.took)
	return c.took[min(int(part*float64(len(c.took))), len(c.took)-1)]
}
