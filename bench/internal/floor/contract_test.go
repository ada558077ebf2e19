package floor_test

import (
	"bufio"
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/floor"
	"github.com/isolink-go/isolink/bench/internal/sample"
)

// Most of it is fake time; what is real is not waited for.
const (
	timeout    = time.Minute
	lateWindow = 5 * time.Minute
)

// inBubble runs a test in fake time, with a connection that has no buffer: what the
// peer does not read is claimed, and what comes behind it stays queued.
func inBubble(t *testing.T, limit int, test func(t *testing.T, c contractClient, p peer)) {
	synctest.Test(t, func(t *testing.T) {
		conn, p := pipe(t)
		c := newContract(conn, limit)
		test(t, c, p)
		require.NoError(t, c.Close())
	})
}

func newContract(conn net.Conn, limit int) contractClient {
	return contractClient{floor.NewContract(conn, floor.Config{
		STANAt: stanAt, Timeout: timeout, LateWindow: lateWindow, Limit: limit,
	})}
}

func requireAnswered(t *testing.T, r result, stan uint32) {
	t.Helper()
	require.NoError(t, r.err)
	require.NoError(t, sample.Two.Verify(r.response, stan))
}

// requireError checks the outcome, that it is not the other one as well, and the
// cause.
func requireError(t *testing.T, r result, outcome, cause error) {
	t.Helper()
	other := map[error]error{floor.ErrNotSent: floor.ErrInDoubt, floor.ErrInDoubt: floor.ErrNotSent}[outcome]
	require.ErrorIs(t, r.err, outcome)
	require.NotErrorIs(t, r.err, other)
	require.ErrorIs(t, r.err, cause)
	require.Nil(t, r.response)
}

func TestTimeoutOfWhatWasWrittenIsInDoubt(t *testing.T) {
	inBubble(t, 0, func(t *testing.T, c contractClient, p peer) {
		begin := time.Now()
		done := start(t, c, request(1))
		p.read()
		requireError(t, <-done, floor.ErrInDoubt, floor.ErrTimeout)
		assert.Equal(t, timeout, time.Since(begin))
	})
}

func TestEveryExchangeHasItsOwnDeadline(t *testing.T) {
	inBubble(t, 0, func(t *testing.T, c contractClient, p peer) {
		begin := time.Now()
		first := start(t, c, request(1))
		p.read()
		<-time.After(timeout / 4)
		second := start(t, c, request(2))
		p.read()
		<-time.After(timeout / 4)
		third := start(t, c, request(3))
		p.read()
		p.send(response(2))
		requireAnswered(t, <-second, 2)
		requireError(t, <-first, floor.ErrInDoubt, floor.ErrTimeout)
		assert.Equal(t, timeout, time.Since(begin))
		requireError(t, <-third, floor.ErrInDoubt, floor.ErrTimeout)
		assert.Equal(t, timeout+timeout/2, time.Since(begin))
	})
}

func TestTimeoutOfWhatWasQueuedIsNotSent(t *testing.T) {
	inBubble(t, 0, func(t *testing.T, c contractClient, p peer) {
		begin := time.Now()
		first := start(t, c, request(1))
		synctest.Wait()
		second := start(t, c, request(2))
		requireError(t, <-first, floor.ErrInDoubt, floor.ErrTimeout)
		requireError(t, <-second, floor.ErrNotSent, floor.ErrTimeout)
		assert.Equal(t, timeout, time.Since(begin))

		third := start(t, c, request(3))
		assert.Equal(t, request(1), p.read(), "it was claimed")
		assert.Equal(t, request(3), p.read(), "the second is never written")
		p.send(response(3))
		requireAnswered(t, <-third, 3)
	})
}

func TestCancel(t *testing.T) {
	inBubble(t, 0, func(t *testing.T, c contractClient, p peer) {
		ctx, cancel := context.WithCancel(t.Context())
		cancelled := func(stan uint32) <-chan result {
			done := make(chan result, 1)
			go func() {
				response, err := c.Exchange(ctx, request(stan))
				done <- result{response, err}
			}()
			synctest.Wait()
			return done
		}
		first, second := cancelled(1), cancelled(2)
		begin := time.Now()
		cancel()
		requireError(t, <-first, floor.ErrInDoubt, context.Canceled)
		requireError(t, <-second, floor.ErrNotSent, context.Canceled)
		requireError(t, <-cancelled(3), floor.ErrNotSent, context.Canceled)
		assert.Zero(t, time.Since(begin))

		assert.Equal(t, request(1), p.read())
		fourth := start(t, c, request(4))
		assert.Equal(t, request(4), p.read(), "what was cancelled in the queue is never written")
		p.send(response(4))
		requireAnswered(t, <-fourth, 4)
	})
}

func TestDuplicateKeyIsRefused(t *testing.T) {
	inBubble(t, 0, func(t *testing.T, c contractClient, p peer) {
		first := start(t, c, request(1))
		p.read()
		requireError(t, c.exchange(t, request(1)), floor.ErrNotSent, floor.ErrDuplicateKey)
		p.send(response(1))
		requireAnswered(t, <-first, 1)

		again := start(t, c, request(1))
		p.read()
		p.send(response(1))
		requireAnswered(t, <-again, 1)
	})
}

