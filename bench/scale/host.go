package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/isolink-go/isolink/bench/internal/ledger"
	"github.com/isolink-go/isolink/bench/internal/proc"
	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

type hostOptions struct {
	listen string
	ports  int
}

// What the parent asks of the host, one line of JSON each; the host answers each with a
// line. It ends with its standard input.
type order struct {
	Do  string   `json:"do"` // one of the constants
	IDs []uint64 `json:"ids,omitempty"`
}

const (
	askStats = "stats" // what it holds and has counted
	askDrop  = "drop"  // end all sessions at once
	askFlap  = "flap"  // end those of the last listener again and again
	askCalm  = "calm"  // until now
	askCheck = "check" // were these ids, which their senders were told not to be sent, got all the same?
	askClose = "close" // close all, and say what is still held
)

// hostStats is an answer.
type hostStats struct {
	Addrs    []string  `json:"addrs,omitempty"`
	Held     proc.Held `json:"held"`
	Sessions int       `json:"sessions"`
	Refused  uint64    `json:"refused"`
	Ended    int       `json:"ended"` // sessions that were ended by the order

	Requests     uint64 `json:"requests"`
	Twice        uint64 `json:"twice"`
	Stray        uint64 `json:"stray"`
	Contradicted uint64 `json:"contradicted"`

	Error string `json:"error,omitempty"`
}

const (
	// flapEvery is how often the host ends the sessions that flap, and slowly is how
	// long it takes to answer their requests: so that some are in doubt.
	flapEvery = 150 * time.Millisecond
	slowly    = 5 * time.Millisecond
	// mostIDs is how many requests a run can have.
	mostIDs = 1 << 24
	// patience is how long what must come may take on a busy machine.
	patience = 2 * time.Minute
)

// host is the other process: acceptors of one manager.
type host struct {
	manager   *supervisor.Manager
	acceptors []*supervisor.Acceptor // the last one is for links that flap
	seen      *ledger.Seen
	before    proc.Held

	flapping sync.WaitGroup
	calm     chan struct{}
	flaps    atomic.Int64
}

// serve is the whole life of the host.
func serve(o hostOptions, stdin io.Reader, stdout io.Writer) error {
	proc.MaxFiles()
	h := &host{seen: ledger.NewSeen(mostIDs), before: proc.Now()}
	var addrs []string
	if o.listen != "" {
		addrs = strings.Split(o.listen, ",")
	} else {
		addrs = make([]string, o.ports+1)
	}
	if err := h.open(addrs); err != nil {
		return err
	}
	orders, answers := json.NewDecoder(stdin), json.NewEncoder(stdout)
	first := h.stats()
	first.Held = h.before
	for _, a := range h.acceptors {
		first.Addrs = append(first.Addrs, a.Addr().String())
	}
	if err := answers.Encode(first); err != nil {
		return err
	}
	for {
		var next order
		if err := orders.Decode(&next); err != nil {
			return h.close() // the parent has gone
		}
		if err := answers.Encode(h.obey(next)); err != nil {
			return err
		}
		if next.Do == askClose {
			return nil
		}
	}
}

func (h *host) open(addrs []string) (err error) {
	h.manager, err = supervisor.New(nil, supervisor.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	for i, addr := range addrs {
		l, err := listen(addr)
		if err != nil {
			return errors.Join(err, h.close())
		}
		a, err := h.manager.Listen(supervisor.AcceptorConfig{
			Name: fmt.Sprintf("host-%d", i), Listener: l,
			Session: supervisor.LinkConfig{Spec: sample.Spec, Framing: framing.Binary2{}, Handler: h.answer(i == len(addrs)-1)},
		})
		if err != nil {
			return errors.Join(err, h.close())
		}
		h.acceptors = append(h.acceptors, a)
	}
	return nil
}

// listen takes a free port, when it is not given one, below those that systems give to
// connections: while the host is away, nobody gets its port, nor connects to itself.
func listen(addr string) (l net.Listener, err error) {
	if addr != "" {
		return net.Listen("tcp", addr)
	}
	for range 100 {
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.N(10_000))); err == nil {
			return l, nil
		}
	}
	return nil, err
}

func (h *host) answer(late bool) func(context.Context, *messages.Inbound) {
	return func(ctx context.Context, in *messages.Inbound) {
		h.seen.Arrived(ledger.ID(in.Frame))
		if late {
			<-time.After(slowly)
		}
		if sample.Answer(in.Frame) {
			_ = in.ReplyFrame(ctx, in.Frame) // where its session has ended, the sender is in doubt
		}
	}
}

func (h *host) obey(next order) hostStats {
	ended := 0
	var err error
	switch next.Do {
	case askStats:
	case askDrop:
		ended = end(h.acceptors...)
	case askFlap:
		h.calm = make(chan struct{})
		h.flapping.Go(h.flap)
	case askCalm:
		close(h.calm)
		h.flapping.Wait()
		ended = int(h.flaps.Load())
	case askCheck:
		for _, id := range next.IDs {
			h.seen.NotSent(id)
		}
	case askClose:
		err = h.close()
	default:
		err = fmt.Errorf("no such order: %q", next.Do)
	}
	s := h.stats()
	if next.Do == askClose {
		s.Held = proc.Settled(h.before)
	}
	s.Ended = ended
	if err != nil {
		s.Error = err.Error()
	}
	return s
}

// flap ends the sessions of the last acceptor until it is to stop.
func (h *host) flap() {
	ticker := time.NewTicker(flapEvery)
	defer ticker.Stop()
	for {
		select {
		case <-h.calm:
			return
		case <-ticker.C:
			h.flaps.Add(int64(end(h.acceptors[len(h.acceptors)-1])))
		}
	}
}

// end ends all sessions that these have now, at the same time and without letting
// anything settle.
func end(acceptors ...*supervisor.Acceptor) (ended int) {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	var ending sync.WaitGroup
	for _, a := range acceptors {
		for _, s := range a.Sessions() {
			ended++
			ending.Go(func() { _ = s.Close(now) }) // it reports what it cut short: that is the purpose
		}
	}
	ending.Wait()
	return ended
}

func (h *host) stats() hostStats {
	s := hostStats{
		Held: proc.Now(), Requests: h.seen.Total(), Twice: h.seen.Twice(), Stray: h.seen.Stray(), Contradicted: h.seen.Contradicted(),
	}
	for _, a := range h.acceptors {
		status := a.Status()
		s.Sessions += status.Sessions
		s.Refused += status.Refused.Total()
	}
	return s
}

func (h *host) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return h.manager.Close(ctx)
}
