package floor

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// Config says what a Contract promises. The zero value of a field stands for its
// default.
type Config struct {
	// STANAt is the offset of field 11 in every body, in bytes. It has no default
	// and is at least 4.
	STANAt int

	// Timeout is how long an exchange may take, counted from the call. The
	// default is 5 s.
	Timeout time.Duration

	// LateWindow is how long the key of an exchange in doubt stays taken. The
	// default is 30 s.
	LateWindow time.Duration

	// Limit is how many exchanges may be in flight, how many may be queued, and
	// how many keys in doubt are remembered. The default is 10,000.
	Limit int

	// ReadBuffer is how many bytes are read at once; a longer frame ends the
	// connection. The default is 128 KiB, enough for any.
	ReadBuffer int
}

func (c Config) withDefaults() Config {
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	if c.LateWindow == 0 {
		c.LateWindow = 30 * time.Second
	}
	if c.Limit == 0 {
		c.Limit = 10_000
	}
	if c.ReadBuffer == 0 {
		c.ReadBuffer = readBuffer
	}
	return c
}

// Contract is the fastest client that we know how to write whose callers can
// rely on it: every exchange settles exactly once and by its deadline, whatever
// the peer does, and a refusal says whether the request may be sent elsewhere.
type Contract struct {
	cfg     Config
	conn    net.Conn
	start   time.Time // deadlines are counted from here, by the monotonic clock
	running sync.WaitGroup
	stop    chan struct{}
	out     writer
	signals signals

	mu       sync.Mutex
	table    map[key]*request // in flight, or in doubt within the late window
	inFlight list
	late     list
	queue    []*request // not looked at by a writer
	writing  bool       // somebody is the writer; see writer
	timer    *time.Timer
	timerAt  time.Duration // when the timer goes off; 0 when it is not set
	failed   error
	counts   Counts
}

// Counts is what came in and settled nothing.
type Counts struct {
	Late      uint64 // responses to requests in doubt
	Unmatched uint64 // anything else that is not a response to a request in flight
}

// NewContract takes over the connection and starts to read.
func NewContract(conn net.Conn, cfg Config) *Contract {
	c := &Contract{
		cfg:   cfg.withDefaults(),
		conn:  conn,
		start: time.Now(),
		stop:  make(chan struct{}),
		table: make(map[key]*request),
	}
	c.timer = time.AfterFunc(time.Hour, c.expire)
	c.timer.Stop()
	c.out.init(conn)
	c.running.Go(func() { _ = c.fail(c.read()) }) // why reading ended is what counts
	c.running.Go(c.writeInBackground)
	return c
}

// now is the time since start. It is never 0, which stands for no time.
func (c *Contract) now() time.Duration { return time.Since(c.start) + 1 }

// Exchange sends the body and waits for its response. The body belongs to the
// Contract from then on; the response belongs to the caller. Every error is an
// *Error: ErrNotSent or ErrInDoubt, caused by ErrTimeout, by ctx, by
// ErrOverloaded, ErrDuplicateKey, ErrNoKey, ErrTooLong, ErrClosed, or by the
// connection.
func (c *Contract) Exchange(ctx context.Context, body []byte) ([]byte, error) {
	k, response, ok := keyOf(body, c.cfg.STANAt)
	switch {
	case !ok || response:
		return nil, notSent(ErrNoKey)
	case len(body) > maxBody:
		return nil, notSent(ErrTooLong)
	}
	if err := ctx.Err(); err != nil {
		return nil, notSent(err)
	}
	r := &request{key: k, body: body, deadline: c.now() + c.cfg.Timeout, done: c.signals.get()}
	lead, err := c.admit(r)
	if err != nil {
		c.signals.put(r.done)
		return nil, notSent(err)
	}
	if lead {
		c.flush(r)
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if !c.abandon(r, ctx.Err()) {
			<-r.done // settled already; the signal is on its way
		}
	}
	// By now the signal was taken, or nobody will give one, so that the channel
	// can serve another exchange though the table may still refer to r.
	c.signals.put(r.done)
	return r.response, r.err
}

// Close ends the connection and waits for what runs on its behalf. Exchanges in
// flight settle with ErrClosed. The error is that of closing the connection.
func (c *Contract) Close() error {
	err := c.fail(ErrClosed)
	c.running.Wait()
	return err
}

// Counts returns what came in and settled nothing so far.
func (c *Contract) Counts() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts
}

// fail ends the connection and settles everything in flight, once. The error is
// that of closing the connection.
func (c *Contract) fail(cause error) error {
	c.mu.Lock()
	if c.failed != nil {
		c.mu.Unlock()
		return nil
	}
	c.failed = cause
	c.timer.Stop()
	var lost []*request
	for r := c.inFlight.first; r != nil; r = c.inFlight.first {
		if c.giveUp(r, cause) {
			lost = append(lost, r)
		}
	}
	c.mu.Unlock()
	close(c.stop)
	for _, r := range lost {
		r.signal()
	}
	if err := c.conn.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
