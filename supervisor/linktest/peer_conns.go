package linktest

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
)

// register gives a connection its number, or closes it and returns nil when the
// peer is closed. Whoever gets a Conn calls run.
func (p *Peer) register(conn net.Conn) *Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = conn.Close()
		return nil
	}
	c := newConn(p, len(p.conns)+1, conn)
	c.admission = p.admission
	p.conns = append(p.conns, c)
	p.running.Add(1)
	close(p.accepted)
	p.accepted = make(chan struct{})
	return c
}

// run serves a connection from its first byte to its end. All is deferred,
// since the functions of a test may end their goroutine.
func (p *Peer) run(c *Conn) {
	defer p.running.Done()
	defer c.finish()
	switch c.admission {
	case CloseOnAccept:
		return
	case ResetOnAccept:
		_ = c.Reset()
		return
	case Admit, Refuse: // refused too late: it was in the kernel's queue, which a host serves
	}
	if p.cfg.OnAccept != nil {
		p.cfg.OnAccept(c)
	}
	if p.cfg.TLS != nil {
		if err := p.handshake(c); err != nil {
			c.fail(err)
			return
		}
	}
	if p.cfg.Script != nil {
		p.cfg.Script(c)
		return
	}
	_ = c.Serve(nil) // its error is the connection's Err
}

// handshake does the TLS handshake, and notes its failure. It has no context:
// closing the socket ends it, with the socket's error instead of the context's.
func (p *Peer) handshake(c *Conn) error {
	t := tls.Server(c.raw, p.cfg.TLS)
	c.tls.Store(t)
	err := t.Handshake()
	if err == nil {
		c.shaken.Store(true)
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handshakes = append(p.handshakes, HandshakeError{
		Conn: c.number, Err: err, BytesRead: c.BytesRead(), BytesWritten: c.BytesWritten(),
	})
	return err
}

// HandshakeErrors returns a copy of all TLS handshakes that failed until now, a
// one that was cut included. Each is there before its connection's Done.
func (p *Peer) HandshakeErrors() []HandshakeError {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.handshakes)
}

// Accepted returns how many connections were accepted, those that were closed
// or reset on accept included.
func (p *Peer) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

// Conns returns the connections that are open at this end, by number.
func (p *Peer) Conns() []*Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	var open []*Conn
	for _, c := range p.conns {
		if c.Context().Err() == nil {
			open = append(open, c)
		}
	}
	return open
}

// WaitConn waits until the connection with this number, from 1, was accepted,
// and returns it though it may have ended since. It may still be in its TLS
// handshake. The error is the context's when that ends first, or net.ErrClosed
// when the peer is closed.
func (p *Peer) WaitConn(ctx context.Context, number int) (*Conn, error) {
	if number < 1 {
		return nil, errors.New("linktest: connections are numbered from 1")
	}
	for {
		p.mu.Lock()
		conns, closed, accepted := p.conns, p.closed, p.accepted
		p.mu.Unlock()
		switch {
		case number <= len(conns):
			return conns[number-1], nil
		case closed:
			return nil, net.ErrClosed
		}
		select {
		case <-accepted:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Close stops listening, closes all sockets (under TLS without close_notify, as
// a host that dies), and waits until all steps and scripts have returned. It
// must not be called by one of them. A second Close waits too.
func (p *Peer) Close() {
	p.mu.Lock()
	first := !p.closed
	if first {
		p.closed = true
		close(p.accepted)
		if p.listener != nil {
			_ = p.listener.Close()
		}
	}
	conns := p.conns
	p.mu.Unlock()

	for _, c := range conns {
		_ = c.raw.Close()
	}
	if p.pipe != nil {
		p.pipe.Close()
	}
	p.running.Wait()
	if first {
		p.free()
	}
}
