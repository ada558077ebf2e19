package traffic

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSTANsBeginAgainBehindTheLast(t *testing.T) {
	n := NewNumbers(999_998, 1)
	var got []string
	for range 4 {
		got = append(got, n.STAN())
	}
	assert.Equal(t, []string{"999998", "999999", "000001", "000002"}, got)
}

func TestSTANsOfManyGoroutinesDiffer(t *testing.T) {
	n := NewNumbers(1, 1)
	var mu sync.Mutex
	seen := make(map[string]bool)
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 1000 {
				stan := n.STAN()
				mu.Lock()
				seen[stan] = true
				mu.Unlock()
			}
		})
	}
	running.Wait()
	assert.Len(t, seen, 8000)
}

func TestReferencesCountFromTheFirst(t *testing.T) {
	for first, want := range map[uint64][]string{
		1:                     {"000000000001", "000000000002", "000000000003"},
		references - 1:        {"999999999999", "000000000000", "000000000001"},
		1_700_000_000_000_000: {"000000000000", "000000000001", "000000000002"},
	} {
		n := NewNumbers(1, first)
		for i := range want {
			assert.Equal(t, want[i], n.Reference(uint64(i+1)))
		}
	}
}
