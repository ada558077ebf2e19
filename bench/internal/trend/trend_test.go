package trend_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/bench/internal/trend"
)

const (
	samples = 360
	runs    = 400
)

// series makes a series of a noise of standard deviation 1 around 100, and of a leak.
func series(random *rand.Rand, noise func(i int, random *rand.Rand) float64, leak func(part float64) float64) []float64 {
	all := make([]float64, samples)
	for i := range all {
		all[i] = 100 + noise(i, random) + leak(float64(i)/(samples-1))
	}
	return all
}

func white(_ int, random *rand.Rand) float64 { return random.NormFloat64() }

// alike makes a noise whose values resemble the one before.
func alike(resemblance float64) func(int, *rand.Rand) float64 {
	last := 0.0
	return func(_ int, random *rand.Rand) float64 {
		last = resemblance*last + math.Sqrt(1-resemblance*resemblance)*random.NormFloat64()
		return last
	}
}

// bursts are high for a while, now and then.
func bursts() func(int, *rand.Rand) float64 {
	left := 0
	return func(_ int, random *rand.Rand) float64 {
		if left--; left < 0 && random.IntN(40) == 0 {
			left = 5
		}
		if left > 0 {
			return 30 + random.NormFloat64()
		}
		return random.NormFloat64()
	}
}

// saw goes up, and down at once, as a heap does between collections.
func saw(i int, random *rand.Rand) float64 { return float64(i%17)/5 + random.NormFloat64()/3 }

// ups are how many runs of a hundred go up.
func ups(noise func() func(int, *rand.Rand) float64, leak func(float64) float64) float64 {
	up := 0
	for seed := range uint64(runs) {
		if trend.Of(series(rand.New(rand.NewPCG(seed, 1)), noise(), leak)).Up() {
			up++
		}
	}
	return 100 * float64(up) / runs
}

func of(noise func(int, *rand.Rand) float64) func() func(int, *rand.Rand) float64 {
	return func() func(int, *rand.Rand) float64 { return noise }
}

var noises = map[string]func() func(int, *rand.Rand) float64{
	"white": of(white), "bursts": bursts, "saw": of(saw),
	"alike": func() func(int, *rand.Rand) float64 { return alike(0.8) },
}

// Noise alone is taken for a leak in less than one run of a hundred, whatever it is
// like.
func TestNoLeak(t *testing.T) {
	for name, noise := range noises {
		assert.LessOrEqual(t, ups(noise, func(float64) float64 { return 0 }), 1.0, name)
		assert.Zero(t, ups(noise, func(part float64) float64 { return -3 * part }), name)
	}
	flat := make([]float64, samples)
	assert.Equal(t, trend.Trend{P: 1}, trend.Of(flat))
	assert.InDelta(t, 1, trend.Of([]float64{1, 2, 3, 4}).P, 0, "too few")
	assert.InDelta(t, 1, trend.Of(nil).P, 0)
}

// A leak that ends five deviations of the noise above its beginning is found in
// ninety-nine runs of a hundred, straight or in steps.
func TestLeak(t *testing.T) {
	for name, noise := range noises {
		for kind, leak := range map[string]func(float64) float64{
			"straight": func(part float64) float64 { return 5 * part },
			"in steps": func(part float64) float64 { return math.Floor(part * 6) },
		} {
			assert.GreaterOrEqual(t, ups(noise, leak), 99.0, "%s, %s", name, kind)
		}
	}
}

// What the leak is, is found too.
func TestGrowth(t *testing.T) {
	found := trend.Of(series(rand.New(rand.NewPCG(1, 1)), white, func(part float64) float64 { return 50 * part }))
	assert.InDelta(t, 50, found.Growth, 3)
	assert.InDelta(t, 125, found.Level, 3)
	assert.Less(t, found.P, 1e-9)

	up := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	found = trend.Of(up)
	assert.InDelta(t, 10, found.Growth, 1e-9)
	// S is 45, its variance 125: z is 44/√125.
	assert.InDelta(t, 4.15e-5, found.P, 1e-6)
	// With three equal values S is 42, and the variance 125 - 66/18.
	up[4], up[5] = 4, 4
	assert.InDelta(t, 0.5*math.Erfc(41/math.Sqrt(125-66.0/18)/math.Sqrt2), trend.Of(up).P, 1e-12)
}
