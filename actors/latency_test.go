package actors

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestLatencyBuckets are in order, without gaps, and none is wider than an eighth of
// where it begins.
func TestLatencyBuckets(t *testing.T) {
	last := time.Duration(-1)
	for bucket := range latencyBuckets - 1 {
		upTo := latencyUpTo(bucket)
		require.Greater(t, upTo, last)
		assert.Equal(t, bucket, latencyBucket(last+1), "where it begins")
		assert.Equal(t, bucket, latencyBucket(upTo), "where it ends")
		if first := last + 1; first >= 8<<latencyUnit {
			assert.LessOrEqual(t, upTo-first, first/8)
		}
		last = upTo
	}
	assert.InDelta(t, 128, last.Seconds(), 1)
	for _, d := range []time.Duration{last + 1, time.Hour, math.MaxInt64} {
		assert.Equal(t, latencyBuckets-1, latencyBucket(d))
	}
	assert.Zero(t, latencyBucket(-1))
}

// TestLatencyPercentiles are never below the true ones, and at most an eighth above
// (1.024 µs below 8 µs).
func TestLatencyPercentiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l latency
		times := rapid.SliceOfN(rapid.Int64Range(0, int64(2*time.Minute)), 1, 200).Draw(t, "times")
		for _, d := range times {
			l.add(time.Duration(d), 1)
		}
		slices.Sort(times)
		got := l.sinceStart()
		require.EqualValues(t, len(times), got.Count)
		require.EqualValues(t, times[len(times)-1], got.Max)
		for p, have := range map[int]time.Duration{50: got.P50, 90: got.P90, 99: got.P99} {
			want := time.Duration(times[(len(times)*p+99)/100-1])
			require.GreaterOrEqual(t, have, want, p)
			require.LessOrEqual(t, have, want+max(want/8, 1<<latencyUnit), p)
		}
	})
}

// TestLatencyLastMinute has what came in the last minute, and nothing that is older
// than 80 s; what was counted stays since the start.
func TestLatencyLastMinute(t *testing.T) {
	var none *latency
	assert.Zero(t, none.sinceStart())
	assert.Zero(t, none.lastMinute(0))

	var l latency
	second := int64(time.Second)
	for s := range int64(300) {
		l.add(time.Duration(s)*time.Millisecond, s*second)
		got := l.lastMinute(s * second)
		require.GreaterOrEqual(t, got.Count, uint64(min(s+1, 61)), s)
		require.LessOrEqual(t, got.Count, uint64(80), s)
		require.Equal(t, time.Duration(s)*time.Millisecond, got.Max)
	}
	assert.Zero(t, l.lastMinute(400*second).Count)
	assert.EqualValues(t, 300, l.sinceStart().Count)
	l.add(time.Second, 1_000*second)
	assert.EqualValues(t, 1, l.lastMinute(1_000*second).Count)
}

func TestLatencyAllocatesNothing(t *testing.T) {
	var l latency
	at := int64(0)
	assert.Zero(t, testing.AllocsPerRun(1_000, func() {
		at += int64(time.Second)
		l.add(time.Millisecond, at)
	}))
}
