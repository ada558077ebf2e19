package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Idle links are measured one row after the other, and none is left.
func TestIdleLinks(t *testing.T) {
	const links = 250
	p := part{
		name: "idle", unit: "links", rows: idleRows, shapes: shapes[:1], at: []int{links}, callers: 1, take: takeIdle,
		tables: idleTables, judged: shapes[0], timing: timing{slice: 50 * time.Millisecond},
	}
	found, err := p.measure(1)
	require.NoError(t, err)
	for row, goroutines := range map[string]float64{rowIsolink: 1, rowMoov: 3} {
		c := cell{row, shapes[0].Name, links}
		require.Len(t, found[c], 1)
		assert.InDelta(t, goroutines, goroutinesPerLink.figure(found[c][0]), 0.4, "%s: beside those of the manager", row)
		assert.Greater(t, bytesPerLink.figure(found[c][0]), 1000.0, row)
	}
	assert.Equal(t, 1011, idleFiles(p, 1000))
}
