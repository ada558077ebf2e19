package main

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/host"
	"github.com/isolink-go/isolink/bench/internal/sample"
)

// What is late since others hold it up counts as late: with one caller, of exchanges
// that take five times as long as they are apart.
func TestLatencyCountsFromWhenAnExchangeWasToBegin(t *testing.T) {
	next := uint64(0)
	l := newLoad(pathFunc(func(_ context.Context, _ int, seq uint64) error {
		if seq != next {
			return errors.New("out of sequence")
		}
		next++
		<-time.After(5 * time.Millisecond)
		return nil
	}), 1)
	s, err := l.paced(1000, 20*time.Millisecond)
	require.NoError(t, err)
	assert.EqualValues(t, 20, s.exchanges)
	assert.EqualValues(t, 20, s.latency.TotalCount())
	assert.GreaterOrEqual(t, s.elapsed, 100*time.Millisecond)
	assert.GreaterOrEqual(t, s.latency.Min(), int64(3_900), "5 ms - 1 ms, as the histogram rounds it")
	assert.GreaterOrEqual(t, s.latency.Max(), int64(79_900), "20 × (5 ms - 1 ms)")
	require.NoError(t, l.close())
}

// Exchanges begin though none is answered.
func TestNobodyWaitsForAnotherOnesResponse(t *testing.T) {
	const n = 20
	var inside atomic.Int64
	all := make(chan struct{})
	l := newLoad(pathFunc(func(context.Context, int, uint64) error {
		if inside.Add(1) == n {
			close(all)
		}
		<-all
		return nil
	}), n)
	s, err := l.paced(n*100, 10*time.Millisecond)
	require.NoError(t, err)
	assert.EqualValues(t, n, s.exchanges)
	require.NoError(t, l.close())
}

func TestTheErrorOfAPacedRun(t *testing.T) {
	broken := errors.New("broken")
	l := newLoad(pathFunc(func(context.Context, int, uint64) error { return broken }), 3)
	_, err := l.paced(1000, 10*time.Millisecond)
	require.ErrorIs(t, err, broken)
	require.NoError(t, l.close())
}

// The other link of the failing row fails again and again, and is no error.
func TestFailingLink(t *testing.T) {
	h, err := host.Listen()
	require.NoError(t, err)
	path, err := openFailing(target{addr: h.Addr()}, sample.Two, 10)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return path.(*failingPath).failing.Status().Counters.Sessions >= 3
	}, 30*time.Second, time.Millisecond)
	require.NoError(t, path.Exchange(t.Context(), 0, 0))
	require.NoError(t, path.Close())
	require.NoError(t, h.Close())
}
