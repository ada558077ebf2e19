package messages_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/isolink-go/isolink/messages"
)

// drawSTANs draws a small range, so that it comes round often, and its size.
func drawSTANs(t *rapid.T) (config messages.STANConfig, size int) {
	config.Digits = rapid.IntRange(1, 3).Draw(t, "digits")
	config.Last = rapid.Uint64Range(1, []uint64{9, 99, 999}[config.Digits-1]).Draw(t, "last")
	config.First = rapid.Uint64Range(1, config.Last).Draw(t, "first")
	size = int(config.Last - config.First + 1)
	if rapid.Bool().Draw(t, "with store") {
		config.Store = &stanMemory{next: rapid.Uint64Range(0, 10_000).Draw(t, "start")}
		config.Block = rapid.IntRange(0, max(size/10, 1)).Draw(t, "block")
	}
	return config, size
}

// Whoever takes them, the numbers of one cycle are all those of the range, each
// once, and so are those of the next.
func TestSTANsAreUniqueWithinACycle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		config, size := drawSTANs(rt)
		stans := newSTANs(rt, config)
		cycles := rapid.IntRange(1, 3).Draw(rt, "cycles")
		takers := rapid.IntRange(1, 4).Draw(rt, "takers")

		taken := make([][]string, takers)
		var group sync.WaitGroup
		for i := range takers {
			share := cycles * size / takers
			if i == 0 {
				share += cycles * size % takers
			}
			group.Go(func() {
				for range share {
					stan, err := stans.Next()
					assert.NoError(t, err)
					taken[i] = append(taken[i], stan)
				}
			})
		}
		group.Wait()

		times := make(map[string]int)
		for _, list := range taken {
			for _, stan := range list {
				times[stan]++
			}
		}
		require.Len(rt, times, size)
		for n := config.First; n <= config.Last; n++ {
			require.Equal(rt, cycles, times[fmt.Sprintf("%0*d", config.Digits, n)])
		}
	})
}

// stanWorld is a store with the processes that share it, which crash.
type stanWorld struct {
	store  *stanMemory
	config messages.STANConfig
	size   uint64
	given  map[string]bool
	// before and behind are what happens to the next calls of the store: a failure
	// before the numbers are reserved, or behind, when the answer is lost.
	before, behind bool
}

func (w *stanWorld) Reserve(count uint64) (uint64, error) {
	if w.before {
		return 0, errSTANStore
	}
	first, err := w.store.Reserve(count)
	if w.behind {
		return 0, errSTANStore
	}
	return first, err
}

// take checks that the number is a new one, as long as the store has not come round.
func (w *stanWorld) take(t require.TestingT, stans *messages.STANs) {
	stan, err := stans.Next()
	if err != nil {
		require.ErrorIs(t, err, errSTANStore)
		require.True(t, w.before || w.behind, "an error without a failure")
		return
	}
	if w.store.next <= w.size {
		require.False(t, w.given[stan], "%s is given twice", stan)
	}
	w.given[stan] = true
}

// Processes that share a store, that crash and start again, and a store that fails
// before or behind its reservation: while the store has numbers that it has not
// reserved, none is given twice.
func TestSTANsOfAStoreSurviveCrashes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := &stanWorld{store: new(stanMemory), size: 999, given: make(map[string]bool)}
		w.config = messages.STANConfig{Digits: 3, Store: w, Block: rapid.IntRange(1, 20).Draw(rt, "block")}
		running := []*messages.STANs{newSTANs(rt, w.config), newSTANs(rt, w.config)}
		which := rapid.IntRange(0, len(running)-1)
		rt.Repeat(map[string]func(*rapid.T){
			"take":   func(t *rapid.T) { w.take(t, running[which.Draw(t, "process")]) },
			"crash":  func(t *rapid.T) { running[which.Draw(t, "process")] = newSTANs(t, w.config) },
			"before": func(*rapid.T) { w.before = !w.before },
			"behind": func(*rapid.T) { w.behind = !w.behind },
		})
	})
}

// A crash at every number, one after the other: the restart begins behind all that
// was reserved, and leaves out at most a block and a half.
func TestSTANsCrashAtEveryNumber(t *testing.T) {
	t.Parallel()
	for _, block := range []int{1, 2, 3, 10} {
		for crash := range 6 * block {
			store := new(stanMemory)
			config := messages.STANConfig{Store: store, Block: block}
			stans := newSTANs(t, config)
			for n := range crash {
				require.Equal(t, stan6(n+1), nextSTAN(t, stans))
			}
			reserved := int(store.next)
			require.LessOrEqual(t, reserved-crash, block+block/2)

			got, err := strconv.Atoi(nextSTAN(t, newSTANs(t, config)))
			require.NoError(t, err)
			require.Equal(t, reserved+1, got, "block %d, crash after %d", block, crash)
		}
	}
}
