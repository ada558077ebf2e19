package main

import (
	"math"
	"slices"
)

// confidence is how often, at least, the bounds of an estimate hold the true
// median, for slices that are independent of each other.
const confidence = 0.95

// estimate is a median and its bounds.
type estimate struct{ median, low, high float64 }

// estimateOf takes the median of the values, which it does not change. The bounds
// are two of the values, by the order statistics of the median: they suppose
// nothing about how times are distributed. Fewer than six values do not reach the
// confidence, and their bounds are the smallest and the largest. values must not
// be empty.
func estimateOf(values []float64) estimate {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	rank := boundRank(n)
	return estimate{
		median: (sorted[(n-1)/2] + sorted[n/2]) / 2,
		low:    sorted[rank-1],
		high:   sorted[n-rank],
	}
}

// boundRank is the largest k, and at least 1, for which the median of n values lies
// between the k-th smallest and the k-th largest with the confidence: fewer than k
// of n values fall below the median with a probability of at most half of what
// remains, and the number of those that do is binomial with p = 1/2.
func boundRank(n int) int {
	tail, k := 0.0, 0
	for k <= n/2 {
		tail += math.Exp(lnChoose(n, k) - float64(n)*math.Ln2)
		if tail > (1-confidence)/2 {
			break
		}
		k++
	}
	return max(k, 1)
}

func lnChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}
