package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The ranks are those of the published tables of 95 % confidence intervals of a
// median.
func TestBoundRank(t *testing.T) {
	for n, want := range map[int]int{
		1: 1, 2: 1, 5: 1, 6: 1, 8: 1, 9: 2, 11: 2, 12: 3, 15: 4, 17: 5, 20: 6,
		25: 8, 30: 10, 40: 14, 50: 18, 100: 40,
	} {
		assert.Equal(t, want, boundRank(n), "n=%d", n)
	}
	assert.InDelta(t, 5000-98, boundRank(10_000), 2, "many values do not underflow")
}

func TestEstimateOf(t *testing.T) {
	values := []float64{9, 1, 8, 2, 7, 3, 6, 4, 5}
	assert.Equal(t, estimate{median: 5, low: 2, high: 8}, estimateOf(values))
	assert.Equal(t, []float64{9, 1, 8, 2, 7, 3, 6, 4, 5}, values, "not changed")
	assert.Equal(t, estimate{median: 2.5, low: 1, high: 4}, estimateOf([]float64{4, 3, 2, 1}))
	assert.Equal(t, estimate{median: 7, low: 7, high: 7}, estimateOf([]float64{7}))
}
