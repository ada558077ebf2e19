package floor

import (
	"net"
	"runtime"
	"syscall"
	"time"
)

// maxWrite is the largest batch, in bytes, unless a single frame is longer: all
// of a batch is in doubt together when its write fails.
const maxWrite = 16 << 10

// writer is the state of whoever is the writer: the caller or the goroutine that
// found Contract.writing false and set it, or was handed the rest of a write.
// Nobody else touches it.
type writer struct {
	raw   syscall.RawConn // nil where the connection has none
	once  func(fd uintptr) bool
	rest  chan struct{} // makes writeInBackground the writer
	taken []*request    // a queue that was taken over
	next  int           // the first of taken that was not looked at

	batch    []byte
	requests []*request // whose frames are in batch, in order
	sent     int        // how much of batch the kernel has
}

func (w *writer) init(conn net.Conn) {
	w.rest = make(chan struct{}, 1)
	if sc, ok := conn.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			w.raw = raw
		}
	}
	w.once = func(fd uintptr) bool {
		w.sent += writeOnce(fd, w.batch[w.sent:])
		return true // one attempt: waiting would hold the caller
	}
}

// flush writes for all callers until nothing is queued, own is settled, or the
// kernel takes no more; what is left then goes to the background, so that a
// caller is never held longer than its own exchange takes. It yields before each
// write, so that whoever is about to send joins it.
func (c *Contract) flush(own *request) {
	for runtime.Gosched(); c.fill(); runtime.Gosched() {
		if own.claim.Load() == settled || !c.tryWrite() {
			c.out.rest <- struct{}{}
			return
		}
	}
}

// tryWrite makes one attempt to write the batch and tells whether the kernel took
// all of it. A failure is left to the background too, whose own write meets it
// again.
func (c *Contract) tryWrite() bool {
	w := &c.out
	if w.raw == nil {
		return false
	}
	if err := w.raw.Write(w.once); err != nil {
		return false
	}
	return w.sent == len(w.batch)
}

// writeInBackground waits to be made the writer, and then writes until nothing
// is queued. It is the only one that blocks in a write.
func (c *Contract) writeInBackground() {
	w := &c.out
	for {
		select {
		case <-w.rest:
		case <-c.stop:
			return
		}
		for more := true; more; more = c.fill() {
			n, err := c.conn.Write(w.batch[w.sent:])
			w.sent += n
			if err != nil {
				c.writeFailed(err)
				return
			}
			runtime.Gosched() // as in flush
		}
	}
}

// fill claims what is queued, up to maxWrite, into a new batch. It returns false
// when there is nothing, and then the one who called it is the writer no more.
func (c *Contract) fill() bool {
	w := &c.out
	w.batch, w.sent = w.batch[:0], 0
	clear(w.requests)
	w.requests = w.requests[:0]
	for len(w.batch) == 0 {
		if w.next == len(w.taken) && !c.takeQueue() {
			return false
		}
		c.claimTaken(c.now())
	}
	return true
}

// takeQueue swaps the queue for the empty slice of the last one.
func (c *Contract) takeQueue() bool {
	w := &c.out
	clear(w.taken)
	c.mu.Lock()
	defer c.mu.Unlock()
	w.taken, c.queue = c.queue, w.taken[:0]
	w.next = 0
	if len(w.taken) == 0 {
		c.writing = false
		return false
	}
	return true
}

// claimTaken joins the frames of requests that are neither settled nor expired.
// What has expired is left to the timer, which is about to settle it.
func (c *Contract) claimTaken(now time.Duration) {
	w := &c.out
	for ; w.next < len(w.taken); w.next++ {
		r := w.taken[w.next]
		if len(w.batch) > 0 && len(w.batch)+lengthBytes+len(r.body) > maxWrite {
			return
		}
		if r.deadline > now && r.claim.CompareAndSwap(queued, claimed) {
			w.batch = appendFrame(w.batch, r.body)
			w.requests = append(w.requests, r)
		}
	}
}

// writeFailed settles what the failed write has not reached as not sent, and
// everything else with the connection. The writer stays set: nobody writes on
// this connection any more.
func (c *Contract) writeFailed(err error) {
	w := &c.out
	start := 0
	for _, r := range w.requests {
		if start >= w.sent {
			c.unsent(r, err)
		}
		start += lengthBytes + len(r.body)
	}
	_ = c.fail(err) // the write's error is the one that counts
}

// unsent settles a claimed request of which no byte was written.
func (c *Contract) unsent(r *request, cause error) {
	c.mu.Lock()
	_, won := r.take()
	if won {
		c.inFlight.remove(r)
		delete(c.table, r.key)
		r.err = notSent(cause)
	}
	c.mu.Unlock()
	if won {
		r.signal()
	}
}
