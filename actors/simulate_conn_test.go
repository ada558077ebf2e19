package actors

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"time"
)

// simConn is a connection, as the link has it.
type simConn struct {
	net.Conn // its other methods are not called
	*simulation
	host    *simHost
	link    *simLink
	session *simSession
	number  uint64

	received []byte // has come, and was not read
	pending  []byte // is in a Write, and was not taken
	onWire   []wireFrame
	taken    int64 // bytes
	broken   bool  // a Write has failed: there must be no other
	fails    bool  // the next Write does
	stalled  bool  // the host reads nothing
	gone     error // what a Read finds when all was read; nil: the host is there
	closed   bool  // by the link
	arrives  int64 // when the last bytes do
}

// wireFrame is where a frame is in all that is written.
type wireFrame struct {
	start, end int64
	sent       *simRequest // nil: a keep-alive
}

// simTryConn can be written to without blocking.
type simTryConn struct{ *simConn }

// TryWrite takes all, or part of it, or finds the connection broken.
func (c *simTryConn) TryWrite(p []byte) (int, error) {
	c.offer(p)
	switch {
	case c.dead():
		return c.take(p, c.rng.IntN(len(p))), c.writeError()
	case c.stalled, c.chance(0.003):
		c.figures.shortWrites++
		return c.take(p, c.rng.IntN(len(p))), nil
	}
	return c.take(p, len(p)), nil
}

// Write returns when it was planned to: see blocks.
func (c *simConn) Write(p []byte) (int, error) {
	c.offer(p)
	switch {
	case c.dead():
		return c.take(p, c.rng.IntN(len(p))), c.writeError()
	case c.stalled:
		return c.take(p, c.rng.IntN(len(p))), c.breaks(os.ErrDeadlineExceeded)
	}
	return c.take(p, len(p)), nil
}

// blocks is how long a Write does.
func (c *simConn) blocks() time.Duration {
	switch {
	case c.stalled:
		return c.host.writeTimeout
	case c.dead():
		return c.moment()
	case c.chance(0.02):
		return c.between(0, c.host.writeTimeout)
	}
	return c.moment()
}

func (c *simConn) dead() bool { return c.closed || c.fails || (c.gone != nil && c.gone != io.EOF) }

func (c *simConn) writeError() error {
	if c.closed {
		return c.breaks(net.ErrClosed)
	}
	return c.breaks(errReset)
}

func (c *simConn) breaks(err error) error {
	c.figures.failedWrites++
	c.broken = true
	return err
}

// Read gives what has come. It is not called when there is nothing.
func (c *simConn) Read(p []byte) (int, error) {
	n := copy(p, c.received)
	c.received = c.received[n:]
	if n == 0 {
		return 0, io.ErrNoProgress
	}
	return n, nil
}

// drop gives up what has come, and was not read.
func (c *simConn) drop() {
	for len(c.received) > 0 {
		end := 2 + int(binary.BigEndian.Uint16(c.received))
		c.loses(c.received[2:end])
		c.received = c.received[end:]
	}
}

// Close lets the reader find its end: soon, or, now and then, never.
func (c *simConn) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	c.host.lost(c)
	if x := c.session; x != nil {
		if !c.chance(0.002) {
			c.in(c.moment(), "read ends "+c.link.name, c.number, func() { x.endRead(net.ErrClosed) })
		}
		if x.blocked {
			c.in(c.moment(), "write ends "+c.link.name, c.number, x.unblock)
		}
	}
	return nil
}

// SetReadDeadline is what the writer does when it has failed.
func (c *simConn) SetReadDeadline(at time.Time) error {
	if x := c.session; x != nil {
		c.in(time.Until(at), "read deadline "+c.link.name, c.number, func() { x.endRead(os.ErrDeadlineExceeded) })
	}
	return nil
}

// SetWriteDeadline is looked at in blocks.
func (*simConn) SetWriteDeadline(time.Time) error { return nil }
