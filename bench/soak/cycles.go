package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/isolink-go/isolink/bench/internal/host"
	"github.com/isolink-go/isolink/bench/internal/ledger"
	"github.com/isolink-go/isolink/bench/internal/proc"
	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
	"github.com/isolink-go/isolink/testdata/check"
)

const (
	cyclists = 4 // cycles at the same time
	// cycleSamples are taken while nothing runs; the first quarter is warm-up.
	cycleSamples = 60
	// overTCP is one cycle of so many; the others are over pipes, since a host has no
	// more than some ten thousand ports for connections that have just ended.
	overTCP = 8
	// atOnce is one cycle of so many whose link is closed without waiting until it
	// is up.
	atOnce = 10
)

// cycles starts, uses and closes links of one manager.
type cycles struct {
	manager   *supervisor.Manager
	host      *host.Host
	pipe      *linktest.Pipe
	seed      uint64
	book      ledger.Book
	ids       atomic.Uint64
	used      atomic.Uint64 // links that were up and answered
	sockets   atomic.Uint64
	notClosed atomic.Uint64
}

// cycle is the second part.
func cycle(o options, stdout io.Writer) ([]check.Line, error) {
	if o.cycles == 0 {
		return nil, nil
	}
	before, begin := proc.Now(), time.Now()
	c, err := newCycles(o.seed)
	if err != nil {
		return nil, err
	}
	s, err := c.run(o.cycles)
	if err := errors.Join(err, c.end()); err != nil {
		return nil, err
	}
	took := time.Since(begin)
	left := leftOf(before, "cycles")
	fmt.Fprintf(stdout, "\n%d links started and closed in %v, %.0f a second; %d over TCP\n",
		o.cycles, took.Round(time.Second), float64(o.cycles)/took.Seconds(), c.sockets.Load())
	lines := append(s.checks(), c.checks(o)...)
	return append(lines, left...), s.write(o.out, "cycles")
}

func newCycles(seed uint64) (*cycles, error) {
	h, err := host.Listen()
	if err != nil {
		return nil, err
	}
	m, err := supervisor.New(nil, supervisor.Config{Logger: quiet})
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	c := &cycles{manager: m, host: h, pipe: linktest.NewPipe(answerPipe), seed: seed}
	if err := warm(m); err != nil {
		return nil, errors.Join(err, c.end())
	}
	return c, nil
}

// answerPipe answers each request.
func answerPipe(conn net.Conn) {
	in := bufio.NewReaderSize(conn, 512)
	for {
		_, body, err := framing.Binary2{}.Read(in, frameLimit)
		if err != nil || !sample.Answer(body) {
			return
		}
		frame, err := framing.Binary2{}.Append(nil, nil, body)
		if err != nil {
			return
		}
		if _, err := conn.Write(frame); err != nil {
			return
		}
	}
}

func (c *cycles) run(n int) (*series, error) {
	s := newSeries("cycles", proc.Now())
	for i := range cycleSamples {
		from, to := i*n/cycleSamples, (i+1)*n/cycleSamples
		var turns atomic.Int64
		turns.Store(int64(from))
		var running sync.WaitGroup
		var faults [cyclists]error
		for j := range cyclists {
			running.Go(func() {
				for turn := turns.Add(1); turn <= int64(to) && faults[j] == nil; turn = turns.Add(1) {
					faults[j] = c.turn(fmt.Sprintf("link-%d", j), uint64(turn))
				}
			})
		}
		running.Wait()
		if err := errors.Join(faults[:]...); err != nil {
			return nil, err
		}
		s.add(float64(to), proc.Now())
		if i < cycleSamples/4 {
			s.warm = len(s.held)
		}
	}
	return s, nil
}

// turn is the life of one link.
func (c *cycles) turn(name string, turn uint64) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	random := rand.New(rand.NewPCG(c.seed, turn))
	config := supervisor.LinkConfig{
		Name: name, Addrs: []string{c.host.Addr()}, Spec: sample.Spec, Framing: framing.Binary2{}, Dial: stopping(c.pipe.Dial),
	}
	if random.IntN(overTCP) == 0 {
		config.Dial = nil
		c.sockets.Add(1)
	}
	link, err := c.manager.AddLink(config)
	if err != nil {
		return err
	}
	if random.IntN(atOnce) > 0 {
		if err := link.Await(ctx, messages.Up); err != nil {
			return err
		}
		id := c.ids.Add(1)
		if c.book.Exchange(ctx, link.Exchange, uint32(id%ledger.MaxSTAN)+1, id) == ledger.Answered {
			c.used.Add(1)
		}
	}
	err = c.manager.RemoveLink(ctx, name)
	if link.Status().State != messages.Closed {
		c.notClosed.Add(1)
	}
	return err
}

func (c *cycles) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := c.manager.Close(ctx)
	c.pipe.Close()
	return errors.Join(err, c.host.Close())
}

func (c *cycles) checks(o options) []check.Line {
	return []check.Line{
		check.AtLeast("cycles: links used", c.used.Load(), uint64(o.cycles/2)),
		check.AtLeast("cycles: links over TCP", c.sockets.Load(), uint64(o.cycles/overTCP/2)),
		check.None("cycles: lost", c.book.Begun()-c.book.Count(ledger.Answered)),
		check.None("cycles: misdelivered", c.book.Count(ledger.Misdelivered)),
		check.None("cycles: hung", c.book.Hung()),
		check.None("cycles: links that are not closed", c.notClosed.Load()),
	}
}
