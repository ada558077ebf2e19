package linktest

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// Peer is a scripted ISO 8583 host. It serves each connection in a goroutine of
// its own, which reads frames and takes a Step with each.
type Peer struct {
	cfg  PeerConfig
	addr string
	pipe *Pipe  // of a peer without a socket
	free func() // gives the port back

	mu         sync.Mutex
	listener   net.Listener // nil while nothing listens
	admission  Admission
	closed     bool
	conns      []*Conn       // all that were accepted, by number
	accepted   chan struct{} // closed at the next one, and at Close
	handshakes []HandshakeError
	running    sync.WaitGroup // connections and the accepting goroutine
}

// HandshakeError is a TLS handshake that failed.
type HandshakeError struct {
	// Conn is the connection's number.
	Conn int
	// Err is the error of crypto/tls or of the socket.
	Err error
	// BytesRead and BytesWritten count the bytes of the socket until then.
	BytesRead, BytesWritten int64
}

// NewPeer starts a host on a TCP port. The caller closes it. It panics when the
// configuration is wrong or the address cannot be had.
func NewPeer(cfg PeerConfig) *Peer {
	p := newPeer(cfg)
	bound, free, err := reserve(p.cfg.Addr)
	if err != nil {
		panic("linktest: no port to listen on: " + err.Error())
	}
	p.addr, p.free = bound, free
	if err := p.listen(); err != nil {
		free()
		panic("linktest: cannot listen: " + err.Error())
	}
	return p
}

// NewPipePeer starts a host without a socket: Dial connects to it by net.Pipe,
// so that it can live in a testing/synctest bubble, with all that is connected
// to it. A net.Pipe holds no bytes: a write waits for its reader; and it knows
// neither resets nor half-closed connections. It panics when the configuration
// is wrong.
func NewPipePeer(cfg PeerConfig) *Peer {
	p := newPeer(cfg)
	// A name that resolves nowhere (RFC 6761), for whoever dials it without Dial.
	p.addr, p.free = "pipe.invalid:8583", func() {}
	p.pipe = newPipe(func(conn net.Conn) func() {
		if c := p.register(conn); c != nil {
			return func() { p.run(c) }
		}
		return func() {}
	})
	return p
}

func newPeer(cfg PeerConfig) *Peer {
	if err := cfg.validate(); err != nil {
		panic(err)
	}
	return &Peer{cfg: cfg.withDefaults(), admission: cfg.Admission, accepted: make(chan struct{})}
}

// Addr is the address to connect to, "host:port". It stays the same while the
// peer refuses connections.
func (p *Peer) Addr() string { return p.addr }

// Dial connects to the peer, by TCP or by net.Pipe, whatever network and
// address it is given: a link's own address need not exist. It has the type of
// the Dial function of a link, and does not do TLS. It returns the error of
// net.Dialer, and for a pipe the context's error, or one that wraps
// syscall.ECONNREFUSED when the peer is closed or refuses.
func (p *Peer) Dial(ctx context.Context, network, _ string) (net.Conn, error) {
	if p.pipe == nil {
		return new(net.Dialer).DialContext(ctx, "tcp", p.addr)
	}
	p.mu.Lock()
	refuses := p.admission == Refuse
	p.mu.Unlock()
	if refuses {
		return nil, refused(network)
	}
	return p.pipe.Dial(ctx, network, p.addr)
}

// SetAdmission changes what happens to those who connect from now on;
// connections that were accepted stay up. With Refuse it returns when nobody can
// connect any more, and resets those that the kernel still held for the peer
// (WaitConn tells that one was accepted); with another one, when the peer listens
// again. It returns the error of listening, and net.ErrClosed after Close.
func (p *Peer) SetAdmission(a Admission) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return net.ErrClosed
	}
	p.admission = a
	return p.listenLocked()
}

func (p *Peer) listen() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.listenLocked()
}

// listenLocked starts or stops listening, as the admission wants it.
func (p *Peer) listenLocked() error {
	switch {
	case p.pipe != nil:
		return nil
	case p.admission == Refuse && p.listener != nil:
		err := p.listener.Close()
		p.listener = nil
		return err
	case p.admission != Refuse && p.listener == nil:
		ln, err := net.Listen("tcp", p.addr)
		if err != nil {
			return err
		}
		p.listener = ln
		p.running.Go(func() { p.accept(ln) })
	}
	return nil
}

// accept serves what connects to ln until that is closed.
func (p *Peer) accept(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			// Out of file descriptors, for example: others may close theirs.
			<-time.After(acceptPause)
		default:
			if c := p.register(conn); c != nil {
				go p.run(c)
			}
		}
	}
}

// acceptPause is how long a failed accept waits before the next one.
const acceptPause = 5 * time.Millisecond

// Serve serves one connection, from wherever it comes, as if it had been
// accepted, and returns when its script has ended. It closes conn.
func (p *Peer) Serve(conn net.Conn) {
	c := p.register(conn)
	if c == nil {
		return
	}
	p.run(c)
}
