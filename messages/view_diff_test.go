package messages_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/isolink-go/isolink/messages"
)

// Every field of random messages, of damaged and of truncated ones.
func TestViewAgreesWithMoov(t *testing.T) {
	t.Parallel()

	for _, c := range viewCases(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			rnd := rand.New(rand.NewPCG(21, 22))
			read, failed := 0, map[int]int{}

			for range 20 {
				frame := randomFrame(t, rnd, c.spec)
				assert.Equal(t, -1, agreeOnView(t, rnd, c.spec, c.viewer, frame))

				for range 20 {
					if at := agreeOnView(t, rnd, c.spec, c.viewer, mutate(rnd, frame)); at < 0 {
						read++
					} else {
						failed[min(at, 2)]++
					}
				}
			}

			frame := randomFrame(t, rnd, c.spec)
			for end := 0; end < min(len(frame), 700); end += 1 + end/40 {
				agreeOnView(t, rnd, c.spec, c.viewer, frame[:end])
			}

			// All kinds of ends were met, so that agreeing means something.
			assert.Greater(t, read, 5)

			for at := range 3 {
				assert.Greater(t, failed[at], 5, "failures at field %d", at)
			}
		})
	}
}

func TestViewAgreesWithMoovOnRandomSpecs(t *testing.T) {
	t.Parallel()

	read := 0

	rapid.Check(t, func(t *rapid.T) {
		spec, fields := drawSpec(t)
		viewer, err := messages.NewViewer(spec)
		require.NoError(t, err)

		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))

		for range 3 {
			frame := damagedFrame(rnd, spec, fields)

			for range 6 {
				if agreeOnView(t, rnd, spec, viewer, frame) < 0 {
					read++
				}

				frame = mutate(rnd, frame)
			}
		}
	})

	assert.Greater(t, read, 10)
}
