package actors

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

var (
	simDays = flag.Int("days", 0, "how many days TestSimulate simulates; 0: some hours")
	simSeed = flag.Uint64("seed", 0, "of TestSimulate; 0: a random one")
)

// TestSimulate simulates a switch for days, twice with the same seed, in which
// whatever can go wrong does, many times. The days are scaled down: 12,000 exchanges
// each, and 1,000 STANs, so that they wrap twelve times a day.
//
//	go test ./actors -run '^TestSimulate$' -count=1 -v -args -days=365 -seed=7
func TestSimulate(t *testing.T) {
	lasts, seed := time.Duration(*simDays)*day, *simSeed
	for seed == 0 {
		seed = rand.Uint64()
	}
	switch {
	case lasts > 0:
	case raceDetector: // which finds nothing in one goroutine, and takes its time
		lasts = time.Hour
	default:
		lasts = 2 * day
	}
	began := time.Now()
	fmt.Printf("simulate: %v, seed %d\n", lasts, seed)
	var runs [2]*simulation
	t.Run("runs", func(t *testing.T) {
		for i := range runs {
			t.Run(fmt.Sprint(i+1), func(t *testing.T) {
				t.Parallel()
				runs[i] = simulate(t, seed, lasts)
			})
		}
	})
	first, second := runs[0], runs[1]
	for _, report := range first.reports {
		t.Error(report)
	}
	first.figures.print(os.Stdout, lasts)
	fmt.Printf("%d exchanges, %d occurrences, twice, in %.0f s; traces %016x and %016x\n", first.figures.sends,
		first.steps, time.Since(began).Seconds(), first.digest.Sum64(), second.digest.Sum64())
	for _, c := range first.checks(lasts, second) {
		fmt.Println(c)
		assert.True(t, c.OK, "seed %d: %s", seed, c)
	}
}
