package actors

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
)

// apart runs foreign code in a goroutine of its own, where a panic and runtime.Goexit
// end nothing else, and waits for it. It returns the panic's value, or errGoexit.
func apart(call func()) (failure any) {
	done := make(chan any, 1)
	go func() {
		returned := false
		defer func() {
			failure := recover()
			if failure == nil && !returned {
				failure = errGoexit
			}
			done <- failure
		}()
		call()
		returned = true
	}()
	return <-done
}

// foreignConn is a connection that a Dial or a Listener of the embedding program's own
// gave. Its Close is called from everywhere, timers and crypto/tls included, where a
// panic would end the process, or an actor in the midst of cleaning up. Its other
// methods are called where a panic costs the session alone.
type foreignConn struct {
	net.Conn
	panicked func(where string, reason any)
}

// guard leaves connections of the standard library as they are.
func guard(conn net.Conn, panicked func(where string, reason any)) net.Conn {
	if _, ok := conn.(*net.TCPConn); ok {
		return conn
	}
	return &foreignConn{conn, panicked}
}

// Close closes it, whatever its own Close does.
func (c *foreignConn) Close() (err error) {
	if failure := apart(func() { err = c.Conn.Close() }); failure != nil {
		c.panicked("Conn", failure)
		return fmt.Errorf("Close panicked: %T", failure)
	}
	return err
}

// NetConn is what it guards.
func (c *foreignConn) NetConn() net.Conn { return c.Conn }

// bare is a connection without its guard.
func bare(conn net.Conn) net.Conn {
	if c, ok := conn.(*foreignConn); ok {
		return c.Conn
	}
	return conn
}

// handshake does the TLS handshake of either end. A function of the configuration that
// panics costs it alone.
func handshake(ctx context.Context, conn *tls.Conn, panicked func(where string, reason any)) (err error) {
	defer func() {
		if p := recover(); p != nil {
			panicked("TLS", p)
			err = fmt.Errorf("a function of TLS panicked: %T", p)
		}
	}()
	return conn.HandshakeContext(ctx)
}

// keyLog is a KeyLogWriter. crypto/tls calls it under a lock of the process, which one
// that panics would keep for ever: it fails the handshake instead.
type keyLog struct{ io.Writer }

// Write is described at io.Writer.
func (w keyLog) Write(p []byte) (n int, err error) {
	if failure := apart(func() { n, err = w.Writer.Write(p) }); failure != nil {
		return 0, fmt.Errorf("KeyLogWriter panicked: %T", failure)
	}
	return n, err
}
