package linktest

import (
	"context"
	"net"
	"sync"
	"syscall"
)

// Pipe connects by net.Pipe instead of a socket: its Dial method is a dial
// function, and each connection's other end goes to a handler in a goroutine of
// its own. With nothing of the operating system in between, all of it can live
// in a testing/synctest bubble.
//
// A net.Pipe holds no bytes: a write waits until the other end reads. It cannot
// be reset or half-closed. Its deadlines work.
type Pipe struct {
	// accept is called by Dial, so that connections are met in the order in
	// which they were dialled; what it returns serves one.
	accept func(net.Conn) (serve func())

	mu      sync.Mutex
	closed  bool
	open    map[net.Conn]struct{}
	running sync.WaitGroup
}

// NewPipe returns a Pipe whose connections are served by handler. A connection
// is closed when its handler returns. The caller closes the Pipe.
func NewPipe(handler func(net.Conn)) *Pipe {
	return newPipe(func(conn net.Conn) func() {
		return func() { handler(conn) }
	})
}

func newPipe(accept func(net.Conn) func()) *Pipe {
	return &Pipe{accept: accept, open: make(map[net.Conn]struct{})}
}

// Dial returns one end of a new net.Pipe and starts the handler on the other.
// Network and address are of no meaning. It returns the context's error when
// that has ended, and after Close an error that wraps syscall.ECONNREFUSED.
func (p *Pipe) Dial(ctx context.Context, network, _ string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, refused(network)
	}
	near, far := net.Pipe()
	p.open[far] = struct{}{}
	serve := p.accept(far)
	p.running.Go(func() {
		defer p.end(far)
		serve()
	})
	return near, nil
}

func (p *Pipe) end(far net.Conn) {
	_ = far.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, far)
}

// Close lets no connection be dialled any more, closes the handlers' ends of
// all, and waits until all handlers have returned. It must not be called by one
// of them. A second Close waits too.
func (p *Pipe) Close() {
	p.mu.Lock()
	p.closed = true
	for far := range p.open {
		_ = far.Close()
	}
	p.mu.Unlock()
	p.running.Wait()
}

// refused is what a dialler gets where nothing listens.
func refused(network string) error {
	return &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
}
