package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// stuckAfter is how long callers may take to finish their last exchange: longer
// than any row's own timeout, so that a row without one cannot hang a run.
const stuckAfter = 15 * time.Second

// errStuck means that callers did not come back, and still run.
var errStuck = errors.New("callers did not return")

// load makes exchanges on one path, from any number of callers.
type load struct {
	path    Path
	callers []caller
	stormed uint64 // where the sequence numbers of the next storm start
}

// caller is what a caller keeps from run to run: contexts and sequence numbers
// are no part of what is measured.
type caller struct {
	ctx    context.Context
	cancel context.CancelFunc
	seq    uint64
	_      [32]byte // keeps two callers off one cache line
}

func newLoad(path Path, callers int) *load {
	l := &load{path: path, callers: make([]caller, callers)}
	for i := range l.callers {
		// A context of its own each, as a switch has one a transaction: callers
		// that shared one would meet at its lock.
		c := &l.callers[i]
		c.ctx, c.cancel = context.WithCancel(context.Background())
	}
	return l
}

// close ends the path. No run is under way.
func (l *load) close() error {
	l.cancel()
	return l.path.Close()
}

// cancel ends the callers' contexts.
func (l *load) cancel() {
	for i := range l.callers {
		l.callers[i].cancel()
	}
}

// timed makes exchanges for about the given time, and one at the least: callers may
// get no processor while the time runs.
func (l *load) timed(callers int, d time.Duration) (sliced, error) {
	var over, begun atomic.Bool
	timer := time.AfterFunc(time.Hour, func() { over.Store(true) })
	defer timer.Stop()
	return l.run(callers, d+stuckAfter,
		func() bool {
			if over.Load() {
				return begun.CompareAndSwap(false, true)
			}
			if !begun.Load() {
				begun.Store(true)
			}
			return true
		},
		func() { timer.Reset(d) })
}

// counted makes n exchanges, shared among the callers as they come. begin is
// called when they are about to start.
func (l *load) counted(callers, n int, begin func()) (sliced, error) {
	var taken atomic.Int64
	return l.run(callers, time.Duration(n)*time.Millisecond+stuckAfter,
		func() bool { return taken.Add(1) <= int64(n) },
		begin)
}

// run starts the callers, waits until all stand at the line, and lets them make
// exchanges as long as more says so. The first error ends the run, and so does
// limit, with errStuck. What it takes to start the callers is not measured.
func (l *load) run(callers int, limit time.Duration, more func() bool, begin func()) (sliced, error) {
	r := race{line: make(chan struct{})}
	if c, ok := l.path.(crewed); ok {
		r.start(c, callers, more)
	} else {
		r.ready.Add(callers)
		for i := range callers {
			r.done.Go(func() { r.exchange(l.path, i, &l.callers[i], more) })
		}
	}
	stuck := time.NewTimer(limit)
	defer stuck.Stop()
	if !wait(&r.ready, stuck) {
		r.fail(errStuck)
		close(r.line) // those who are not stuck go home
		return sliced{}, errStuck
	}

	m := startMeter()
	m.begin() // first: a slice is never shorter than its time
	begin()
	close(r.line)
	if !wait(&r.done, stuck) {
		r.fail(errStuck)
		return sliced{}, errStuck
	}
	measured := m.stop(r.total.Load())
	if err := r.failure.Load(); err != nil {
		return sliced{}, *err
	}
	return measured, nil
}

// wait tells whether the group was done before the timer went off.
func wait(group *sync.WaitGroup, timer *time.Timer) bool {
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// race is what the callers of one run share.
type race struct {
	ready, done sync.WaitGroup
	line        chan struct{} // closed when all are ready
	total       atomic.Uint64
	failure     atomic.Pointer[error]
}

// exchange makes one exchange before the line, by which stacks grow and the
// runtime fills its caches, and those behind it.
func (r *race) exchange(path Path, number int, c *caller, more func() bool) {
	r.one(path, number, c)
	r.ready.Done()
	<-r.line
	from := c.seq
	for r.failure.Load() == nil && more() {
		r.one(path, number, c)
	}
	r.total.Add(c.seq - from)
}

// start is exchange for all callers together, where clients of the path's own stand
// for them.
func (r *race) start(c crewed, callers int, more func() bool) {
	clients := min(c.crew(), callers)
	r.ready.Add(clients)
	for i := range clients {
		window := (callers - i + clients - 1) / clients
		r.done.Go(func() {
			first := 0
			if _, err := c.exchanges(i, window, func() bool { first++; return first <= window }); err != nil {
				r.fail(err)
			}
			r.ready.Done()
			<-r.line
			n, err := c.exchanges(i, window, func() bool { return r.failure.Load() == nil && more() })
			if err != nil {
				r.fail(err)
			}
			r.total.Add(n)
		})
	}
}

func (r *race) one(path Path, number int, c *caller) {
	if err := path.Exchange(c.ctx, number, c.seq); err != nil {
		r.fail(err)
	}
	c.seq++
}

// fail is a function of its own so that no exchange pays for an error that
// escapes.
func (r *race) fail(err error) { r.failure.CompareAndSwap(nil, &err) }
