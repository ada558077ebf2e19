package linktest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// ErrCut is what reading and writing return at the byte at which a connection
// was told to end, by CloseAfterRead and its like. It wraps net.ErrClosed.
var ErrCut = fmt.Errorf("linktest: connection cut at the given byte: %w", net.ErrClosed)

// meter is the raw connection of a Conn, below TLS where there is any. It
// counts bytes, ends the connection at a given one, and can stop reading.
type meter struct {
	net.Conn
	// ctx ends when the connection was closed at this end.
	ctx    context.Context
	cancel context.CancelFunc

	closing  sync.Once
	closeErr error // written within closing

	read, written atomic.Int64

	mu       sync.Mutex
	left     *sync.Cond    // a read has returned
	inRead   bool          // a read takes bytes
	reads    uint64        // reads that have returned
	resumed  chan struct{} // closed by resume; nil while reading goes on
	readCut  cut
	writeCut cut
}

// cut is where and how a direction of a connection ends.
type cut struct {
	at    int64 // bytes since the connection began; negative: nowhere
	reset bool  // with a reset instead of an orderly end
}

// room returns how many of want bytes may still pass when done have.
func (c cut) room(done int64, want int) int {
	if c.at < 0 {
		return want
	}
	return int(min(int64(want), max(0, c.at-done)))
}

func (c cut) reached(done int64) bool { return c.at >= 0 && done >= c.at }

func newMeter(conn net.Conn) *meter {
	m := &meter{Conn: conn, readCut: cut{at: -1}, writeCut: cut{at: -1}}
	m.left = sync.NewCond(&m.mu)
	m.ctx, m.cancel = context.WithCancel(context.Background())
	return m
}

// Read reads no byte beyond the cut, so that those stay with the kernel, as
// with a host that died there. Only one Read runs at a time.
func (m *meter) Read(b []byte) (int, error) {
	for {
		if err := m.awaitReading(); err != nil {
			return 0, err
		}
		room, ok := m.beginRead(len(b))
		if !ok {
			continue // stopped meanwhile
		}
		if room == 0 && len(b) > 0 {
			m.endRead(0, nil)
			return 0, ErrCut
		}
		n, err := m.Conn.Read(b[:room])
		if calledBack := m.endRead(n, err); !calledBack {
			return n, err
		}
	}
}

// beginRead returns how many bytes may be read now; not ok while reading is
// stopped.
func (m *meter) beginRead(want int) (room int, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.resumed != nil {
		return 0, false
	}
	m.inRead = true
	return m.readCut.room(m.read.Load(), want), true
}

// endRead counts what was read, and says whether the read was called back.
func (m *meter) endRead(n int, err error) (calledBack bool) {
	m.mu.Lock()
	m.inRead = false
	m.reads++
	m.left.Broadcast()
	total := m.read.Add(int64(n))
	cut := m.readCut
	// No one else sets read deadlines, and only here are they taken back: a
	// deadline that is taken back too early wakes no one.
	if calledBack = n == 0 && errors.Is(err, os.ErrDeadlineExceeded); calledBack {
		_ = m.SetReadDeadline(time.Time{})
	}
	m.mu.Unlock()
	m.endAt(cut, total)
	return calledBack
}

// callBack makes a read that is under way return, and waits until it has:
// otherwise it could still take bytes by the rules of before. change sets the
// rules of after.
func (m *meter) callBack(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
	if m.SetReadDeadline(longAgo) != nil {
		return // closed, and then nothing is read; or it cannot be called back
	}
	for now := m.reads; m.inRead && m.reads == now; {
		m.left.Wait()
	}
}

// Write writes up to the cut, and ErrCut says that b reached beyond it.
func (m *meter) Write(b []byte) (int, error) {
	room := m.cutOf(&m.writeCut).room(m.written.Load(), len(b))
	if room == 0 && len(b) > 0 {
		return 0, ErrCut
	}
	n, err := m.Conn.Write(b[:room])
	// Counted before the cut is looked at again: of a write and a cut at the
	// same time, one sees the other.
	total := m.written.Add(int64(n))
	m.endAt(m.cutOf(&m.writeCut), total)
	if err == nil && n < len(b) {
		err = ErrCut
	}
	return n, err
}

func (m *meter) cutOf(c *cut) cut {
	m.mu.Lock()
	defer m.mu.Unlock()
	return *c
}

// setReadCut ends the connection at the n-th byte read, at once when that has
// passed.
func (m *meter) setReadCut(n int64, reset bool) {
	m.callBack(func() { m.readCut = cut{at: n, reset: reset} })
	m.endAt(cut{at: n, reset: reset}, m.read.Load())
}

func (m *meter) setWriteCut(n int64, reset bool) {
	m.mu.Lock()
	m.writeCut = cut{at: n, reset: reset}
	m.mu.Unlock()
	m.endAt(cut{at: n, reset: reset}, m.written.Load())
}

// endAt ends the connection when done bytes have reached the cut.
func (m *meter) endAt(c cut, done int64) {
	switch {
	case !c.reached(done):
	case c.reset:
		_ = m.reset()
	default:
		_ = m.Close()
	}
}

// stop makes Read wait, a read that is under way included.
func (m *meter) stop() {
	m.callBack(func() {
		if m.resumed == nil {
			m.resumed = make(chan struct{})
		}
	})
}

// resume undoes stop.
func (m *meter) resume() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.resumed != nil {
		close(m.resumed)
		m.resumed = nil
	}
}

// awaitReading waits while reading is stopped. It returns net.ErrClosed when
// the connection was closed meanwhile.
func (m *meter) awaitReading() error {
	m.mu.Lock()
	resumed := m.resumed
	m.mu.Unlock()
	if resumed == nil {
		return nil
	}
	select {
	case <-resumed:
		return nil
	case <-m.ctx.Done():
		return net.ErrClosed
	}
}

// Close closes the connection once; later calls return the first one's error.
func (m *meter) Close() error {
	m.closing.Do(func() {
		m.cancel() // first: whoever reads a closed pipe asks who has closed it
		m.closeErr = m.Conn.Close()
	})
	return m.closeErr
}

// reset closes the connection with a reset where it is one of TCP.
func (m *meter) reset() error {
	if tcp, ok := reach[lingerer](m.Conn); ok {
		_ = tcp.SetLinger(0) // fails on a closed connection only
	}
	return m.Close()
}

// CloseWrite closes the writing direction. It returns errors.ErrUnsupported
// where the connection has no such thing.
func (m *meter) CloseWrite() error {
	if half, ok := reach[writeCloser](m.Conn); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
