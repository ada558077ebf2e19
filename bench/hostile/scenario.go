package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// scenario is one way to misbehave.
type scenario struct {
	name string
	rate string // how many misbehave, and how fast
	// limit is what ends it, within a time from when the fault began; 0: it goes on, in
	// bounds, for as long as it is made.
	limit  string
	within time.Duration
	least  int // how often the fault comes, at least
	ends   int // how often one is ended, at least, where there is a time
	// told is the error that says so, and called how.
	error string
	told  func(cause, err error) bool
	// refuses: it is told as a refusal, of each cause one a second.
	refuses bool
	heap    int64 // by how much memory may grow, in bytes
	make    func(ctx context.Context, w *world) *attack
}

// refusedEvery is how often a refusal is told of each cause, and a little more.
const refusedEvery = 1_100 * time.Millisecond

// aloneFor is how long the others are measured before each scenario.
const aloneFor = 500 * time.Millisecond

// fewest is how many exchanges the others make in each scenario at the least.
const fewest = 100

// slack is how much longer than its limit something may take on a busy machine.
const slack = 5 * time.Second

// attack is what was seen from the side of those who misbehave. Its methods may be
// called from several goroutines.
type attack struct {
	mu      sync.Mutex
	least   int // how often the fault has to come
	came    int
	ended   int
	longest time.Duration // until one was ended
	wrong   int           // what must not be seen
	heard   *heard        // of the link; nil: what the acceptors told counts
	fault   error         // the first of these, or why it could not be made
}

// goesOn reports whether there are to be more faults: until a time, and beyond it as
// long as too few came, since a machine may stand still until then.
func (a *attack) goesOn(ctx context.Context, until time.Time) bool {
	if time.Now().Before(until) {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.came < a.least && ctx.Err() == nil
}

// begun counts a fault.
func (a *attack) begun(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.came += n
}

// over counts one that was ended.
func (a *attack) over(took time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended++
	a.longest = max(a.longest, took)
}

// failed notes what must not be; nil is nothing.
func (a *attack) failed(err error) {
	if err == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wrong++
	if a.fault == nil {
		a.fault = err
	}
}

// of makes a fault n times at once, and waits for all.
func of(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

// wrongEnd is an end that should have come.
func wrongEnd(err error) error { return fmt.Errorf("it was not ended: %w", err) }
