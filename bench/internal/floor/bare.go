package floor

import (
	"errors"
	"net"
	"runtime"
	"sync"
)

// Bare is the fastest client that we know how to write: a map under a mutex, a
// buffer that callers share, one of them writing for all, and a reader. It has
// no deadlines, no cancellation and no limits, and a caller blocks in a write
// for as long as the peer does not read.
type Bare struct {
	conn    net.Conn
	stanAt  int
	reading sync.WaitGroup

	mu      sync.Mutex
	waiters map[key]*Waiter
	out     []byte // frames that nobody has begun to write
	writing bool
	failed  error

	spare []byte // touched only by the caller that set writing
}

// Waiter is what one caller waits on. It is reused from exchange to exchange,
// and serves one exchange at a time.
type Waiter struct {
	done     chan struct{}
	response []byte
	err      error
}

// NewWaiter returns a Waiter for one caller.
func NewWaiter() *Waiter { return &Waiter{done: make(chan struct{}, 1)} }

// NewBare takes over the connection and starts to read. stanAt is the offset of
// field 11 in every body, in bytes.
func NewBare(conn net.Conn, stanAt int) *Bare {
	b := &Bare{conn: conn, stanAt: stanAt, waiters: make(map[key]*Waiter)}
	b.reading.Go(func() { b.fail(b.read()) })
	return b
}

// Exchange sends the body and waits for its response. The body belongs to the
// caller and is not kept; the response belongs to w and is valid until its next
// exchange. No two exchanges in flight may have the same key: the first would
// wait for ever. Errors: ErrNoKey, ErrTooLong, ErrClosed, and
// those of the connection.
func (b *Bare) Exchange(w *Waiter, body []byte) ([]byte, error) {
	k, response, ok := keyOf(body, b.stanAt)
	switch {
	case !ok || response:
		return nil, ErrNoKey
	case len(body) > maxBody:
		return nil, ErrTooLong
	}
	b.mu.Lock()
	if b.failed != nil {
		b.mu.Unlock()
		return nil, b.failed
	}
	b.waiters[k] = w
	b.out = appendFrame(b.out, body)
	lead := !b.writing
	b.writing = true
	b.mu.Unlock()
	if lead {
		b.flush()
	}
	<-w.done
	return w.response, w.err
}

// Close ends the connection and waits for the reader. Exchanges in flight
// return ErrClosed. The error is that of closing the connection.
func (b *Bare) Close() error {
	b.fail(ErrClosed)
	err := b.conn.Close()
	b.reading.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// flush writes what callers append until there is nothing more. It yields before
// each write, so that whoever is about to send joins it.
func (b *Bare) flush() {
	for {
		runtime.Gosched()
		b.mu.Lock()
		if len(b.out) == 0 || b.failed != nil {
			b.writing = false
			b.mu.Unlock()
			return
		}
		batch := b.out
		b.out = b.spare[:0]
		b.spare = batch
		b.mu.Unlock()
		if _, err := b.conn.Write(batch); err != nil {
			b.fail(err)
		}
	}
}

// read wakes the waiters of what comes in. It looks all of a batch up under one
// lock and wakes outside it.
func (b *Bare) read() error {
	type match struct {
		w    *Waiter
		body []byte
	}
	in := newBatchReader(b.conn, readBuffer)
	var matches []match
	for {
		batch, err := in.next()
		if err != nil {
			return err
		}
		matches = matches[:0]
		b.mu.Lock()
		for body := []byte(nil); len(batch) > 0; {
			body, batch = cut(batch)
			k, response, ok := keyOf(body, b.stanAt)
			if !ok || !response {
				continue
			}
			if w := b.waiters[k]; w != nil {
				delete(b.waiters, k)
				matches = append(matches, match{w, body})
			}
		}
		b.mu.Unlock()
		for _, m := range matches {
			m.w.response, m.w.err = append(m.w.response[:0], m.body...), nil
			m.w.done <- struct{}{}
		}
	}
}

// fail settles everything in flight, once.
func (b *Bare) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed != nil {
		return
	}
	b.failed = err
	_ = b.conn.Close() // err is the reason; closing only wakes the reader
	for k, w := range b.waiters {
		delete(b.waiters, k)
		w.response, w.err = nil, err
		w.done <- struct{}{}
	}
}
