// Package trend tells a leak from noise: whether what was sampled at equal distances
// goes up.
//
//	t := trend.Of(samples)
//	if t.Up() && t.Growth > tolerance { … }
package trend

import (
	"math"
	"slices"
)

// Trend is what a series does.
type Trend struct {
	// Level is the series' median.
	Level float64
	// Growth is by how much it went up from its first sample to its last, by the
	// slope of Theil and Sen: the median of the slopes between any two blocks, which
	// outliers do not move.
	Growth float64
	// P is how likely a series without a trend is to go up as steadily, by the test of
	// Mann and Kendall, one-sided.
	P float64
}

// Significance is the P below which a trend is no chance.
const Significance = 0.001

// Up reports whether the series goes up, and not by chance.
func (t Trend) Up() bool { return t.P < Significance }

// blocks is how many medians the tests are made of. Samples that follow each other are
// alike (a burst lasts for some of them, a pool stays filled for a while), and the test
// would take what they have in common for a trend; medians over a twentieth of the
// series are nearly independent. With twenty, S must be 67 or more of 190 for P to be
// below a thousandth: two of three pairs go up.
const blocks = 20

// Of looks at a series. It needs five samples at least; with fewer, P is 1.
//
// The test of Mann and Kendall counts, over all pairs, those that go up less those that
// go down: S. Without a trend S is 0 on average, and close to normal from ten values on,
// with the variance (n(n-1)(2n+5) - Σ t(t-1)(2t+5)) / 18, where t are the numbers of
// values that are equal. It asks for no distribution of the noise, and whether a leak is
// straight, or comes in steps, makes no difference to it.
func Of(samples []float64) Trend {
	t := Trend{Level: median(samples), P: 1}
	medians := blocked(samples)
	n := float64(len(medians))
	if n < 5 {
		return t
	}
	var slopes []float64
	s := 0.0
	for i, a := range medians {
		for j, b := range medians[i+1:] {
			slopes = append(slopes, (b-a)/float64(j+1))
			s += sign(b - a)
		}
	}
	t.Growth = median(slopes) * n
	if s <= 0 {
		return t
	}
	variance := n * (n - 1) * (2*n + 5)
	for _, equal := range ties(medians) {
		variance -= equal * (equal - 1) * (2*equal + 5)
	}
	// S moves in steps of two: one less makes it continuous.
	z := (s - 1) / math.Sqrt(variance/18)
	t.P = math.Erfc(z/math.Sqrt2) / 2
	return t
}

// blocked are the medians of the blocks, in their order.
func blocked(samples []float64) []float64 {
	n := min(blocks, len(samples))
	medians := make([]float64, n)
	for i := range medians {
		medians[i] = median(samples[i*len(samples)/n : (i+1)*len(samples)/n])
	}
	return medians
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// ties are how often each value is there.
func ties(values []float64) (counts []float64) {
	times := make(map[float64]float64)
	for _, v := range values {
		times[v]++
	}
	for _, n := range times {
		counts = append(counts, n)
	}
	return counts
}
