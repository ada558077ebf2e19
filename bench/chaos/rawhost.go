package main

import (
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/isolink-go/isolink/framing"
)

// rawHost is a host of its own, without isolink: one port for each link of a group.
type rawHost struct {
	framer  framing.Framer
	ledger  *ledger
	tally   *tally
	signOn  bool // requests before a sign-on are a fault of isolink
	scope   bool // answers on any of its ports
	rejects bool
	verify  bool // its links compare the ids
	certs   *certificates
	ports   []*port

	conns     atomic.Uint32
	open      atomic.Int64
	early     atomic.Int64 // requests before a sign-on
	calm      atomic.Bool  // no faults any more
	serving   sync.WaitGroup
	delayed   sync.WaitGroup
	closing   chan struct{}
	closeOnce sync.Once
}

// port is where one link connects to.
type port struct {
	host     *rawHost
	listener net.Listener
	random   *random

	refuse  atomic.Bool // sign-ons
	keep    atomic.Bool // old sockets
	tlsMode atomic.Int32
	halves  atomic.Int32 // half-closes that are due
	wrong   atomic.Int32 // wrong lengths that are due
	garbled atomic.Int32 // garbage that is due, right behind an answer

	mu    sync.Mutex
	conns []*hostConn // in the order in which they came
}

// random is a seeded source that goroutines share.
type random struct {
	mu  sync.Mutex
	rng *rand.Rand
}

func newRandom(seed, stream uint64) *random { return &random{rng: rand.New(rand.NewPCG(seed, stream))} }

func (r *random) n(below int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rng.IntN(below)
}

// chance is true once in so many times.
func (r *random) chance(in int) bool { return r.n(in) == 0 }

func (r *random) between(least, most time.Duration) time.Duration {
	return least + time.Duration(r.n(int(most-least)+1))
}

func (r *random) bytes(n int) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.rng.Uint32())
	}
	return b
}

// listen opens one port for each link.
func (h *rawHost) listen(ports int, seed, stream uint64) error {
	h.closing = make(chan struct{})
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("host: %w", err)
		}
		p := &port{host: h, listener: l, random: newRandom(seed, stream+uint64(i))}
		h.ports = append(h.ports, p)
		h.serving.Go(p.accept)
	}
	return nil
}

func (p *port) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.host.serving.Go(func() { p.serve(conn) })
	}
}

// serve has a connection to itself until it is over.
func (p *port) serve(raw net.Conn) {
	h := p.host
	h.open.Add(1)
	defer h.open.Add(-1)
	defer raw.Close()
	unhook := h.closes(raw)
	defer unhook()
	conn := raw
	if h.certs != nil {
		server := tls.Server(raw, h.certs.server(tlsMode(p.tlsMode.Load())))
		_ = raw.SetDeadline(time.Now().Add(hostPatience))
		if server.Handshake() != nil {
			p.cameTLS()
			return
		}
		_ = raw.SetDeadline(time.Time{})
		conn = server
	}
	c := &hostConn{Conn: conn, raw: raw, port: p, number: h.conns.Add(1), signed: !h.signOn}
	p.mu.Lock()
	p.conns = append(p.conns, c)
	p.mu.Unlock()
	c.serve()
	if p.keep.Load() && !h.calm.Load() {
		h.tally.came(oldSocket)
		h.sleep(p.random.between(time.Second, 2*time.Second))
	}
	c.end()
	p.mu.Lock()
	p.conns = slices.DeleteFunc(p.conns, func(other *hostConn) bool { return other == c })
	p.mu.Unlock()
}

// closes closes conn when the host closes.
func (h *rawHost) closes(conn net.Conn) (unhook func()) {
	done := make(chan struct{})
	h.serving.Go(func() {
		select {
		case <-h.closing:
			_ = conn.Close()
		case <-done:
		}
	})
	return func() { close(done) }
}

// sleep ends with the host.
func (h *rawHost) sleep(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h.closing:
	}
}

// later calls do, unless the host is closed before.
func (h *rawHost) later(d time.Duration, do func()) {
	h.delayed.Go(func() {
		h.sleep(d)
		select {
		case <-h.closing:
		default:
			do()
		}
	})
}

// newest is the last connection that can be answered on; nil: there is none.
func (p *port) newest() *hostConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range slices.Backward(p.conns) {
		if c.usable() {
			return c
		}
	}
	return nil
}

// sibling is a connection of another port; nil: there is none.
func (p *port) sibling() *hostConn {
	first := p.random.n(len(p.host.ports))
	for i := range p.host.ports {
		other := p.host.ports[(first+i)%len(p.host.ports)]
		if other == p {
			continue
		}
		if c := other.newest(); c != nil {
			return c
		}
	}
	return nil
}

// close ends all, and waits for it.
func (h *rawHost) close() {
	h.closeOnce.Do(func() {
		close(h.closing)
		for _, p := range h.ports {
			_ = p.listener.Close()
		}
	})
	h.serving.Wait() // who is served may still delay something
	h.delayed.Wait()
}
