package actors

import (
	"net"
	"sync/atomic"
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

	// blocking is set by the writer while it is in a Write that may block.
	blocking atomic.Bool
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

// closeNotifyWait bounds how long the goodbye of a TLS connection may take.
const closeNotifyWait = 250 * time.Millisecond

// closeInOrder ends the connection as the protocol has it, TLS's close_notify
// included; it may block for closeNotifyWait. A connection whose peer takes no
// more bytes is closed hard: what the kernel still holds is in doubt, and must
// not arrive behind its reversal.
func (s *socket) closeInOrder() {
	if s.blocking.Load() {
		s.closeHard()
		return
	}
	if t, ok := s.Conn.(interface{ CloseWrite() error }); ok && s.Conn != s.raw {
		// A peer that does not read would hold tls.Conn.CloseWrite for 5 s.
		timer := time.AfterFunc(closeNotifyWait, s.closeHard)
		_ = t.CloseWrite()
		timer.Stop()
	}
	s.close()
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
