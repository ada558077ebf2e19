package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/isolink-go/isolink/bench/internal/ledger"
	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

const (
	linksOfAGroup = 4
	callers       = 8 // of a group
	// patience is how long what must come may take on a busy machine.
	patience = time.Minute
	// mostASecond is above what all callers together can send.
	mostASecond = 20_000
)

// The books are one for each kind of requests.
const (
	steady  = iota // of the group that must not lose any
	rough          // of the group whose host is faulty
	asked          // of the acceptor to its peers, which come and go
	closing        // over managers that are closed meanwhile
	books
)

var bookNames = [books]string{"steady", "rough", "asked by the acceptor", "of managers that close"}

var quiet = slog.New(slog.DiscardHandler)

// rig is all that soaks.
type rig struct {
	seed     uint64
	seen     *ledger.Seen // what has arrived, at either end
	faulty   *faultyHost
	host     *supervisor.Manager
	acceptor *supervisor.Acceptor
	client   *supervisor.Manager

	ids      atomic.Uint64
	books    [books]ledger.Book
	lateTold atomic.Uint64
	orders   [orders]atomic.Uint64

	stop    chan struct{}
	running sync.WaitGroup
	// changing is held for reading by turns that change what there is, links, clients
	// or managers, and for writing while samples are taken: between such turns.
	changing sync.RWMutex

	mu    sync.Mutex
	fault error // the first one that ended a part of it
}

// newRig starts both ends; run starts what uses them.
func newRig(o options) (r *rig, err error) {
	r = &rig{seed: o.seed, seen: ledger.NewSeen(uint64(o.minutes*60*mostASecond) + 1_000_000), stop: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.end())
		}
	}()
	if r.faulty, err = startFaulty(o.seed, r.seen); err != nil {
		return r, err
	}
	if r.host, err = supervisor.New(nil, supervisor.Config{Logger: quiet}); err != nil {
		return r, err
	}
	if r.acceptor, err = r.host.Listen(r.listening()); err != nil {
		return r, err
	}
	config := supervisor.Config{Logger: quiet, Groups: []supervisor.GroupConfig{
		{Name: "steady"}, {Name: "rough", Strategy: supervisor.LeastInFlight()},
	}}
	for i := range linksOfAGroup {
		fine, bad := r.link(fmt.Sprintf("steady-%d", i), r.acceptor.Addr().String()), r.roughLink(fmt.Sprintf("rough-%d", i))
		config.Links = append(config.Links, fine, bad)
		config.Groups[0].Links = append(config.Groups[0].Links, fine.Name)
		config.Groups[1].Links = append(config.Groups[1].Links, bad.Name)
	}
	if r.client, err = supervisor.New(nil, config); err != nil {
		return r, err
	}
	if !o.cold {
		if err = errors.Join(warm(r.host), warm(r.client)); err != nil {
			return r, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for i := range linksOfAGroup {
		err = errors.Join(err, r.client.Link(fmt.Sprintf("steady-%d", i)).Await(ctx, messages.Up))
	}
	return r, err
}

// listening is an acceptor whose handler answers.
func (r *rig) listening() supervisor.AcceptorConfig {
	return supervisor.AcceptorConfig{Name: "host", Addr: "127.0.0.1:0", Session: supervisor.LinkConfig{
		Spec: sample.Spec, Framing: framing.Binary2{}, Handler: r.answer, AnswerKeepAlives: true, LateWindow: time.Second,
	}}
}

// link is one to an acceptor, which sends keep-alives and answers its requests.
func (r *rig) link(name, addr string) supervisor.LinkConfig {
	return supervisor.LinkConfig{
		Name: name, Addrs: []string{addr}, Spec: sample.Spec, Framing: framing.Binary2{}, Handler: r.answer,
		SendKeepAlive: 100 * time.Millisecond, LateWindow: time.Second,
	}
}

// roughLink is one to the faulty host. What is late is told; the tables are full soon.
func (r *rig) roughLink(name string) supervisor.LinkConfig {
	return supervisor.LinkConfig{
		Name: name, Addrs: []string{r.faulty.addr()}, Spec: sample.Spec, Framing: framing.Binary2{},
		SendTimeout: roughTimeout, LateWindow: time.Second,
		Backoff: supervisor.Backoff{MinDelay: 10 * time.Millisecond, Base: 10 * time.Millisecond, Cap: 50 * time.Millisecond},
		OnLate:  func(*messages.LateReply) { r.lateTold.Add(1) },
	}
}

func (r *rig) answer(ctx context.Context, in *messages.Inbound) {
	r.seen.Arrived(ledger.ID(in.Frame))
	if sample.Answer(in.Frame) {
		_ = in.ReplyFrame(ctx, in.Frame) // where its session has ended, the sender is in doubt
	}
}

// run starts all that uses the rig, each part with a random source of its own.
func (r *rig) run() {
	part := func(n int, pause time.Duration, turn func(*rand.Rand) error) {
		for range n {
			random := rand.New(rand.NewPCG(r.seed, r.ids.Add(1)))
			r.running.Go(func() { r.repeat(random, pause, turn) })
		}
	}
	for book, group := range map[int]*supervisor.Group{steady: r.client.Group("steady"), rough: r.client.Group("rough")} {
		part(callers, 5*time.Millisecond, func(*rand.Rand) error {
			r.exchange(book, group.Exchange)
			return nil
		})
	}
	part(2, 10*time.Millisecond, r.ask)
	change := func(turn func(*rand.Rand) error) func(*rand.Rand) error {
		return func(random *rand.Rand) error {
			r.changing.RLock()
			defer r.changing.RUnlock()
			return turn(random)
		}
	}
	part(2, 50*time.Millisecond, change(r.churn))
	part(1, 50*time.Millisecond, change(r.visit))
	part(1, 100*time.Millisecond, change(r.command))
	part(1, time.Second, change(r.manage))
}

// repeat takes turns, with pauses of 0 to twice their mean, until the rig stops or one
// fails.
func (r *rig) repeat(random *rand.Rand, pause time.Duration, turn func(*rand.Rand) error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-timer.C:
		}
		if err := turn(random); err != nil {
			r.mu.Lock()
			r.fault = errors.Join(r.fault, err)
			r.mu.Unlock()
			return
		}
		timer.Reset(time.Duration(random.Int64N(2 * int64(pause))))
	}
}

// exchange sends a request, and enters it.
func (r *rig) exchange(book int, exchange func(context.Context, []byte) ([]byte, error)) ledger.Outcome {
	id := r.ids.Add(1)
	ctx, cancel := context.WithTimeout(context.Background(), patience/2)
	defer cancel()
	outcome := r.books[book].Exchange(ctx, exchange, uint32(id%ledger.MaxSTAN)+1, id)
	if outcome == ledger.NotSent {
		r.seen.NotSent(id)
	}
	return outcome
}

// finish stops all that uses the rig, waits for it, and ends both ends.
func (r *rig) finish() error {
	close(r.stop)
	done := make(chan struct{})
	go func() {
		r.running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(2 * patience): // what hangs is found by the books
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.fault, r.end())
}

func (r *rig) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var errs []error
	for _, m := range []*supervisor.Manager{r.client, r.host} {
		if m != nil {
			errs = append(errs, m.Close(ctx))
		}
	}
	if r.faulty != nil {
		r.faulty.close()
	}
	return errors.Join(errs...)
}
