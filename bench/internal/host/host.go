// Package host is the peer of all benchmarks: an ISO 8583 host that answers as
// fast as one can in this process.
//
//	h, err := host.Listen()
//	conn, err := net.Dial("tcp", h.Addr())
//	// … exchange …
//	err = h.Close()
//
// Frames have a length of two bytes, big-endian, that counts the body.
package host

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/isolink-go/isolink/bench/internal/sample"
)

// ErrProtocol is what Close reports when a client sent something else than
// requests.
var ErrProtocol = errors.New("host: not a request")

const lengthBytes = 2

// A buffer grows as it is filled. largeBuffer holds the longest frame of a two-byte
// length, and a good number of short ones.
const smallBuffer, largeBuffer = 1 << 12, 1 << 17

// Host answers every request of every connection. It keeps no state between
// requests and does not allocate while it serves, once its buffers have grown.
type Host struct {
	listener net.Listener
	serving  sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]struct{} // nil once closed
	failed error
}

// Listen starts a host on a free port of 127.0.0.1. The error is that of
// net.Listen.
func Listen() (*Host, error) { return ListenTLS(nil) }

// ListenTLS is Listen for TLS; nil is plain.
func ListenTLS(config *tls.Config) (*Host, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	if config != nil {
		l = tls.NewListener(l, config)
	}
	h := &Host{listener: l, conns: make(map[net.Conn]struct{})}
	h.serving.Go(h.accept)
	return h, nil
}

// Addr is the host's address, as net.Dial takes it.
func (h *Host) Addr() string { return h.listener.Addr().String() }

// Close ends all connections, waits until nothing of the host runs, and
// returns the first error of a connection: one that wraps ErrProtocol, or a
// network error in the middle of a frame. A client that closed or reset its
// connection between two frames is no error: clients of links that carry
// money may close hard.
func (h *Host) Close() error {
	err := h.listener.Close()
	h.mu.Lock()
	conns := h.conns
	h.conns = nil
	h.mu.Unlock()
	for conn := range conns {
		_ = conn.Close() // the connection's own goroutine reports what matters
	}
	h.serving.Wait()
	return errors.Join(h.failed, err)
}

func (h *Host) accept() {
	for {
		conn, err := h.listener.Accept()
		if err != nil {
			return
		}
		if !h.add(conn) {
			_ = conn.Close()
			return
		}
		h.serving.Go(func() {
			h.remove(conn, serve(conn))
			_ = conn.Close()
		})
	}
}

func (h *Host) add(conn net.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conns == nil {
		return false
	}
	h.conns[conn] = struct{}{}
	return true
}

// remove records why a connection ended, unless the host itself ended it.
func (h *Host) remove(conn net.Conn, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conns == nil {
		return
	}
	delete(h.conns, conn)
	if h.failed == nil {
		h.failed = err
	}
}

// serve answers whole frames in the buffer that they were read into, and
// writes them back together once nothing more is buffered.
func serve(conn net.Conn) error {
	buf := make([]byte, smallBuffer)
	held := 0
	for {
		n, err := conn.Read(buf[held:])
		if err != nil && held == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("host: in the middle of a frame: %w", err)
		}
		held += n
		if held == len(buf) && held < largeBuffer {
			buf = append(buf, make([]byte, held)...)
		}
		whole, err := answer(buf[:held])
		if err != nil {
			return err
		}
		if whole == 0 {
			continue
		}
		if _, err := conn.Write(buf[:whole]); err != nil {
			return fmt.Errorf("host: %w", err)
		}
		held = copy(buf, buf[whole:held])
	}
}

// answer turns the requests in buf into responses and returns how many bytes
// whole frames take.
func answer(buf []byte) (int, error) {
	done := 0
	for len(buf)-done >= lengthBytes {
		end := done + lengthBytes + int(binary.BigEndian.Uint16(buf[done:]))
		if end > len(buf) {
			break
		}
		if !sample.Answer(buf[done+lengthBytes : end]) {
			return done, ErrProtocol
		}
		done = end
	}
	return done, nil
}
