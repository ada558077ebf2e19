package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pathFunc is a Path of one function.
type pathFunc func(ctx context.Context, caller int, seq uint64) error

func (f pathFunc) Exchange(ctx context.Context, caller int, seq uint64) error {
	return f(ctx, caller, seq)
}

// second is the error of two results.
func second[T any](_ T, err error) error { return err }

func (f pathFunc) Close() error { return nil }

// A caller's sequence goes on from run to run: else its STANs would come again while a
// link still holds them in doubt.
func TestCallersCountTheirExchanges(t *testing.T) {
	var calls atomic.Int64
	next := make([]uint64, 3)
	l := newLoad(pathFunc(func(_ context.Context, caller int, seq uint64) error {
		calls.Add(1)
		if next[caller] != seq {
			return errors.New("out of sequence")
		}
		next[caller]++
		return nil
	}), 3)
	begun := 0
	require.NoError(t, second(l.counted(3, 100, func() { begun++ })))
	require.NoError(t, second(l.counted(2, 50, func() { begun++ })))
	assert.EqualValues(t, 3+100+2+50, calls.Load())
	assert.Equal(t, 2, begun)
	require.NoError(t, l.close())
}

func TestTimedLastsAsLongAsItShould(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoad(pathFunc(func(context.Context, int, uint64) error {
			<-time.After(time.Millisecond)
			return nil
		}), 4)
		s, err := l.timed(4, 100*time.Millisecond)
		require.NoError(t, err)
		assert.Equal(t, 100*time.Millisecond, s.elapsed.Truncate(2*time.Millisecond))
		assert.InDelta(t, 400, s.exchanges, 8)
		assert.InDelta(t, 250, microseconds.figure(s), 10)
		require.NoError(t, l.close())
	})
}

// Time that is over before a caller gets a processor is no empty slice.
func TestTimedIsNeverEmpty(t *testing.T) {
	l := newLoad(pathFunc(func(context.Context, int, uint64) error { return nil }), 2)
	for range 200 {
		s, err := l.timed(2, 0)
		require.NoError(t, err)
		require.NotZero(t, s.exchanges)
	}
	require.NoError(t, l.close())
}

func TestTheFirstErrorEndsARun(t *testing.T) {
	broken := errors.New("broken")
	var calls atomic.Int64
	l := newLoad(pathFunc(func(_ context.Context, caller int, seq uint64) error {
		calls.Add(1)
		if caller == 1 && seq == 5 {
			return broken
		}
		return nil
	}), 2)
	_, err := l.timed(2, time.Hour)
	require.ErrorIs(t, err, broken)
	require.NoError(t, l.close())
}

func TestCallersThatDoNotReturnEndARun(t *testing.T) {
	for name, hangAt := range map[string]uint64{"before the line": 0, "behind it": 3} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				l := newLoad(pathFunc(func(_ context.Context, caller int, seq uint64) error {
					if caller == 1 && seq == hangAt {
						<-release
						return errors.New("released")
					}
					<-time.After(time.Millisecond)
					return nil
				}), 2)
				begin := time.Now()
				_, err := l.timed(2, time.Second)
				require.ErrorIs(t, err, errStuck)
				assert.Equal(t, time.Second+stuckAfter, time.Since(begin))
				close(release)
			})
		})
	}
}

func TestEveryCallerHasALiveContextOfItsOwn(t *testing.T) {
	var seen [2]context.Context
	l := newLoad(pathFunc(func(ctx context.Context, caller int, _ uint64) error {
		seen[caller] = ctx
		return ctx.Err()
	}), 2)
	require.NoError(t, second(l.counted(2, 10, func() {})))
	assert.NotEqual(t, seen[0].Done(), seen[1].Done())
	require.NoError(t, l.close())
	for _, ctx := range seen {
		assert.ErrorIs(t, ctx.Err(), context.Canceled)
	}
}

// crew is a path of clients that answer by the call.
type crew struct {
	pathFunc
	windows [3]atomic.Int64
	fails   int64 // the exchange that fails; 0: none
	made    atomic.Int64
}

func (c *crew) crew() int { return len(c.windows) }

func (c *crew) exchanges(client, window int, more func() bool) (n uint64, err error) {
	c.windows[client].Store(int64(window))
	for more() {
		if c.made.Add(1) == c.fails {
			return n, errors.New("broken")
		}
		n++
	}
	return n, nil
}

func TestACrewSharesTheCallers(t *testing.T) {
	c := &crew{}
	l := newLoad(c, 8)
	s, err := l.counted(8, 100, func() {})
	require.NoError(t, err)
	assert.EqualValues(t, 100, s.exchanges)
	assert.EqualValues(t, 108, c.made.Load(), "each caller makes one before it counts")
	for client, want := range []int64{3, 3, 2} {
		assert.Equal(t, want, c.windows[client].Load())
	}
	s, err = l.counted(1, 10, func() {})
	require.NoError(t, err)
	assert.EqualValues(t, 10, s.exchanges)
	c.fails = c.made.Load() + 20
	_, err = l.timed(8, time.Hour)
	require.EqualError(t, err, "broken")
	require.NoError(t, l.close())
}

// A storm has every exchange of its number at once, each once.
func TestStorms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 25
		var mu sync.Mutex
		made := make(map[[2]uint64]int)
		l := newLoad(pathFunc(func(_ context.Context, caller int, seq uint64) error {
			mu.Lock()
			made[[2]uint64{uint64(caller), seq}]++
			mu.Unlock()
			<-time.After(time.Millisecond)
			return nil
		}), 10)
		s, err := l.storms(n, 2*time.Millisecond)
		require.NoError(t, err)
		assert.EqualValues(t, 2*n, s.exchanges)
		assert.Equal(t, 2*time.Millisecond, s.elapsed)
		assert.Len(t, made, 2*n, "no STAN is there twice")
		once, err := l.storms(n, 0)
		require.NoError(t, err)
		assert.EqualValues(t, n, once.exchanges)
		assert.Len(t, made, 3*n)
		require.NoError(t, l.close())
	})
}

func TestTheErrorOfAStorm(t *testing.T) {
	broken := errors.New("broken")
	l := newLoad(pathFunc(func(_ context.Context, caller int, _ uint64) error {
		if caller == 3 {
			return broken
		}
		return nil
	}), 10)
	_, err := l.storms(100, time.Hour)
	require.ErrorIs(t, err, broken)
	require.NoError(t, l.close())
}
