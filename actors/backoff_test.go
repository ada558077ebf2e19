package actors

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// window is the longest random part after that many failures, worked out by
// doubling: what Delay does with shifts.
func (b Backoff) window(failures int) time.Duration {
	w := b.Base
	for range failures - 1 {
		if w >= b.Cap {
			break
		}
		w *= 2
	}
	return min(w, b.Cap)
}

// Both ends of what a random number may be.
func lowest(int64) int64    { return 0 }
func highest(n int64) int64 { return n - 1 }

func TestFirstAttemptIsImmediate(t *testing.T) {
	b := Backoff{}.withDefaults()
	for _, failures := range []int{0, -1} {
		assert.Zero(t, b.Delay(failures, func(int64) int64 { panic("nothing to draw") }))
	}
}

func TestBackoffDefaults(t *testing.T) {
	b := Backoff{}.withDefaults()
	assert.Equal(t, Backoff{
		MinDelay: time.Second, Base: 100 * time.Millisecond, Cap: 30 * time.Second, StableAfter: 30 * time.Second,
	}, b)
	for failures, most := range map[int]time.Duration{
		1: 1100 * time.Millisecond, 2: 1200 * time.Millisecond, 3: 1400 * time.Millisecond,
		9: 26600 * time.Millisecond, 10: 31 * time.Second, 63: 31 * time.Second,
	} {
		assert.Equal(t, most, b.Delay(failures, highest), "after %d failures", failures)
		assert.Equal(t, time.Second, b.Delay(failures, lowest), "after %d failures", failures)
	}
}

// TestBackoffBounds: whatever the configuration allows, and for more failures
// than are ever counted.
func TestBackoffBounds(t *testing.T) {
	check := func(t require.TestingT, b Backoff) {
		for failures := 1; failures <= 200; failures++ {
			window := b.window(failures)
			drawn := int64(-1)
			least := b.Delay(failures, func(n int64) int64 { drawn = n; return 0 })
			require.Equal(t, b.MinDelay, least, "the least delay, always: %+v, %d failures", b, failures)
			require.Equal(t, int64(window)+1, drawn, "the whole window, both ends: %+v, %d failures", b, failures)
			require.Equal(t, b.MinDelay+window, b.Delay(failures, highest), "%+v, %d failures", b, failures)
		}
	}
	for _, b := range []Backoff{
		{MinDelay: 1, Base: 1, Cap: time.Hour},
		{MinDelay: 1, Base: 1, Cap: 1},
		{MinDelay: time.Second, Base: time.Hour, Cap: time.Hour},
		{MinDelay: time.Second, Base: time.Hour - 1, Cap: time.Hour},
		{MinDelay: time.Second, Base: time.Hour/2 + 1, Cap: time.Hour},
		{MinDelay: MaxDuration, Base: 1, Cap: MaxDuration},
		{MinDelay: MaxDuration, Base: MaxDuration, Cap: MaxDuration},
	} {
		check(t, b)
	}
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.Int64Range(1, int64(MaxDuration)).Draw(rt, "cap")
		check(rt, Backoff{
			MinDelay: time.Duration(rapid.Int64Range(1, int64(MaxDuration)).Draw(rt, "least")),
			Base:     time.Duration(rapid.Int64Range(1, limit).Draw(rt, "base")),
			Cap:      time.Duration(limit),
		})
	})
}

// TestBackoffSpread: a thousand links that were dropped together come back
// spread evenly over the window.
func TestBackoffSpread(t *testing.T) {
	const (
		links   = 1_000
		buckets = 20
	)
	b := Backoff{}.withDefaults()
	for _, failures := range []int{1, 4, 12} {
		t.Run(fmt.Sprint(failures, " failures"), func(t *testing.T) {
			random := rand.New(rand.NewPCG(8583, uint64(failures)))
			window := b.window(failures)
			var counts [buckets]int
			first, last := time.Duration(math.MaxInt64), time.Duration(0)
			for range links {
				d := b.Delay(failures, random.Int64N)
				require.GreaterOrEqual(t, d, b.MinDelay)
				require.LessOrEqual(t, d, b.MinDelay+window)
				first, last = min(first, d), max(last, d)
				counts[min(int((d-b.MinDelay)*buckets/window), buckets-1)]++
			}
			assert.Less(t, first-b.MinDelay, window/20, "none comes early")
			assert.Greater(t, last-b.MinDelay, window-window/20, "none comes late")
			// The numbers are always the same. Chi-square for 19 degrees of freedom
			// is above 43.8 once in a thousand draws that are spread evenly.
			const expected = float64(links) / buckets
			chi := 0.0
			for _, n := range counts {
				chi += (float64(n) - expected) * (float64(n) - expected) / expected
			}
			assert.Less(t, chi, 43.8, "%v", counts)
		})
	}
}
