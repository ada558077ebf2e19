package floor_test

import (
	"bytes"
	"errors"
	"net"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/floor"
	"github.com/isolink-go/isolink/bench/internal/sample"
)

// scripted is a connection whose writes the test ends one by one.
type scripted struct {
	net.Conn
	writes  chan []byte
	results chan written
}

type written struct {
	n   int
	err error
}

func (s scripted) Write(b []byte) (int, error) {
	s.writes <- bytes.Clone(b)
	r := <-s.results
	return r.n, r.err
}

// stalled returns a client with one exchange that is being written, and others that
// are queued behind it.
func stalled(t *testing.T, others ...[]byte) (s scripted, c contractClient, first <-chan result, rest map[uint32]<-chan result) {
	t.Helper()
	conn, _ := pipe(t)
	s = scripted{Conn: conn, writes: make(chan []byte), results: make(chan written)}
	c = newContract(s, 0)
	first = start(t, c, request(0))
	require.Equal(t, len(frameOf(request(0))), len(<-s.writes))
	rest = make(map[uint32]<-chan result)
	for _, body := range others {
		rest[stanOf(t, body)] = start(t, c, body)
	}
	synctest.Wait()
	return s, c, first, rest
}

func frameOf(body []byte) []byte {
	return append([]byte{byte(len(body) >> 8), byte(len(body))}, body...)
}

var errBroken = errors.New("broken on purpose")

// Frames that start where the write stopped, or behind, cannot have been read.
func TestFailedWriteTellsWhatWasNotSent(t *testing.T) {
	size := sample.Two.Size() + 2
	for _, test := range []struct{ written, inDoubt int }{
		{0, 0},
		{1, 1},
		{size - 1, 1},
		{size, 1},
		{size + 1, 2},
		{2 * size, 2},
		{2*size + 1, 3},
		{3*size - 1, 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, c, first, rest := stalled(t, request(1), request(2), request(3))
			s.results <- written{n: size}
			batch := <-s.writes
			require.Len(t, batch, 3*size)
			s.results <- written{n: test.written, err: errBroken}

			requireError(t, <-first, floor.ErrInDoubt, errBroken)
			for i := range 3 {
				want := floor.ErrNotSent
				if i < test.inDoubt {
					want = floor.ErrInDoubt
				}
				requireError(t, <-rest[stanOf(t, batch[i*size+2:])], want, errBroken)
			}
			requireError(t, c.exchange(t, request(4)), floor.ErrNotSent, errBroken)
			require.NoError(t, c.Close())
		})
	}
}

// All of a batch is in doubt when its write fails: it must not be long, and must not
// be one frame a write either.
func TestBatchesAreFullAndBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 16 << 10
		var bodies [][]byte
		for stan := range uint32(40) {
			bodies = append(bodies, append(request(stan+1), make([]byte, 1000)...))
		}
		size := len(frameOf(bodies[0]))
		s, c, first, rest := stalled(t, bodies...)
		s.results <- written{n: len(frameOf(request(0)))}
		var sizes []int
		for left := len(bodies) * size; left > 0; {
			batch := <-s.writes
			sizes = append(sizes, len(batch))
			left -= len(batch)
			s.results <- written{n: len(batch)}
		}
		full := limit / size * size
		assert.Equal(t, []int{full, full, 40*size - 2*full}, sizes)
		require.NoError(t, c.Close())
		requireError(t, <-first, floor.ErrInDoubt, floor.ErrClosed)
		for _, done := range rest {
			requireError(t, <-done, floor.ErrInDoubt, floor.ErrClosed)
		}
	})
}
