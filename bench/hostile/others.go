package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/supervisor"
)

// callersPerLink make the well-behaved exchanges.
const callersPerLink = 8

// others are the well-behaved: callers of links, and clients that come anew. Each
// exchange begins when it is due, and counts from then, though an earlier one held it
// up.
type others struct {
	links []*supervisor.Link
	addr  string // that new clients connect to
	shape *sample.Shape

	period  atomic.Int64  // of a caller; 0: as fast as it can
	epoch   atomic.Uint64 // of a scenario: what was behind is not made up for
	ledger  ledger
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// ledger is what became of the exchanges of the well-behaved.
type ledger struct {
	mu           sync.Mutex
	done         int
	lost         int // an error of any kind
	misdelivered int
	newcomers    int // that were served
	firstFault   error
	latencies    *hdrhistogram.Histogram // µs
}

// longestLatency is the largest that is told apart, in µs.
const longestLatency = 60_000_000

func newOthers(links []*supervisor.Link, addr string) *others {
	o := &others{links: links, addr: addr, shape: sample.Two}
	o.ledger.latencies = hdrhistogram.New(1, longestLatency, 2)
	o.ctx, o.cancel = context.WithCancel(context.Background())
	return o
}

// start lets them begin; alone says how long they go as fast as they can. It returns
// the rate a second that they then reached.
func (o *others) start(alone time.Duration) int {
	for i := range o.links {
		for j := range callersPerLink {
			o.running.Go(func() { o.call(i, i*callersPerLink+j) })
		}
	}
	time.Sleep(alone / 4) // they warm up
	o.ledger.take()
	begin := time.Now()
	time.Sleep(alone)
	most := int(float64(o.ledger.take().done) / time.Since(begin).Seconds())
	callers := len(o.links) * callersPerLink
	o.period.Store(int64(time.Second) * int64(callers) / int64(max(most/2, callers)))
	o.running.Go(o.newcomers)
	return most
}

// begin lets nobody make up for what was late before.
func (o *others) begin() {
	o.epoch.Add(1)
	time.Sleep(time.Second / 10) // what was begun before is over
	o.ledger.mu.Lock()
	defer o.ledger.mu.Unlock()
	o.ledger.latencies.Reset() // the counts go on: nothing is lost unseen
}

// stop ends them behind the exchanges that they have begun.
func (o *others) stop() {
	o.cancel()
	o.running.Wait()
}

// call makes the exchanges of one caller.
func (o *others) call(link, caller int) {
	due, epoch := time.Now(), uint64(0)
	for seq := uint64(0); o.ctx.Err() == nil; seq++ {
		if period := time.Duration(o.period.Load()); period > 0 {
			// Behind by more than a second, it does not try to make up for that.
			due = due.Add(period)
			now, current := time.Now(), o.epoch.Load()
			if epoch != current || now.Sub(due) > time.Second {
				due, epoch = now, current
			}
			time.Sleep(time.Until(due))
		} else {
			due = time.Now()
		}
		stan := sample.STAN(caller, seq)
		body := o.shape.AppendBody(make([]byte, 0, o.shape.Size()), stan)
		reply, err := o.links[link].Exchange(context.Background(), body)
		if err == nil {
			err = o.shape.Verify(reply, stan)
		}
		o.ledger.exchanged(time.Since(due), err)
	}
}

// newcomers connect, make an exchange, and leave, five a second.
func (o *others) newcomers() {
	tick := time.NewTicker(time.Second / 5)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-o.ctx.Done():
			return
		case <-tick.C:
			o.ledger.came(o.newcomer(n))
		}
	}
}

func (o *others) newcomer(n int) error {
	conn, err := net.DialTimeout("tcp", o.addr, patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	stan := uint32(n%1000 + 1)
	if err := firstExchange(conn, stan); err != nil {
		return fmt.Errorf("a new client: %w", err)
	}
	return nil
}

func (l *ledger) exchanged(took time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done++
	l.fault(err)
	_ = l.latencies.RecordValue(min(max(1, took.Microseconds()), longestLatency)) // within its range
}

func (l *ledger) came(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.newcomers++
	l.fault(err)
}

// fault is called with mu held.
func (l *ledger) fault(err error) {
	switch {
	case err == nil:
		return
	case errors.Is(err, sample.ErrMismatch):
		l.misdelivered++
	default:
		l.lost++
	}
	if l.firstFault == nil {
		l.firstFault = err
	}
}

// figures are a ledger's of one scenario.
type figures struct {
	done, lost, misdelivered, newcomers int
	firstFault                          error
	p99                                 time.Duration
}

// await waits until n exchanges are done, unless they do not come.
func (l *ledger) await(n int) {
	done := func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.done >= n
	}
	for deadline := time.Now().Add(patience); !done() && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
}

// take returns what there is, and begins anew.
func (l *ledger) take() figures {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := figures{
		l.done, l.lost, l.misdelivered, l.newcomers, l.firstFault,
		time.Duration(l.latencies.ValueAtQuantile(99)) * time.Microsecond,
	}
	l.done, l.lost, l.misdelivered, l.newcomers, l.firstFault = 0, 0, 0, 0, nil
	l.latencies.Reset()
	return f
}
