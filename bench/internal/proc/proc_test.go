package proc_test

import (
	"os"
	"runtime"
	"testing"

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

func TestMaxFiles(t *testing.T) {
	most := proc.MaxFiles()
	assert.Greater(t, most, 64)
	assert.Equal(t, most, proc.RaiseFiles(1), "it is not lowered")
	assert.GreaterOrEqual(t, proc.RaiseFiles(most+1), most)
}
