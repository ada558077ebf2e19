package traffic

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

func TestAReferenceTellsItsSend(t *testing.T) {
	for _, first := range []uint64{1, 12_345, references - 1, references, 1_700_000_000_000_000} {
		n := NewNumbers(1, first)
		for _, number := range []uint64{1, 2, 3, 1_000_000} {
			reference := n.Reference(number)
			require.Len(t, reference, 12)
			got, ok := n.Number(reference)
			require.True(t, ok)
			require.Equal(t, number, got, "first %d", first)
		}
	}
	assert.Equal(t, "000000000001", NewNumbers(1, 1).Reference(1))
}

func TestWhatIsNoReferenceTellsNoSend(t *testing.T) {
	n := NewNumbers(1, 1)
	for _, text := range []string{"", "1", "00000000000x", "0000000000001", "-00000000001"} {
		_, ok := n.Number(text)
		assert.False(t, ok, text)
	}
}