func TestKeyInDoubtIsTakenForTheLateWindow(t *testing.T) {
	inBubble(t, 0, func(t *testing.T, c contractClient, p peer) {
		first := start(t, c, request(1))
		p.read()
		requireError(t, <-first, floor.ErrInDoubt, floor.ErrTimeout)
		<-time.After(lateWindow - time.Millisecond)
		requireError(t, c.exchange(t, request(1)), floor.ErrNotSent, floor.ErrDuplicateKey)
		<-time.After(time.Millisecond)
		synctest.Wait()
		again := start(t, c, request(1))
		p.read()
		p.send(response(1))
		requireAnswered(t, <-again, 1)
	})
}

func TestLateResponseSettlesNobody(t *testing.T) {
	inBubble(t, 0, func(t *testing.T, c contractClient, p peer) {
		first := start(t, c, request(1))
		p.read()
		requireError(t, <-first, floor.ErrInDoubt, floor.ErrTimeout)
		p.send(response(1), response(1))
		synctest.Wait()
		assert.Equal(t, floor.Counts{Late: 1, Unmatched: 1}, c.Counts())

		again := start(t, c, request(1))
		p.read()
		p.send(response(1))
		requireAnswered(t, <-again, 1)
	})
}

// A response to what was never written cannot be one.
func TestResponseToWhatIsQueuedSettlesNobody(t *testing.T) {
	inBubble(t, 0, func(t *testing.T, c contractClient, p peer) {
		first := start(t, c, request(1))
		synctest.Wait()
		second := start(t, c, request(2))
		synctest.Wait()
		p.send(response(2))
		requireError(t, <-second, floor.ErrNotSent, floor.ErrTimeout)
		requireError(t, <-first, floor.ErrInDoubt, floor.ErrTimeout)
		assert.Equal(t, floor.Counts{Unmatched: 1}, c.Counts())
	})
}

func TestLimitOfWhatIsInFlight(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, c contractClient, p peer) {
		first, second := start(t, c, request(1)), start(t, c, request(2))
		p.read()
		p.read()
		requireError(t, c.exchange(t, request(3)), floor.ErrNotSent, floor.ErrOverloaded)
		p.send(response(2))
		requireAnswered(t, <-second, 2)
		third := start(t, c, request(3))
		p.read()
		p.send(response(3), response(1))
		requireAnswered(t, <-third, 3)
		requireAnswered(t, <-first, 1)
	})
}

// While the peer does not read, what times out in the queue stays there: the queue
// must not grow with every timeout.
func TestLimitOfWhatIsQueued(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, c contractClient, _ peer) {
		first := start(t, c, request(1))
		synctest.Wait()
		requireError(t, <-start(t, c, request(2)), floor.ErrNotSent, floor.ErrTimeout)
		requireError(t, <-first, floor.ErrInDoubt, floor.ErrTimeout)
		requireError(t, <-start(t, c, request(3)), floor.ErrNotSent, floor.ErrTimeout)
		requireError(t, c.exchange(t, request(4)), floor.ErrNotSent, floor.ErrOverloaded)
	})
}

func TestLimitOfWhatIsLate(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, c contractClient, p peer) {
		for stan := range uint32(3) {
			done := start(t, c, request(stan))
			p.read()
			requireError(t, <-done, floor.ErrInDoubt, floor.ErrTimeout)
		}
		requireError(t, c.exchange(t, request(1)), floor.ErrNotSent, floor.ErrDuplicateKey)
		requireError(t, c.exchange(t, request(2)), floor.ErrNotSent, floor.ErrDuplicateKey)
		oldest := start(t, c, request(0))
		p.read()
		p.send(response(0))
		requireAnswered(t, <-oldest, 0)
	})
}

func TestLossOfTheConnectionTellsClaimedFromQueued(t *testing.T) {
	inBubble(t, 0, func(t *testing.T, c contractClient, p peer) {
		first := start(t, c, request(1))
		_, err := p.conn.Read(make([]byte, 1))
		require.NoError(t, err)
		second := start(t, c, request(2))
		synctest.Wait()
		begin := time.Now()
		require.NoError(t, p.conn.Close())
		require.ErrorIs(t, (<-first).err, floor.ErrInDoubt)
		require.ErrorIs(t, (<-second).err, floor.ErrNotSent)
		require.ErrorIs(t, (<-start(t, c, request(3))).err, floor.ErrNotSent)
		assert.Zero(t, time.Since(begin), "nobody waits out a timeout")
	})
}

// A buffer that holds the frames exchanged is enough; a longer frame ends the connection.
func TestReadBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, p := pipe(t)
		c := contractClient{floor.NewContract(conn, floor.Config{STANAt: stanAt, ReadBuffer: 32})}
		done := start(t, c, request(1))
		p.read()
		p.send(response(1))
		requireAnswered(t, <-done, 1)

		done = start(t, c, request(2))
		p.read()
		_, err := p.conn.Write(append([]byte{0, 100}, make([]byte, 30)...))
		require.NoError(t, err)
		requireError(t, <-done, floor.ErrInDoubt, bufio.ErrBufferFull)
		require.NoError(t, c.Close())
	})
}
