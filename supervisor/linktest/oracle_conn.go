package linktest

import (
	"errors"
	"net"
	"slices"
	"sync"
	"time"
)

// OracleConn is a connection that an Oracle watches.
type OracleConn struct {
	net.Conn
	oracle *Oracle
	number int

	// writing makes one Write follow another, as a socket does, so that the
	// offsets are those of the stream.
	writing sync.Mutex

	mu     sync.Mutex
	writes []WriteRecord
	reads  []ReadRecord
	handed []byte // the stream as far as it was handed over
	// beyond is what the last write was asked to write and did not hand over.
	beyond []byte
	// deadline is the one of writes; a write that the oracle blocks has to keep
	// to it.
	deadline time.Time
}

// Number is the connection's number among those of its oracle, from 1.
func (c *OracleConn) Number() int { return c.number }

// NetConn returns the connection below, so that what a TCP or TLS connection
// can do beside a net.Conn is in reach. Whoever closes it there ends a blocked
// write here, too.
func (c *OracleConn) NetConn() net.Conn { return c.Conn }

// CloseWrite closes the writing direction of the connection below. It returns
// errors.ErrUnsupported when that has no such method.
func (c *OracleConn) CloseWrite() error {
	if half, ok := c.Conn.(writeCloser); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// SetDeadline sets the deadline of the connection below.
func (c *OracleConn) SetDeadline(t time.Time) error {
	c.noteDeadline(t)
	return c.Conn.SetDeadline(t)
}

// SetWriteDeadline sets the write deadline of the connection below.
func (c *OracleConn) SetWriteDeadline(t time.Time) error {
	c.noteDeadline(t)
	return c.Conn.SetWriteDeadline(t)
}

func (c *OracleConn) noteDeadline(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
}

// Read reads from the connection below and records it.
func (c *OracleConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	var from int64
	if last := len(c.reads); last > 0 {
		from = c.reads[last-1].To
	}
	c.reads = append(c.reads, ReadRecord{Conn: c.number, From: from, To: from + int64(n), Err: err, At: time.Now()})
	return n, err
}

// Write writes to the connection below, as far as the oracle's faults let it,
// and records it.
func (c *OracleConn) Write(b []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.begin(b)
	n, err := c.push(b)
	c.end(err)
	return n, err
}

// begin records a write before its first byte can be on its way.
func (c *OracleConn) begin(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	from := int64(len(c.handed))
	c.writes = append(c.writes, WriteRecord{
		Conn: c.number, From: from, To: from, Asked: len(b), Pending: true, Start: time.Now(),
	})
	c.beyond = slices.Clone(b)
}

// advance records that n more bytes of the write under way were handed over.
func (c *OracleConn) advance(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handed = append(c.handed, c.beyond[:n]...)
	c.beyond = c.beyond[n:]
	c.writes[len(c.writes)-1].To += int64(n)
}

func (c *OracleConn) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := &c.writes[len(c.writes)-1]
	last.Pending, last.Err, last.End = false, err, time.Now()
}

// offset is where in the stream the next byte goes.
func (c *OracleConn) offset() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int64(len(c.handed))
}

// push hands b over, piece by piece where faults are in its way.
func (c *OracleConn) push(b []byte) (int, error) {
	done := 0
	for {
		piece, met := c.oracle.nextFault(write{conn: c.number, at: c.offset(), done: done, left: len(b) - done})
		if piece > 0 || len(b) == 0 {
			n, err := c.Conn.Write(b[done : done+piece])
			c.advance(n)
			done += n
			if err != nil || n < piece {
				return done, err
			}
		}
		if met == nil {
			return done, nil
		}
		if stop, err := met(c); stop {
			return done, err
		}
	}
}

// Writes returns a copy of the connection's records of Write.
func (c *OracleConn) Writes() []WriteRecord {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.writes)
}

// Reads returns a copy of the connection's records of Read.
func (c *OracleConn) Reads() []ReadRecord {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.reads)
}
