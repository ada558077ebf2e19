package messages_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/isolink-go/isolink/messages"
)

// Random changes of random messages, and of damaged ones.
func TestPatchAgreesWithMoov(t *testing.T) {
	t.Parallel()

	for _, c := range viewCases(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			rnd := rand.New(rand.NewPCG(31, 32))
			ids := slices.Sorted(maps.Keys(c.spec.Fields))
			made, failed := 0, 0

			for range 150 {
				frame := randomFrame(t, rnd, c.spec)

				for i := range 8 {
					if agreeOnPatch(t, c.spec, c.viewer, frame, randomChanges(rnd, c.spec, ids)) {
						made++
					} else {
						failed++
					}

					if i > 4 {
						frame = mutate(rnd, frame)
					}
				}
			}

			assert.Greater(t, made, 100)
			assert.Greater(t, failed, 100)
		})
	}
}

func TestPatchAgreesWithMoovOnRandomSpecs(t *testing.T) {
	t.Parallel()

	made := 0

	rapid.Check(t, func(t *rapid.T) {
		spec, fields := drawSpec(t)
		viewer, err := messages.NewViewer(spec)
		require.NoError(t, err)

		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		ids := slices.Sorted(maps.Keys(spec.Fields))

		for range 10 {
			frame := damagedFrame(rnd, spec, fields)

			for range 3 {
				if agreeOnPatch(t, spec, viewer, frame, randomChanges(rnd, spec, ids)) {
					made++
				}
			}

			agreeOnPatch(t, spec, viewer, mutate(rnd, frame), randomChanges(rnd, spec, ids))
		}
	})

	assert.Greater(t, made, 10)
}
