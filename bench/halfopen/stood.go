package main

import (
	"context"
	"sync"
	"time"
)

// stoodWatch finds out for how long this process stood still, all in all: what was due
// meanwhile came so much later.
type stoodWatch struct {
	cancel  context.CancelFunc
	running sync.WaitGroup
	total   time.Duration // the goroutine's until it has ended
}

// leastStood is told apart from a timer that was a little late.
const leastStood = 100 * time.Millisecond

func watchStood() *stoodWatch {
	ctx, cancel := context.WithCancel(context.Background())
	w := &stoodWatch{cancel: cancel}
	w.running.Go(func() {
		const period = 20 * time.Millisecond
		tick := time.NewTicker(period)
		defer tick.Stop()
		for last := time.Now(); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			now := time.Now()
			if late := now.Sub(last) - period; late >= leastStood {
				w.total += late
			}
			last = now
		}
	})
	return w
}

func (w *stoodWatch) end() time.Duration {
	w.cancel()
	w.running.Wait()
	return w.total
}
