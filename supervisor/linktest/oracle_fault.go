package linktest

import (
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// write is what is left of a call of Write, before a piece of it is handed over.
type write struct {
	conn int
	at   int64 // offset in the stream
	done int   // bytes of the call that were handed over
	left int   // bytes of the call that were not
}

// fault is something that happens to writes.
type fault struct {
	conn int // 0: all of them
	// room returns how many bytes may be handed over before the fault is met,
	// or at least w.left when it is not.
	room func(w write) int
	// met is what happens then: stop says that Write returns with err.
	met func(c *OracleConn) (stop bool, err error)
}

// nextFault returns how many bytes of a write can be handed over now, and what
// happens then; nil when that is all.
func (o *Oracle) nextFault(w write) (piece int, met func(*OracleConn) (bool, error)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	piece = w.left
	for _, f := range o.faults {
		if f.conn != 0 && f.conn != w.conn {
			continue
		}
		if room := f.room(w); room < piece {
			piece, met = room, f.met
		}
	}
	return piece, met
}

func (o *Oracle) inject(f fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.faults = append(o.faults, f)
}

// beforeOffset returns how far a write may go without passing an offset of the
// stream.
func beforeOffset(w write, offset int64) int {
	return int(min(int64(w.left), max(0, offset-w.at)))
}

// FailAt makes the write that reaches beyond the given offset of the
// connection's stream hand over what lies before it, and return err. Later
// writes hand over nothing and return it too. conn is the connection's number;
// 0 means every one, those to come included. err must not be nil.
//
// The connection itself stays as it is: the other end waits for the rest until
// the code under test closes.
func (o *Oracle) FailAt(conn int, offset int64, err error) {
	if err == nil {
		panic("linktest: FailAt needs an error")
	}
	o.inject(fault{
		conn: conn,
		room: func(w write) int { return beforeOffset(w, offset) },
		met:  func(*OracleConn) (bool, error) { return true, err },
	})
}

// ShortWrites makes every write of more than most bytes hand over that many and
// return err: io.ErrShortWrite, or nil for a connection that breaks the
// contract of io.Writer. conn is as in FailAt. most must not be negative.
func (o *Oracle) ShortWrites(conn, most int, err error) {
	if most < 0 {
		panic("linktest: ShortWrites needs a number of bytes")
	}
	o.inject(fault{
		conn: conn,
		room: func(w write) int { return min(w.left, max(0, most-w.done)) },
		met:  func(*OracleConn) (bool, error) { return true, err },
	})
}

// Block is a place in a stream at which writes wait.
type Block struct {
	once     sync.Once
	reached  chan struct{}
	release  sync.Once
	released chan struct{}
}

// Reached is closed when the first write has come to the place, and everything
// before it was handed over.
func (b *Block) Reached() <-chan struct{} { return b.reached }

// Release lets all writes go on, now and in future. It may be called again.
func (b *Block) Release() { b.release.Do(func() { close(b.released) }) }

func (b *Block) open() bool {
	select {
	case <-b.released:
		return true
	default:
		return false
	}
}

// BlockAt makes the write that reaches beyond the given offset hand over what
// lies before it and wait there until the block is released, as a write waits
// whose peer does not read. conn is as in FailAt.
//
// A waiting write looks once a millisecond whether its deadline, as set on the
// OracleConn, has passed, and then returns os.ErrDeadlineExceeded, and whether
// its connection was closed, there or below, and then returns the error of
// that.
func (o *Oracle) BlockAt(conn int, offset int64) *Block {
	b := &Block{reached: make(chan struct{}), released: make(chan struct{})}
	o.inject(fault{
		conn: conn,
		room: func(w write) int {
			if b.open() {
				return w.left
			}
			return beforeOffset(w, offset)
		},
		met: func(c *OracleConn) (bool, error) {
			b.once.Do(func() { close(b.reached) })
			err := c.await(b.released)
			return err != nil, err
		},
	})
	return b
}

// await waits for released, as long as a write on this connection may.
func (c *OracleConn) await(released <-chan struct{}) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if err := c.interrupted(); err != nil {
			return err
		}
		select {
		case <-released:
			return nil
		case <-tick.C:
		}
	}
}

// interrupted returns why a write could not go on waiting.
func (c *OracleConn) interrupted() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.deadline.IsZero() && !time.Now().Before(c.deadline) {
		return &net.OpError{Op: "write", Net: "tcp", Addr: c.RemoteAddr(), Err: os.ErrDeadlineExceeded}
	}
	socket, ok := reach[syscall.Conn](c.Conn)
	if !ok {
		// No socket below: setting the deadline that is set tells the same.
		return c.Conn.SetWriteDeadline(c.deadline)
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(func(uintptr) {})
}
