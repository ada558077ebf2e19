package actors

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// counts is what a pool knows of itself.
func (w *Workers) counts() (idle, busy int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.idle), w.busy
}

// occupy keeps n workers busy until release is closed, and returns what
// goroutines they are, in the order of the calls.
func occupy(t *testing.T, w *Workers, n int, release <-chan struct{}) []string {
	t.Helper()
	names := make([]string, n)
	for i := range names {
		w.Go(func() {
			names[i] = goroutine()
			<-release
		})
		synctest.Wait()
	}
	return names
}

// TestWorkersReuse: a goroutine that has no work is used again, the one that
// worked last first.
func TestWorkersReuse(t *testing.T) {
	bubble(t, func(t *testing.T, w *Workers) {
		releases := []chan struct{}{make(chan struct{}), make(chan struct{}), make(chan struct{})}
		names := make([]string, len(releases))
		for i, release := range releases {
			names[i] = occupy(t, w, 1, release)[0]
		}
		for _, i := range []int{1, 2, 0} { // the order in which they become idle
			close(releases[i])
			synctest.Wait()
		}
		idle, busy := w.counts()
		assert.Equal(t, 3, idle)
		assert.Zero(t, busy)

		again := make(chan struct{})
		assert.Equal(t, []string{names[0], names[2], names[1]}, occupy(t, w, 3, again))
		close(again)
	})
}

// TestWorkersIdleLimit: of a burst of goroutines only so many are kept.
func TestWorkersIdleLimit(t *testing.T) {
	bubble(t, func(t *testing.T, w *Workers) {
		release := make(chan struct{})
		occupy(t, w, 2*maxIdleWorkers, release)
		_, busy := w.counts()
		require.Equal(t, 2*maxIdleWorkers, busy)
		close(release)
		synctest.Wait()
		idle, busy := w.counts()
		assert.Equal(t, maxIdleWorkers, idle)
		assert.Zero(t, busy)
	}) // one that waited without being in the pool would be a deadlock of the bubble
}

// TestWorkersClose: it waits for the busy ones, and ends the idle ones.
func TestWorkersClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w Workers
		first, second := make(chan struct{}), make(chan struct{})
		occupy(t, &w, 1, first)
		occupy(t, &w, 1, second)
		close(first)
		synctest.Wait()

		closed := false
		go func() {
			assert.NoError(t, w.Close(t.Context()))
			closed = true
		}()
		synctest.Wait()
		assert.False(t, closed)
		close(second)
		synctest.Wait()
		assert.True(t, closed)
		require.NoError(t, w.Close(t.Context()), "closing it again")
	}) // a goroutine left behind is a deadlock of the bubble
}

// TestWorkersCloseGivesUp: when the context has ended and lastSteps are over, so is
// the wait, with the context's cause; a later Close waits for the rest.
func TestWorkersCloseGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w Workers
		release := make(chan struct{})
		occupy(t, &w, 2, release)
		hurry := errors.New("in a hurry")
		ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Second, hurry)
		defer cancel()
		start := time.Now()
		require.ErrorIs(t, w.Close(ctx), hurry)
		assert.Equal(t, 3*time.Second+lastSteps, time.Since(start))

		var closed atomic.Int32
		for range 3 {
			go func() {
				assert.NoError(t, w.Close(t.Context()))
				closed.Add(1)
			}()
		}
		synctest.Wait()
		assert.Zero(t, closed.Load())
		close(release)
		synctest.Wait()
		assert.EqualValues(t, 3, closed.Load())
	})
}

// TestWorkersCloseCutsShort: what ends when Close's context does, or the pool's, is
// waited for.
func TestWorkersCloseCutsShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w Workers
		w.Go(func() { <-w.Context().Done() })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w.Go(func() { <-ctx.Done() })
		start := time.Now()
		require.NoError(t, w.Close(ctx))
		assert.Equal(t, time.Second, time.Since(start))
	})
}

// TestWorkersGoAfterClose: what is still to be done while all is being closed
// is done, and waited for; nothing stays idle.
func TestWorkersGoAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w Workers
		require.NoError(t, w.Close(t.Context()))
		release, ran := make(chan struct{}), false
		w.Go(func() {
			w.Go(func() { <-release })
			ran = true
		})
		closed := false
		go func() {
			assert.NoError(t, w.Close(t.Context()))
			closed = true
		}()
		synctest.Wait()
		assert.True(t, ran)
		assert.False(t, closed)
		close(release)
		synctest.Wait()
		assert.True(t, closed)
		idle, busy := w.counts()
		assert.Zero(t, idle)
		assert.Zero(t, busy)
	})
}

// TestWorkersGoexit: a function that ends its goroutine takes it out of the
// pool, and nothing waits for it.
func TestWorkersGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w Workers
		release := make(chan struct{})
		lost := occupy(t, &w, 1, release)[0]
		close(release)
		synctest.Wait()
		var ranIn string
		w.Go(func() {
			ranIn = goroutine()
			runtime.Goexit()
		})
		synctest.Wait()
		require.Equal(t, lost, ranIn)
		idle, busy := w.counts()
		assert.Zero(t, idle)
		assert.Zero(t, busy)

		again := make(chan struct{})
		assert.NotEqual(t, lost, occupy(t, &w, 1, again)[0])
		w.Go(runtime.Goexit)
		close(again)
		require.NoError(t, w.Close(t.Context()))
	})
}

// TestWorkersRace: many goroutines ask for work to be done, some of which ends
// its goroutine or asks for more, while the pool is closed: all of it is done
// when the last Close returns.
func TestWorkersRace(t *testing.T) {
	const rounds, askers, each = 20, 4, 100
	for range rounds {
		var w Workers
		var done atomic.Int64
		var wg sync.WaitGroup
		for a := range askers {
			wg.Go(func() {
				for i := range each {
					w.Go(func() {
						defer done.Add(1)
						switch (a + i) % 5 {
						case 0:
							runtime.Goexit()
						case 1:
							w.Go(func() { done.Add(1) })
						}
					})
				}
			})
		}
		wg.Go(func() { assert.NoError(t, w.Close(t.Context())) })
		wg.Wait()
		closeWorkers(t, &w)
		assert.EqualValues(t, askers*each*6/5, done.Load())
		idle, busy := w.counts()
		assert.Zero(t, idle)
		assert.Zero(t, busy)
	}
}
