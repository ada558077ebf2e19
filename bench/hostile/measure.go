package main

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/isolink-go/isolink/supervisor"
)

// finding is what came of one scenario.
type finding struct {
	scenario
	came, ended int
	longest     time.Duration
	wrong       int // ended too late, places that are still taken, what must not be seen
	heard       int
	grown       int64
	fault       error
	before      figures // of the others, right before
	others      figures
}

// findings are those of a run.
type findings struct {
	all    []finding
	most   int // exchanges a second that the others reached alone
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

// scenario makes one, behind a while in which the others are alone.
func (w *world) scenario(s scenario) finding {
	w.others.begin()
	heap := watchHeap()
	alone := time.Now().Add(aloneFor)
	if next := w.ended.Add(refusedEvery); s.refuses && next.After(alone) {
		alone = next
	}
	time.Sleep(time.Until(alone))
	w.others.ledger.await(fewest) // of a slow machine
	before := w.others.ledger.take()
	w.least = s.least
	w.heard.begin()
	ctx, cancel := context.WithTimeout(context.Background(), max(s.within, w.flood)+patience)
	defer cancel()
	a := s.make(ctx, w)
	f := finding{
		scenario: s, came: a.came, ended: a.ended, wrong: a.wrong, longest: a.longest,
		grown: heap.growth(), before: before, others: w.others.ledger.take(),
	}
	if s.within > 0 && f.longest > s.within+slack {
		a.failed(errors.New("one was ended too late"))
	}
	if w.placesLeft() > 0 {
		a.failed(errors.New("a place of an acceptor is still taken"))
	}
	w.ended = time.Now()
	f.wrong, f.fault = a.wrong, errors.Join(a.fault, before.firstFault, f.others.firstFault)
	told := w.heard
	if a.heard != nil {
		told = a.heard
	}
	f.heard = told.await(s.told)
	return f
}

// placesLeft waits until the acceptors have none but the well-behaved, and returns how
// many others are there. New clients come and go.
func (w *world) placesLeft() int {
	left := 0
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		left = 0
		for a, good := range map[*supervisor.Acceptor]int{w.plain: plainClients, w.secure: 1, w.long: 0} {
			left += max(0, a.Status().Open-good)
		}
		if left == 0 {
			return 0
		}
	}
	return left
}
