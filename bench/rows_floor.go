package main

import (
	"context"
	"fmt"

	"github.com/isolink-go/isolink/bench/internal/floor"
	"github.com/isolink-go/isolink/bench/internal/sample"
)

// barePath reuses a caller's request and response from exchange to exchange.
type barePath struct {
	shape   *sample.Shape
	client  *floor.Bare
	callers []bareCaller
}

type bareCaller struct {
	waiter *floor.Waiter
	body   []byte
	_      [32]byte // keeps two callers off one cache line
}

func openBare(to target, shape *sample.Shape, callers int) (Path, error) {
	conn, err := to.dial()
	if err != nil {
		return nil, fmt.Errorf("floor-bare: %w", err)
	}
	p := &barePath{
		shape:   shape,
		client:  floor.NewBare(conn, shape.STANAt),
		callers: make([]bareCaller, callers),
	}
	for i := range p.callers {
		p.callers[i].waiter = floor.NewWaiter()
	}
	return p, nil
}

func (p *barePath) Exchange(_ context.Context, caller int, seq uint64) error {
	c := &p.callers[caller]
	stan := sample.STAN(caller, seq)
	c.body = p.shape.AppendBody(c.body[:0], stan)
	response, err := p.client.Exchange(c.waiter, c.body)
	if err != nil {
		return fmt.Errorf("floor-bare: %w", err)
	}
	return p.shape.Verify(response, stan)
}

func (p *barePath) Close() error { return p.client.Close() }

// smallBuffer is for a link among many: a heap of large buffers would keep the
// garbage collector away from all rows.
const smallBuffer = 4 << 10

// contractPath makes a new request for each exchange, since the client owns it.
type contractPath struct {
	shape  *sample.Shape
	client *floor.Contract
}

func openContract(to target, shape *sample.Shape, callers int) (Path, error) {
	conn, err := to.dial()
	if err != nil {
		return nil, fmt.Errorf("floor-contract: %w", err)
	}
	config := floor.Config{STANAt: shape.STANAt, Timeout: to.sendTimeout(), Limit: 2 * callers}
	if to.links > 1 {
		config.ReadBuffer = smallBuffer
	}
	return &contractPath{shape: shape, client: floor.NewContract(conn, config)}, nil
}

func (p *contractPath) Exchange(ctx context.Context, caller int, seq uint64) error {
	stan := sample.STAN(caller, seq)
	body := p.shape.AppendBody(make([]byte, 0, p.shape.Size()), stan)
	response, err := p.client.Exchange(ctx, body)
	if err != nil {
		return fmt.Errorf("floor-contract: %w", err)
	}
	return p.shape.Verify(response, stan)
}

func (p *contractPath) Close() error { return p.client.Close() }
