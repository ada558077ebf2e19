package actors

import (
	"net"
	"time"
)

// socket is a connection as the link owns it.
type socket struct {
	net.Conn          // what is read and written: TLS or raw
	raw      net.Conn // what is closed
	addr     string   // of the peer: as configured, or as the connection has it
	early    []byte   // what was read of it before it became a session's
	// release is called when it is closed, at least once; nil: nobody counts it.
	release func()

	// writing holds a value while somebody is in a Write that may block, or
	// closes the connection in order.
	writing chan struct{}
}

func newSocket(conn, raw net.Conn, addr string) *socket {
	return &socket{Conn: conn, raw: raw, addr: addr, writing: make(chan struct{}, 1)}
}

// writeBlocking is Write, for one goroutine at a time.
func (s *socket) writeBlocking(p []byte) (int, error) {
	s.writing <- struct{}{}
	defer func() { <-s.writing }()
	return s.Write(p)
}

// closeHard ends the connection at once: nothing that waits in the kernel is
// sent any more where the platform allows it.
func (s *socket) closeHard() {
	if tcp, ok := innermost(s.raw).(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	s.close()
}

func (s *socket) close() {
	_ = s.raw.Close()
	if s.release != nil {
		s.release()
	}
}

// closeWait bounds how long the peer may take what was written, and how long the
// goodbye of a TLS connection may take.
const closeWait = 250 * time.Millisecond

// closeInOrder ends the connection as the protocol has it, TLS's close_notify
// included; it may block for twice closeWait. A connection whose peer takes no
// more bytes is closed hard: what the kernel still holds is in doubt, and must
// not arrive behind its reversal.
func (s *socket) closeInOrder() {
	if !s.written() {
		s.closeHard()
		return
	}
	defer func() { <-s.writing }()
	defer s.close() // also where the goodbye meets foreign code that panics
	if t, ok := s.Conn.(interface{ CloseWrite() error }); ok && s.Conn != s.raw {
		// A peer that does not read would hold tls.Conn.CloseWrite for 5 s.
		timer := time.AfterFunc(closeWait, s.closeHard)
		_ = t.CloseWrite()
		timer.Stop()
	}
}

// written waits until what was written is with the peer, as far as that can be
// known, and keeps others from writing; false when it takes too long. A response
// may be here before the Write of its request has returned.
func (s *socket) written() bool {
	timer := time.NewTimer(closeWait)
	defer timer.Stop()
	select {
	case s.writing <- struct{}{}:
	case <-timer.C:
		return false
	}
	tcp, ok := innermost(s.raw).(*net.TCPConn)
	if !ok || unsent(tcp) == 0 {
		return true
	}
	ticker := time.NewTicker(closeWait / 50)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if unsent(tcp) == 0 {
				return true
			}
		case <-timer.C:
			<-s.writing
			return false
		}
	}
}

// innermost unwraps connections that say what they wrap (tls.Conn's way).
func innermost(conn net.Conn) net.Conn {
	for {
		w, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			return conn
		}
		conn = w.NetConn()
	}
}
