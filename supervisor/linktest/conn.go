package linktest

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Conn is one connection that a Peer accepted. Steps and scripts get it, and
// tests by Peer.WaitConn and Peer.Conns. Its methods may be called from several
// goroutines at once; frames are read and written one at a time.
type Conn struct {
	peer      *Peer
	number    int
	admission Admission // at the time of accepting
	raw       *meter
	done      chan struct{}
	// tls is set before the handshake, on a peer with TLS, and shaken behind it.
	tls    atomic.Pointer[tls.Conn]
	shaken atomic.Bool
	// async counts what Async started.
	async sync.WaitGroup

	readMu sync.Mutex
	in     *bufio.Reader // nil when the connection is done with
	frames int

	writeMu sync.Mutex
	out     []byte // frames that are still to be written

	errMu sync.Mutex
	err   error
}

// readBuffer is the size of a connection's read buffer in bytes: a few dozen
// messages, so that a burst costs few system calls.
const readBuffer = 8 << 10

// coalesceLimit is how many bytes of replies wait at most for the next read.
const coalesceLimit = 32 << 10

func newConn(p *Peer, number int, raw net.Conn) *Conn {
	c := &Conn{peer: p, number: number, raw: newMeter(raw), done: make(chan struct{})}
	c.in = bufio.NewReaderSize(source{c}, readBuffer)
	return c
}

// source is what a connection's read buffer reads from. Replies that wait to be
// written together go out before the reader can block.
type source struct{ c *Conn }

func (s source) Read(b []byte) (int, error) {
	if err := s.c.Flush(); err != nil {
		return 0, err
	}
	return s.c.stream().Read(b)
}

// stream is what frames are read from and written to.
func (c *Conn) stream() net.Conn {
	if t := c.tls.Load(); t != nil {
		return t
	}
	return c.raw
}

// Number is the connection's number among those of its peer, from 1, in the
// order in which they were accepted.
func (c *Conn) Number() int { return c.number }

// Context ends when the connection was closed at this end: by a step, at a cut,
// at the end of its script, or by Peer.Close. It does not end when the other
// end closes and nothing is read.
func (c *Conn) Context() context.Context { return c.raw.ctx }

// NetConn returns the connection that was accepted, below TLS and below all
// counting, for its addresses and socket options. Reading, writing, deadlines
// and Close are to be had from the Conn alone.
func (c *Conn) NetConn() net.Conn { return c.raw.Conn }

// TLS returns the state of TLS, and whether its handshake is complete; before
// that, and on a peer without TLS, the state is empty.
func (c *Conn) TLS() (tls.ConnectionState, bool) {
	if !c.shaken.Load() { // tls.Conn would wait for the handshake to end
		return tls.ConnectionState{}, false
	}
	return c.tls.Load().ConnectionState(), true
}

// BytesRead and BytesWritten count the bytes of the socket since it was
// accepted, those of TLS included.
func (c *Conn) BytesRead() int64 { return c.raw.read.Load() }

// BytesWritten counts as BytesRead does.
func (c *Conn) BytesWritten() int64 { return c.raw.written.Load() }

// Done is closed when the connection's script has returned and its socket is
// closed; Err and Peer.HandshakeErrors then have what they will have of it.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err returns why the connection's script ended: the error of a read, a write,
// a handshake or a step. It is nil while the script runs, and when this end
// closed the connection, or the other end closed it between two frames.
func (c *Conn) Err() error {
	c.errMu.Lock()
	defer c.errMu.Unlock()
	return c.err
}

// ReadFrame reads the next frame, logs it as received unless it is a
// keep-alive, and gives its bytes to the caller. It waits while reading is
// stopped.
//
// It returns io.EOF when the other end closed between two frames, an error that
// wraps net.ErrClosed when this end has closed, and else the error of the
// framing or of the socket.
func (c *Conn) ReadFrame() (Frame, error) {
	c.readMu.Lock()
	defer c.readMu.Unlock()
	if c.in == nil {
		return Frame{}, net.ErrClosed
	}
	// Frames that were read ahead are behind the gate too.
	if err := c.raw.awaitReading(); err != nil {
		return Frame{}, err
	}
	header, body, err := c.peer.cfg.Framing.Read(c.in, c.peer.cfg.FrameLimit)
	if err != nil {
		return Frame{}, err
	}
	c.frames++
	f := Frame{Seq: c.frames, Header: header, Body: body}
	if r := c.peer.cfg.Recorder; r != nil && !f.KeepAlive() {
		r.LogReceived(c.number, f)
	}
	return f, nil
}

