package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// options are those of a run.
type options struct {
	seed    uint64
	length  time.Duration
	kinds   []kind
	callers int
	pause   time.Duration // of a caller between two exchanges, on average
}

// run is one run.
type run struct {
	options
	ledger  *ledger
	oracle  *oracle
	book    *book
	tally   *tally
	sockets sockets
	proxies *proxies
	certs   *certificates

	random  *random // of the acceptor
	hosts   []*rawHost
	lanes   []*lane
	groups  []*group
	manager *supervisor.Manager
	issuers *supervisor.Manager // nil: no acceptor
	issuer  *supervisor.Acceptor

	lastSTANs []atomic.Pointer[string] // by lane
	lastSTAN  atomic.Pointer[string]   // that an acceptor has got
	answering sync.WaitGroup           // late replies of the acceptor
	calm      atomic.Bool
	started   int64 // on the ledger's clock
	hung      chan struct{}

	mu    sync.Mutex
	fault error
	drift time.Duration // the latest that a timer of this process was
	after aftermath
}

// aftermath is what is left when the faults are over.
type aftermath struct {
	working    int // links that answer again
	stuck      int // proxies that were replaced
	goroutines int
	stacks     string
	sockets    int
	closing    error
	links      supervisor.Counters
	group      uint64 // passed on by groups
}

const (
	upWithin    = 60 * time.Second
	settleAll   = 60 * time.Second
	closeWithin = 30 * time.Second
	lastProofs  = 5 // exchanges of each link when the faults are over
)

func newRun(o options) *run {
	r := &run{options: o, ledger: newLedger(), tally: newTally(), hung: make(chan struct{})}
	r.random = newRandom(o.seed, 3<<32)
	r.oracle = &oracle{ledger: r.ledger}
	r.book = &book{ledger: r.ledger, links: make(map[string]int16), groups: make(map[string]bool), ends: newTally()}
	r.proxies = newProxies(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.after.stuck++
	})
	return r
}

func (r *run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = errors.Join(r.fault, err)
}

// execute runs all. The error says that there is nothing to judge.
func (r *run) execute() (err error) {
	if r.certs, err = newCertificates(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var watch sync.WaitGroup
	watch.Go(func() { r.watchTimers(ctx) })
	err = r.open()
	if err == nil {
		err = r.awaitUp()
	}
	if err == nil {
		r.chaos()
		r.calmDown()
	}
	r.close()
	cancel()
	watch.Wait()
	return errors.Join(err, r.fault)
}

func (r *run) awaitUp() error {
	ctx, cancel := context.WithTimeout(context.Background(), upWithin)
	defer cancel()
	for _, l := range r.manager.Links() {
		if err := l.Await(ctx, messages.Up); err != nil {
			return fmt.Errorf("link %s: %w", l.Name(), err)
		}
	}
	return nil
}

// chaos lets callers call while the plan is followed.
func (r *run) chaos() {
	r.lastSTANs = make([]atomic.Pointer[string], len(r.lanes))
	var faults [][]fault
	for _, l := range r.lanes {
		faults = append(faults, l.faults)
	}
	plan := newPlan(r.seed, faults, r.length)
	r.started = r.ledger.now()
	ctx, cancel := context.WithTimeout(context.Background(), r.length)
	defer cancel()

	var lanes, callers sync.WaitGroup
	for i := range r.lanes {
		lanes.Go(func() { r.follow(ctx, i, plan) })
	}
	root := r.manager.System().Root
	results := root.Spawn(actor.PropsFromProducer(func() actor.Actor { return &client{r.book} }))
	for n := range r.callers {
		c := r.newCaller(n)
		c.pid = results
		callers.Go(func() { c.work(ctx, r.pause) })
	}
	if r.issuer != nil {
		for n := range 4 {
			callers.Go(func() { r.askSessions(ctx, n, 4*r.pause) })
		}
	}
	lanes.Wait()
	done := make(chan struct{})
	go func() {
		callers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(settleAll):
		close(r.hung) // the ledger has which ones
	}
	_ = root.StopFuture(results).Wait()
}

// watchTimers measures how late the timers of this process are.
func (r *run) watchTimers(ctx context.Context) {
	const period = 20 * time.Millisecond
	for ctx.Err() == nil {
		begun := time.Now()
		time.Sleep(period)
		r.mu.Lock()
		r.drift = max(r.drift, time.Since(begun)-period)
		r.mu.Unlock()
	}
}

// calmDown ends the faults, and asks each link until it answers.
func (r *run) calmDown() {
	r.calm.Store(true)
	for _, h := range r.hosts {
		h.calm.Store(true)
	}
	for _, l := range r.lanes {
		if l.port != nil {
			l.port.halves.Store(0)
			l.port.wrong.Store(0)
			l.port.garbled.Store(0)
		}
	}
	for _, h := range r.hosts {
		h.delayed.Wait()
	}
	r.answering.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), upWithin)
	defer cancel()
	var working atomic.Int64
	var all []func()
	for _, g := range r.groups {
		for i := range g.links {
			c := r.newCaller(r.callers + g.first + i)
			all = append(all, func() {
				proven := 0
				for proven < lastProofs && ctx.Err() == nil {
					if c.proof(g, i) {
						proven++
						continue
					}
					proven = 0
					wait(ctx, 50*time.Millisecond)
				}
				if proven == lastProofs {
					working.Add(1)
				}
			})
		}
	}
	together(all...)
	r.after.working = int(working.Load())
}

// proof makes an exchange that has to be answered.
func (c *caller) proof(g *group, link int) (ok bool) {
	id := c.exchange(g, link, byLinkSend, sendTimeout, false)
	c.run.ledger.with(id, func(a *ask) { ok = a.outcome == answered })
	return ok
}
