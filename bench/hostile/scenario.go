package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/isolink-go/isolink/supervisor"
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

// slack is how much longer than its limit something may take on a busy machine.
const slack = 5 * time.Second

// attack is what was seen from the side of those who misbehave. Its methods may be
// called from several goroutines.
type attack struct {
	mu      sync.Mutex
	came    int
	ended   int
	longest time.Duration // until one was ended
	wrong   int           // what must not be seen
	fault   error         // the first of these, or why it could not be made
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

// finding is what came of one scenario.
type finding struct {
	scenario
	came, ended, wrong int
	longest            time.Duration
	heard              int
	grown              int64
	places             int // of acceptors, that are still taken
	fault              error
	others             figures
	took               time.Duration
}

// findings are those of a run.
type findings struct {
	all    []finding
	most   int // exchanges a second that the others reached alone
	alone  figures
	leaked int // goroutines
}

// measure makes all scenarios, one after the other.
func measure(o options) (findings, error) {
	before := runtime.NumGoroutine()
	w, err := newWorld()
	if err != nil {
		return findings{}, err
	}
	w.flood = o.flood
	f := findings{most: w.others.start(o.alone)}
	time.Sleep(o.alone / 4)
	w.others.ledger.take()
	time.Sleep(o.alone)
	f.alone = w.others.ledger.take()
	for _, s := range o.scenarios {
		f.all = append(f.all, w.scenario(s))
	}
	if err := w.close(); err != nil {
		return f, err
	}
	f.leaked = leaked(before)
	return f, nil
}

// leaked waits until no more goroutines run than before, and returns how many do.
func leaked(before int) int {
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if n := runtime.NumGoroutine() - before; n <= 0 || time.Now().After(deadline) {
			return max(n, 0)
		}
	}
}

// scenario makes one.
func (w *world) scenario(s scenario) finding {
	if s.refuses {
		time.Sleep(time.Until(w.ended.Add(refusedEvery)))
	}
	w.heard.begin()
	w.others.ledger.take()
	heap := watchHeap()
	ctx, cancel := context.WithTimeout(context.Background(), max(s.within, w.flood)+patience)
	defer cancel()
	begin := time.Now()
	a := s.make(ctx, w)
	f := finding{
		scenario: s, came: a.came, ended: a.ended, wrong: a.wrong, longest: a.longest, fault: a.fault,
		grown: heap.growth(), others: w.others.ledger.take(), took: time.Since(begin),
	}
	f.places = w.placesLeft()
	w.ended = time.Now()
	f.heard = w.heard.told(s.told)
	f.fault = errors.Join(f.fault, f.others.firstFault)
	return f
}

// placesLeft waits until the acceptors have none but the well-behaved, and returns how
// many others are there. New clients come and go.
func (w *world) placesLeft() int {
	left := 0
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		left = 0
		for a, good := range map[*supervisor.Acceptor]int{w.plain: 3, w.secure: 1, w.long: 0} {
			left += max(0, a.Status().Open-good)
		}
		if left == 0 {
			return 0
		}
	}
	return left
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
