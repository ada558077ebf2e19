package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReversalsPointAtAnEarlierMessage(t *testing.T) {
	earlier := map[string]message{}
	reversed := map[string]bool{}
	for number, m := range readFile(t) {
		pointer, held := m.elements[90]
		require.Equal(t, m.mti[1] == '4', held, "line %d", number+1)
		if held {
			original, found := earlier[pointer[4:10]]
			require.True(t, found, "line %d", number+1)
			require.Equal(t, original.mti, pointer[:4])
			require.Equal(t, original.elements[7], pointer[10:20])
			require.Equal(t, atoi(t, original.elements[32]), atoi(t, pointer[20:31]))
			if forwarder := original.elements[33]; forwarder != "" {
				require.Equal(t, atoi(t, forwarder), atoi(t, pointer[31:]))
			} else {
				require.Zero(t, atoi(t, pointer[31:]))
			}
			for _, id := range []int{2, 3, 4, 12, 13, 14, 41, 42, 43, 49, 54} {
				require.Equal(t, original.elements[id], m.elements[id], "line %d, element %d", number+1, id)
			}
			for _, id := range []int{35, 52, 53, 55} {
				require.NotContains(t, m.elements, id, "kept beyond the authorization")
			}
			require.NotEqual(t, original.elements[37], m.elements[37])
			require.False(t, reversed[pointer], "reversed twice")
			reversed[pointer] = true
		}
		earlier[m.elements[11]] = m
	}
	assert.GreaterOrEqual(t, len(reversed), 100)
}
