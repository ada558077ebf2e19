package messages_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// stanMemory is a store that survives what is a crash in a test.
type stanMemory struct {
	mu    sync.Mutex
	next  uint64
	calls int
}

func (m *stanMemory) Reserve(count uint64) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	first := m.next
	m.next += count
	m.calls++
	return first, nil
}

type stanFunc func(count uint64) (uint64, error)

func (f stanFunc) Reserve(count uint64) (uint64, error) { return f(count) }

var errSTANStore = errors.New("the store is away")

// A store that fails is asked when half of the block is left, half of that, and so
// on; the whole block is given, and then its error.
func TestSTANStoreFails(t *testing.T) {
	t.Parallel()
	memory, away := &stanMemory{next: 100}, false
	var asked []int
	given := 0
	stans := newSTANs(t, messages.STANConfig{Block: 16, Store: stanFunc(func(count uint64) (uint64, error) {
		asked = append(asked, given)
		if away {
			return 12345, errSTANStore
		}
		return memory.Reserve(count)
	})})
	next := func() {
		given++
		assert.Equal(t, stan6(100+given), nextSTAN(t, stans))
	}
	next()
	away = true
	for range 15 {
		next()
	}
	assert.Equal(t, []int{1, 8, 12, 14, 15}, asked, "the attempts come while the number is given, so are counted with it")

	for range 3 {
		stan, err := stans.Next()
		require.ErrorIs(t, err, errSTANStore)
		assert.EqualError(t, err, "reserving 16 STANs: the store is away")
		assert.Empty(t, stan)
	}
	assert.Len(t, asked, 8, "each call asks when nothing is left")

	away = false
	for range 40 {
		next()
	}
	assert.Equal(t, 5, memory.calls, "up to number 16, 32, 48, 64, and the next ahead of time")
}

func stan6(n int) string { return fmt.Sprintf("%06d", n) }

// The store is away for a while only: who takes numbers does not notice.
func TestSTANStoreComesBack(t *testing.T) {
	t.Parallel()
	memory, calls := new(stanMemory), 0
	stans := newSTANs(t, messages.STANConfig{Block: 16, Store: stanFunc(func(count uint64) (uint64, error) {
		if calls++; calls%3 != 1 {
			return 0, errSTANStore
		}
		return memory.Reserve(count)
	})})
	for n := range 100 {
		assert.Equal(t, stan6(n+1), nextSTAN(t, stans))
	}
}

// Only one caller waits for the store while there are numbers; those who find none
// share the outcome of one attempt.
func TestSTANStoreIsSlow(t *testing.T) {
	t.Parallel()
	for name, outcome := range map[string]error{"in the end": nil, "and fails": errSTANStore} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				memory, calls, answer := new(stanMemory), 0, make(chan error, 1)
				stans := newSTANs(t, messages.STANConfig{Block: 8, Store: stanFunc(func(count uint64) (uint64, error) {
					calls++
					if err := <-answer; err != nil {
						return 0, err
					}
					return memory.Reserve(count)
				})})
				answer <- nil
				for range 3 {
					nextSTAN(t, stans)
				}

				type result struct {
					stan string
					err  error
				}
				results := make(chan result, 8)
				next := func() {
					stan, err := stans.Next()
					results <- result{stan, err}
				}
				go next() // is asked to reserve
				synctest.Wait()
				assert.Empty(t, results)
				for n := range 4 {
					assert.Equal(t, stan6(5+n), nextSTAN(t, stans))
				}
				for range 3 {
					go next()
				}
				synctest.Wait()
				assert.Empty(t, results)
				assert.Equal(t, 2, calls)

				answer <- outcome
				synctest.Wait()
				assert.Equal(t, 2, calls, "one attempt for all who waited")
				got := make(map[result]int)
				for range 4 {
					r := <-results
					if r.err != nil {
						assert.ErrorIs(t, r.err, errSTANStore)
						r.err = errSTANStore
					}
					got[r]++
				}
				want := map[result]int{{"000004", nil}: 1, {"", errSTANStore}: 3}
				if outcome == nil {
					want = map[result]int{{"000004", nil}: 1}
					for n := range 3 {
						want[result{stan6(9 + n), nil}] = 1
					}
				}
				assert.Equal(t, want, got)
			})
		})
	}
}

// A panic of the store is its caller's; nobody waits for it for ever, and the next
// one asks again.
func TestSTANStorePanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		memory, panics := new(stanMemory), make(chan bool, 8)
		stans := newSTANs(t, messages.STANConfig{Block: 1, Store: stanFunc(func(count uint64) (uint64, error) {
			if <-panics {
				panic("the store")
			}
			return memory.Reserve(count)
		})})
		recovered, waited := make(chan any, 1), make(chan string, 1)
		go func() {
			defer func() { recovered <- recover() }()
			_, _ = stans.Next()
		}()
		synctest.Wait()
		go func() { waited <- nextSTAN(t, stans) }()
		synctest.Wait()
		panics <- true
		assert.Equal(t, "the store", <-recovered)
		panics <- false
		assert.Equal(t, "000001", <-waited)
		panics <- false
		assert.Equal(t, "000002", nextSTAN(t, stans))
	})
}
