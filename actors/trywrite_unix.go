//go:build unix

package actors

import (
	"net"
	"syscall"
)

// rawWriter makes one attempt to write to a TCP connection, and takes what the
// kernel's buffer has room for.
type rawWriter struct {
	raw   syscall.RawConn
	try   func(fd uintptr) bool // made once: attempt as a function value
	bytes []byte
	n     int
	err   error
}

// newTryWriter returns nil for connections that cannot be written to without
// blocking.
func newTryWriter(conn net.Conn) tryWriter {
	if t, ok := conn.(tryWriter); ok {
		return t
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	w := &rawWriter{raw: raw}
	w.try = w.attempt
	return w
}

func (w *rawWriter) TryWrite(p []byte) (int, error) {
	w.bytes, w.n, w.err = p, 0, nil
	err := w.raw.Write(w.try)
	w.bytes = nil
	if err == nil {
		err = w.err
	}
	return w.n, err
}

// attempt always returns true: there is no waiting for room.
func (w *rawWriter) attempt(fd uintptr) bool {
	for {
		n, err := syscall.Write(int(fd), w.bytes)
		switch err {
		case nil:
			w.n = n
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
		default:
			w.err = err
		}
		return true
	}
}
