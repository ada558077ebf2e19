package supervisor_test

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

const (
	outcomeConns   = 120
	outcomeCallers = 16
	outcomeReach   = 40 * wireSize // within so many bytes a connection ends
)

// TestF5ThreeOutcomes: while connections end at random bytes, each caller is
// told what became of its request. What must come out is computed from what the
// kernel was handed, what the peer answered, and how much of that was read:
//
//   - answered: a response that was read whole, and nothing else;
//   - not sent: not a byte was handed over;
//   - in doubt: all the rest. It may hold a few that were claimed and not yet
//     written when the connection ended.
func TestF5ThreeOutcomes(t *testing.T) {
	rec := newRecorder()
	oracle := linktest.NewOracle(nil)
	host := startHost(t, linktest.PeerConfig{Recorder: rec, OnAccept: endSomewhere})
	for conn := 5; conn <= outcomeConns; conn += 6 {
		oracle.FailAt(conn, rand.Int64N(outcomeReach), errReset)
	}
	l := startUp(t, host, over(oracle))
	told := exchangeUntil(t, l, host)
	require.Len(t, oracle.Conns(), host.Accepted())

	expected := expectOutcomes(t, oracle, rec)
	var answered, notSent, unwritten, inDoubt, partly, early int
	for id, err := range told {
		handed, written := expected.handed[id]
		switch {
		case err == nil:
			answered++
			assert.True(t, expected.arrived[id], "answered, and no response was read")
		case isNotSent(err):
			notSent++
			assert.Zero(t, handed, "not sent, and %d bytes were handed over", handed)
			if written {
				unwritten++
			}
		default:
			inDoubt++
			assert.ErrorIs(t, err, messages.ErrLinkDown)
			assert.False(t, expected.arrived[id], "in doubt, and its response was read")
			switch {
			case !written: // claimed, and the end came before the write
				early++
			case handed > 0 && handed < wireSize:
				partly++
			}
		}
	}
	assert.Greater(t, answered, outcomeConns)
	assert.Greater(t, notSent, 5)
	assert.Greater(t, unwritten, 5, "in a failed write, behind the byte at which it stopped")
	assert.Greater(t, inDoubt, outcomeConns/2)
	assert.Greater(t, partly, 5)
	assert.Less(t, early, inDoubt/4)
	t.Logf("answered %d, not sent %d (%d in a failed write), in doubt %d (%d in part, %d unwritten)",
		answered, notSent, unwritten, inDoubt, partly, early)
}

// endSomewhere ends a connection at a random byte, never before the first: a
// dial that fails would have a number here and none at the oracle. Those whose
// number is left over are ended by the oracle.
func endSomewhere(c *linktest.Conn) {
	at := 1 + rand.Int64N(outcomeReach)
	switch {
	case c.Number() > outcomeConns:
	case c.Number()%6 == 0:
		c.ResetAfterRead(at)
	case c.Number()%6 == 1:
		c.CloseAfterRead(at)
	case c.Number()%6 == 2:
		c.ResetAfterWrite(at)
	case c.Number()%6 == 3:
		c.CloseAfterWrite(at)
	case c.Number()%6 == 4: // between two frames
		c.ResetAfterWrite(max(wireSize, at-at%wireSize))
	}
}

// exchangeUntil exchanges until the host ends no more connections, and returns
// what the callers were told, by field 37.
func exchangeUntil(t *testing.T, l *testLink, host *linktest.Peer) map[string]error {
	t.Helper()
	ctx := patient(t)
	told := make(map[string]error)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for caller := range outcomeCallers {
		wg.Go(func() {
			for i := 0; host.Accepted() <= outcomeConns && ctx.Err() == nil; i++ {
				if l.Await(ctx, messages.Up) != nil {
					return
				}
				frame := newFrame("0200", i*outcomeCallers+caller)
				reply, err := l.Exchange(ctx, frame)
				if err == nil {
					assert.Equal(t, string(response(frame)), string(reply))
				}
				mu.Lock()
				told[idOf(frame)] = err
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.NoError(t, ctx.Err(), "after %d connections: %+v", host.Accepted(), l.Status())
	return told
}

// expectation is what oracle and recorder say, by field 37.
type expectation struct {
	// handed is how many bytes of a request the kernel was handed; there is an
	// entry for what was in the last write of a connection, too.
	handed map[string]int64
	// arrived: its response was read whole.
	arrived map[string]bool
}

func expectOutcomes(t *testing.T, oracle *linktest.Oracle, rec *linktest.Recorder) expectation {
	t.Helper()
	e := expectation{handed: make(map[string]int64), arrived: make(map[string]bool)}
	frames, err := oracle.Frames(binary2)
	require.NoError(t, err)
	for _, f := range frames {
		id := idOf(f.Body)
		_, twice := e.handed[id]
		assert.False(t, twice, "written twice")
		e.handed[id] = f.Handed
	}
	replied := make(map[int][]string) // by connection
	for _, entry := range rec.All() {
		if entry.Kind == linktest.Replied {
			replied[entry.Conn] = append(replied[entry.Conn], entry.ID)
		}
	}
	for _, c := range oracle.Conns() {
		for _, id := range replied[c.Number()][:repliesRead(c)] {
			e.arrived[id] = true
		}
	}
	return e
}

// repliesRead is how many whole responses were read from a connection.
func repliesRead(c *linktest.OracleConn) int {
	reads := c.Reads()
	if len(reads) == 0 {
		return 0
	}
	return int(reads[len(reads)-1].To / wireSize)
}
