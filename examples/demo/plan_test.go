package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheSameSeedGivesTheSamePlan(t *testing.T) {
	plan := newPlan(7, 10*time.Second)
	assert.Equal(t, plan, newPlan(7, 10*time.Second))
	assert.NotEqual(t, plan, newPlan(8, 10*time.Second))
}

func TestEveryPlanHasEveryFaultAndEndsInQuiet(t *testing.T) {
	for seed := range uint64(200) {
		for _, length := range []time.Duration{2 * time.Second, 10 * time.Second, time.Minute} {
			plan := newPlan(seed, length)
			require.Len(t, plan, links)
			met := make(map[kind]int)
			for _, faults := range plan {
				require.GreaterOrEqual(t, len(faults), 2)
				last := time.Duration(0)
				for _, f := range faults {
					require.Greater(t, f.at, last)
					last = f.at
					met[f.kind]++
					require.Equal(t, f.kind == stalls, f.lasts > 0)
					require.LessOrEqual(t, f.lasts, maxStall)
				}
				require.Less(t, last, length*8/10)
			}
			for _, k := range connectionFaults {
				require.Positive(t, met[k], "seed %d, %v", seed, k)
			}
		}
	}
}

func TestOfEachHundredRequestsTheSameNumberIsTreatedBadly(t *testing.T) {
	for seed := range uint64(20) {
		counts := make(map[kind]int)
		declined := 0
		for number := range uint64(deck) {
			got := treat(seed, 300+number)
			require.Equal(t, got, treat(seed, 300+number), "the same each time")
			counts[got.kind]++
			if got.declined {
				declined++
				require.Equal(t, kinds, got.kind)
			}
			require.Positive(t, got.delay)
		}
		assert.Equal(t, map[kind]int{answersLate: 2, answersTwice: 2, answersNever: 1, kinds: 95}, counts)
		assert.Equal(t, 8, declined)
	}
}

func TestTreatmentDependsOnTheSeed(t *testing.T) {
	differ := 0
	for number := range uint64(1000) {
		if treat(1, number).kind != treat(2, number).kind {
			differ++
		}
	}
	assert.Positive(t, differ)
}

func TestKindsHaveNames(t *testing.T) {
	seen := make(map[string]bool)
	for k := range kinds {
		seen[k.String()] = true
	}
	assert.Len(t, seen, int(kinds))
	assert.NotContains(t, seen, "")
}
