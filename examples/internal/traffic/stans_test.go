package traffic

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

func stansFrom(t *testing.T, first uint64) *messages.STANs {
	t.Helper()
	stans, err := messages.NewSTANs(messages.STANConfig{Store: STANsFrom(first)})
	require.NoError(t, err)
	return stans
}

func TestSTANsBeginWithTheFirst(t *testing.T) {
	for first, want := range map[uint64][]string{
		1:       {"000001", "000002", "000003"},
		999_998: {"999998", "999999", "000001"},
	} {
		stans := stansFrom(t, first)
		for _, stan := range want {
			got, err := stans.Next()
			require.NoError(t, err)
			assert.Equal(t, stan, got)
		}
	}
}

func TestSTANsGoOnFromBlockToBlock(t *testing.T) {
	stans := stansFrom(t, 7)
	seen := make(map[string]bool)
	for range 5000 {
		stan, err := stans.Next()
		require.NoError(t, err)
		seen[stan] = true
	}
	assert.Len(t, seen, 5000)
	assert.True(t, seen["000007"])
	assert.True(t, seen["005006"])
}
