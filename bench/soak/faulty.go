package main

import (
	"bufio"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/isolink-go/isolink/bench/internal/ledger"
	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
)

// fault is what a faulty host does with a request, or a connection, instead of
// answering.
type fault int

const (
	reset  fault = iota // the connection is reset
	ended               // the connection is closed in order
	cut                 // the connection is closed behind half an answer
	stall               // nothing is read or answered for a while
	late                // the answer comes when its sender has given up
	turned              // the connection is reset as soon as it was accepted
	faults
)

var faultNames = [faults]string{
	"connections reset", "connections closed", "answers cut short", "stalls", "late answers", "connections turned away",
}

// perMille is how many requests of a thousand, or connections, meet each fault.
var perMille = [faults]int{reset: 6, ended: 3, cut: 3, stall: 1, late: 15, turned: 100}

const (
	roughTimeout = 300 * time.Millisecond // of requests to the faulty host
	lateBy       = 2 * roughTimeout
	stallFor     = 3 * roughTimeout
	frameLimit   = 65_535
)

// faultyHost answers requests, or does not.
type faultyHost struct {
	listener net.Listener
	seen     *ledger.Seen
	seed     uint64
	counts   [faults]atomic.Uint64
	pending  atomic.Int64 // late answers, each with a goroutine of its own

	running sync.WaitGroup
	done    chan struct{} // closed by close

	mu    sync.Mutex
	conns map[net.Conn]struct{} // nil once closed
}

func startFaulty(seed uint64, seen *ledger.Seen) (*faultyHost, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h := &faultyHost{listener: l, seen: seen, seed: seed, done: make(chan struct{}), conns: make(map[net.Conn]struct{})}
	h.running.Go(h.accept)
	return h, nil
}

func (h *faultyHost) addr() string { return h.listener.Addr().String() }

func (h *faultyHost) close() {
	_ = h.listener.Close()
	h.mu.Lock()
	for conn := range h.conns {
		_ = conn.Close()
	}
	h.conns = nil
	h.mu.Unlock()
	close(h.done)
	h.running.Wait()
}

func (h *faultyHost) accept() {
	for number := uint64(0); ; number++ {
		conn, err := h.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			h.wait(10 * time.Millisecond) // out of descriptors, for example
			continue
		}
		h.mu.Lock()
		if h.conns == nil {
			_ = conn.Close()
		} else {
			h.conns[conn] = struct{}{}
			h.running.Go(func() { h.serve(conn, rand.New(rand.NewPCG(h.seed, number))) })
		}
		h.mu.Unlock()
	}
}

// serve has a connection to itself.
func (h *faultyHost) serve(conn net.Conn, random *rand.Rand) {
	defer func() {
		_ = conn.Close()
		h.mu.Lock()
		delete(h.conns, conn)
		h.mu.Unlock()
	}()
	if h.meets(turned, random) {
		hard(conn)
		return
	}
	out := &answers{conn: conn}
	in := bufio.NewReaderSize(conn, 4096)
	for {
		_, body, err := framing.Binary2{}.Read(in, frameLimit)
		if err != nil || len(body) > 0 && !h.answer(out, body, random) {
			return
		}
	}
}

// answers are written one at a time.
type answers struct {
	mu   sync.Mutex
	conn net.Conn
}

func (a *answers) write(b []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, err := a.conn.Write(b)
	return err
}

// answer reports whether the connection goes on.
func (h *faultyHost) answer(out *answers, body []byte, random *rand.Rand) bool {
	h.seen.Arrived(ledger.ID(body))
	if !sample.Answer(body) {
		return false
	}
	frame, err := framing.Binary2{}.Append(nil, nil, body)
	if err != nil {
		return false
	}
	switch {
	case h.meets(reset, random):
		hard(out.conn)
		return false
	case h.meets(ended, random):
		return false
	case h.meets(cut, random):
		_ = out.write(frame[:len(frame)/2])
		return false
	case h.meets(late, random):
		h.pending.Add(1)
		h.running.Go(func() {
			defer h.pending.Add(-1)
			h.wait(lateBy)
			_ = out.write(frame) // unless the connection has ended
		})
		return true
	case h.meets(stall, random):
		h.wait(stallFor)
	}
	return out.write(frame) == nil
}

// meets draws, and counts.
func (h *faultyHost) meets(f fault, random *rand.Rand) bool {
	if random.IntN(1000) >= perMille[f] {
		return false
	}
	h.counts[f].Add(1)
	return true
}

// wait waits, unless the host closes.
func (h *faultyHost) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h.done:
	}
}

// hard lets the connection be reset.
func hard(conn net.Conn) {
	_ = conn.(*net.TCPConn).SetLinger(0) // without it the connection ends in order, and fails its link as well
}
