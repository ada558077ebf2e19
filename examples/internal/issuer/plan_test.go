package issuer

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheSameSeedGivesTheSamePlan(t *testing.T) {
	plan := NewPlan(7, 10*time.Second, 3)
	assert.Equal(t, plan, NewPlan(7, 10*time.Second, 3))
	assert.NotEqual(t, plan, NewPlan(8, 10*time.Second, 3))
}

func TestEveryPlanHasEveryFaultAndEndsInQuiet(t *testing.T) {
	const hosts = 3
	for seed := range uint64(200) {
		for _, length := range []time.Duration{2 * time.Second, 10 * time.Second, time.Minute} {
			plan := NewPlan(seed, length, hosts)
			require.Len(t, plan, hosts)
			met := make(map[Kind]int)
			for _, faults := range plan {
				require.GreaterOrEqual(t, len(faults), 2)
				last := time.Duration(0)
				for _, f := range faults {
					require.Greater(t, f.At, last)
					last = f.At
					met[f.Kind]++
					require.Equal(t, f.Kind == Stalls, f.Lasts > 0)
					require.LessOrEqual(t, f.Lasts, maxStall)
				}
				require.Less(t, last, length*8/10)
			}
			for _, k := range connectionFaults {
				require.Positive(t, met[k], "seed %d, %v", seed, k)
			}
		}
	}
}

func TestKindsHaveNames(t *testing.T) {
	assert.Len(t, Kinds(), int(kinds)-1, "all but none")
	seen := make(map[string]bool)
	for _, k := range append(Kinds(), NoFault, kinds) {
		seen[k.String()] = true
	}
	assert.Len(t, seen, int(kinds)+1)
	assert.NotContains(t, seen, "")
	assert.Equal(t, kinds.String(), (kinds + 1).String())
}
