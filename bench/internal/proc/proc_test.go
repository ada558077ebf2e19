package proc_test

import (
	"os"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/proc"
)

// What is opened, started and allocated is seen, and so is its end.
func TestNow(t *testing.T) {
	before := proc.Now()
	file, err := os.Open(os.Args[0])
	require.NoError(t, err)
	held, end := make([]byte, 64<<20), make(chan struct{})
	for i := range held {
		held[i] = 1
	}
	gone := make(chan struct{})
	go func() {
		<-end
		close(gone)
	}()
	with := proc.Now()
	assert.Equal(t, before.Goroutines+1, with.Goroutines)
	assert.InDelta(t, 64<<20, float64(with.Heap)-float64(before.Heap), 1<<20)
	if before.Files >= 0 {
		assert.Equal(t, before.Files+1, with.Files)
	}
	if before.RSS > 0 {
		assert.Greater(t, with.RSS, before.RSS+32<<20)
	}
	runtime.KeepAlive(held)
	require.NoError(t, file.Close())
	close(end)
	<-gone
	assert.Equal(t, before.Files, proc.Files())
}

// What ends in a while is waited for; what stays is told.
func TestSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, begin := proc.Now(), time.Now()
		end := make(chan struct{})
		time.AfterFunc(time.Second, func() { close(end) })
		go func() { <-end }()
		require.Equal(t, before.Goroutines+1, runtime.NumGoroutine())
		assert.LessOrEqual(t, proc.Settled(before).Goroutines, before.Goroutines)
		assert.Equal(t, time.Second, time.Since(begin).Round(100*time.Millisecond))
		before.Goroutines--
		assert.Greater(t, proc.Settled(before).Goroutines, before.Goroutines)
		assert.Equal(t, 6*time.Second, time.Since(begin).Round(100*time.Millisecond))
	})
}

func TestMaxFiles(t *testing.T) {
	most := proc.MaxFiles()
	assert.Greater(t, most, 64)
	assert.Equal(t, most, proc.RaiseFiles(1), "it is not lowered")
	assert.GreaterOrEqual(t, proc.RaiseFiles(most+1), most)
}