// WriteFrame logs the frame as replied, unless it is a keep-alive, and writes
// it in one piece with all that waits to be written. Its bytes are not kept.
//
// It returns the framing's error when the frame cannot be expressed, with
// nothing logged or written, or the socket's error: an unknown part of the
// frame is then on its way. At a cut that is ErrCut.
func (c *Conn) WriteFrame(f Frame) error {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	if err := c.append(f); err != nil {
		return err
	}
	return c.flush()
}

// reply writes a frame as WriteFrame does, or leaves it to be written before
// the next read where the peer coalesces.
func (c *Conn) reply(f Frame) error {
	if !c.peer.cfg.Coalesce {
		return c.WriteFrame(f)
	}
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	if err := c.append(f); err != nil {
		return err
	}
	if len(c.out) < coalesceLimit {
		return nil
	}
	return c.flush()
}

// append puts a frame behind what waits to be written, and logs it. It is
// called with writeMu held.
func (c *Conn) append(f Frame) error {
	out, err := c.peer.cfg.Framing.Append(c.out, f.Header, f.Body)
	if err != nil {
		return err
	}
	if r := c.peer.cfg.Recorder; r != nil && !f.KeepAlive() {
		r.LogReplied(c.number, f)
	}
	c.out = out
	return nil
}

// WriteRaw writes bytes as they are, behind what waits to be written: garbage,
// a part of a frame, or several frames at once. It returns the socket's error.
func (c *Conn) WriteRaw(b []byte) error {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	c.out = append(c.out, b...)
	return c.flush()
}

// Flush writes the replies that wait for the next read, which are none unless
// the peer coalesces. It returns the socket's error.
func (c *Conn) Flush() error {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	return c.flush()
}

// flush is called with writeMu held.
func (c *Conn) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	_, err := c.stream().Write(c.out)
	c.out = c.out[:0]
	return err
}

// Delay waits for d. It returns net.ErrClosed as soon as the connection is
// closed at this end.
func (c *Conn) Delay(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-c.raw.ctx.Done():
		return net.ErrClosed
	}
}

// Serve reads frames and gives each to step, one after the other, until reading
// or step fails. Keep-alives go to the peer's KeepAlive step instead. With nil
// it uses the peer's Handle.
//
// It returns nil when this end closed the connection, or the other end closed
// it between two frames, and else the error of the read or of the step, which
// is then Conn.Err too.
func (c *Conn) Serve(step Step) error {
	if step == nil {
		step = c.peer.cfg.Handle
	}
	for {
		f, err := c.ReadFrame()
		if err == nil && f.KeepAlive() {
			err = c.peer.cfg.KeepAlive(c, f)
		} else if err == nil {
			err = step(c, f)
		}
		if err != nil {
			err = c.reason(err)
			c.fail(err)
			return err
		}
	}
}

// reason returns nil for the errors that say no more than that either end
// closed the connection.
func (c *Conn) reason(err error) error {
	if err == io.EOF || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe) && c.raw.ctx.Err() != nil {
		return nil
	}
	return err
}

// fail notes why the script ended; the first reason counts.
func (c *Conn) fail(err error) {
	c.errMu.Lock()
	defer c.errMu.Unlock()
	if c.err == nil {
		c.err = err
	}
}

// finish closes the connection, waits for what Async started, and gives the
// buffers back, since the peer remembers a connection for as long as it lives.
func (c *Conn) finish() {
	_ = c.Close()
	c.async.Wait()
	defer close(c.done)
	c.readMu.Lock()
	c.in = nil
	c.readMu.Unlock()
	c.writeMu.Lock()
	c.out = nil
	c.writeMu.Unlock()
}
