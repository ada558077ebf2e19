package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/isolink-go/isolink/bench/internal/ledger"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

const (
	// sendTimeout is long: on a link that does not flap, none may pass.
	sendTimeout = 30 * time.Second
	// flapPause is how long a link that flaps rests between requests, on average.
	flapPause = 10 * time.Millisecond
)

// load is what is sent while links flap.
type load struct {
	steady, flapping ledger.Book
	links            []*supervisor.Link // steady ones first
	flappers         int
	least            atomic.Int64 // exchanges of the steady link that has the fewest; -1: none has ended

	ids    atomic.Uint64
	mu     sync.Mutex
	unsent []uint64 // ids that were not sent
}

// flapping lets one link of a hundred flap, while all are used.
func (f *fleet) flapping(found *report) error {
	l := &found.load
	l.flappers = max(1, f.links/100)
	l.least.Store(-1)
	if err := f.replace(l.flappers); err != nil {
		return err
	}
	l.links = f.manager.Links()
	before := f.sessions()
	if _, err := f.host.ask(order{Do: askFlap}); err != nil {
		return err
	}
	found.seconds = l.run(f.options)
	answer, err := f.host.ask(order{Do: askCalm})
	if err != nil {
		return err
	}
	found.flaps = answer.Ended
	if err := f.awaitAll(); err != nil { // those that flapped come back
		return err
	}
	for i, after := range f.sessions() {
		if i < f.links-l.flappers && after != before[i] {
			found.disturbed++
		}
	}
	found.arrived, err = f.host.ask(order{Do: askCheck, IDs: l.unsent})
	f.say("%d requests in %v, %d sessions ended", l.steady.Begun()+l.flapping.Begun(), found.seconds, found.flaps)
	return err
}

// replace removes the last n links and adds others, with the same names, to the port
// whose sessions flap. They come back fast.
func (f *fleet) replace(n int) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	fast := supervisor.Backoff{MinDelay: 10 * time.Millisecond, Base: 20 * time.Millisecond, Cap: 20 * time.Millisecond}
	for i := f.links - n; i < f.links; i++ {
		if err := f.manager.RemoveLink(ctx, nameOf(i)); err != nil {
			return err
		}
		link, err := f.manager.AddLink(f.link(nameOf(i), len(f.addrs)-1, fast))
		if err != nil {
			return err
		}
		if err := link.Await(ctx, messages.Up); err != nil {
			return err
		}
	}
	return nil
}

// run sends over all links, and returns how long. What does not end is left behind, and
// counted as hung.
func (l *load) run(o options) time.Duration {
	pause := time.Duration(len(l.links)) * time.Second / time.Duration(o.rate)
	pause = min(pause, o.flap/5) // each link has its turns
	begin := time.Now()
	until := begin.Add(o.flap)
	var sending sync.WaitGroup
	for i, link := range l.links {
		flaps := i >= len(l.links)-l.flappers
		random := rand.New(rand.NewPCG(o.seed, uint64(i)))
		sending.Go(func() {
			if flaps {
				l.send(link, &l.flapping, flapPause, until, random)
				return
			}
			n := l.send(link, &l.steady, pause, until, random)
			for least := l.least.Load(); (least < 0 || n < least) && !l.least.CompareAndSwap(least, n); {
				least = l.least.Load()
			}
		})
	}
	done := make(chan struct{})
	go func() {
		sending.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(o.flap + 2*sendTimeout):
	}
	return time.Since(begin)
}

// send sends one request after the other, with pauses of 0 to twice their mean.
func (l *load) send(link *supervisor.Link, book *ledger.Book, pause time.Duration, until time.Time, random *rand.Rand) (sent int64) {
	timer := time.NewTimer(time.Duration(random.Int64N(2 * int64(pause))))
	defer timer.Stop()
	for ; ; sent++ {
		<-timer.C
		if time.Now().After(until) {
			return sent
		}
		id := l.ids.Add(1)
		ctx, cancel := context.WithTimeout(context.Background(), sendTimeout)
		outcome := book.Exchange(ctx, link.Exchange, uint32(sent%ledger.MaxSTAN)+1, id)
		cancel()
		if outcome == ledger.NotSent {
			l.mu.Lock()
			l.unsent = append(l.unsent, id)
			l.mu.Unlock()
		}
		timer.Reset(time.Duration(random.Int64N(2 * int64(pause))))
	}
}

func (l *load) fault() error { return errors.Join(l.steady.Fault(), l.flapping.Fault()) }
