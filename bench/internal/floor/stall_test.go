package floor_test

import (
	"context"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/floor"
)

// A peer that stops reading holds nobody beyond the deadline, neither those who
// write for others nor those who are queued, and what is refused or not sent never
// reaches it.
func TestPeerThatStopsReading(t *testing.T) {
	const (
		exchanges = 600
		wait      = 2 * time.Second
		slack     = time.Minute // of a busy machine; without deadlines nothing returns at all
	)
	conn, p := connect(t)
	require.NoError(t, conn.(*net.TCPConn).SetWriteBuffer(4096))
	require.NoError(t, p.conn.(*net.TCPConn).SetReadBuffer(4096))
	c := contractClient{floor.NewContract(conn, floor.Config{STANAt: stanAt, Timeout: wait})}
	begin := time.Now()
	done := make(map[uint32]<-chan result)
	for stan := range uint32(exchanges) {
		done[stan] = start(t, c, append(request(stan), make([]byte, 2000)...))
	}
	inDoubt := make(map[uint32]bool)
	for stan, d := range done {
		r := <-d
		require.ErrorIs(t, r.err, floor.ErrTimeout)
		if outcomeOf(t, r.err) == floor.ErrInDoubt {
			inDoubt[stan] = true
		}
	}
	took := time.Since(begin)
	assert.GreaterOrEqual(t, took, wait)
	assert.Less(t, took, wait+slack)
	assert.NotEmpty(t, inDoubt, "something was written")
	assert.Less(t, len(inDoubt), exchanges, "not everything was")

	require.NoError(t, c.Close())
	for {
		body, err := readBody(p.conn)
		if err != nil {
			break // the end, perhaps in the middle of a frame
		}
		assert.True(t, inDoubt[stanOf(t, body)], "the peer has what was reported as not sent")
	}
}

// Under cancellations, timeouts and missing responses every exchange settles once,
// and nothing that was not sent is in the peer's log.
func TestStorm(t *testing.T) {
	const callers, exchanges = 50, 12
	conn, p := connect(t)
	c := floor.NewContract(conn, floor.Config{STANAt: stanAt, Timeout: 3 * time.Second}) // it may stand still for a while
	log := make(chan map[uint32]int, 1)
	go func() { log <- answerMost(p.conn) }()
	var (
		wait   sync.WaitGroup
		mu     sync.Mutex
		errors = make(map[uint32]error)
	)
	for caller := range uint32(callers) {
		wait.Go(func() {
			for i := range uint32(exchanges) {
				stan := caller*exchanges + i
				ctx, cancel := context.WithCancel(t.Context())
				if stan%4 == 0 {
					time.AfterFunc(time.Duration(stan)*time.Microsecond, cancel)
				}
				_, err := c.Exchange(ctx, request(stan))
				cancel()
				mu.Lock()
				errors[stan] = err
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	require.NoError(t, c.Close())
	read := <-log

	require.Len(t, errors, callers*exchanges)
	outcomes := make(map[error]int)
	for stan, err := range errors {
		outcome := outcomeOf(t, err)
		outcomes[outcome]++
		assert.LessOrEqual(t, read[stan], 1, "nothing is written twice")
		if outcome == floor.ErrNotSent {
			assert.Zero(t, read[stan], "the peer has what was reported as not sent")
		}
		if outcome == nil {
			assert.NotZero(t, stan%ignored, "nobody answered it")
		}
	}
	assert.Greater(t, outcomes[nil], callers, "most are answered")
	assert.Greater(t, outcomes[floor.ErrInDoubt], callers/2, "what the peer ignores is in doubt")
}

// ignored is the divisor of the STANs that answerMost does not answer.
const ignored = 6

// answerMost plays a peer until the connection ends, and returns how often it read
// which STAN.
func answerMost(conn net.Conn) map[uint32]int {
	read := make(map[uint32]int)
	for {
		body, err := readBody(conn)
		if err != nil {
			return read
		}
		stan, err := strconv.ParseUint(string(body[stanAt:stanAt+6]), 10, 32)
		if err != nil {
			return read
		}
		read[uint32(stan)]++
		if stan%ignored == 0 {
			continue
		}
		if _, err := conn.Write(frameOf(response(uint32(stan)))); err != nil {
			return read
		}
	}
}

// outcomeOf is nil for a response.
func outcomeOf(t *testing.T, err error) error {
	t.Helper()
	if err == nil {
		return nil
	}
	var e *floor.Error
	require.ErrorAs(t, err, &e)
	require.Contains(t, []error{floor.ErrNotSent, floor.ErrInDoubt}, e.Outcome)
	return e.Outcome
}
