package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/plot"
)

// Every slice is a line that benchstat reads, and plots have the medians.
func TestOutput(t *testing.T) {
	callers := []int{1, 100}
	r := measured(map[string][]int{rowBare: {10, 20, 30}, rowMoov: {40, 50, 60}, rowCodec: {1, 1, 1}}, callers, 3)
	p := linkPart(callers)
	p.rows = kept(p.rows, []string{rowBare, rowMoov, rowCodec}, func(r row) string { return r.name })
	p.shapes = shapes[:1]
	o := newOutput()
	o.add(p, r)
	p.name, p.drawing = "many", nil
	o.add(p, r)

	drawn := latencyDrawing.of(p, r)
	assert.Equal(t, []plot.Line{
		{Name: rowBare, Colour: 0, Points: []plot.Point{{X: 1, Y: 20}, {X: 100, Y: 2000}}},
		{Name: rowMoov, Colour: 5, Points: []plot.Point{{X: 1, Y: 50}, {X: 100, Y: 5000}}},
	}, drawn.Lines)

	folder := filepath.Join(t.TempDir(), "new", "out")
	require.NoError(t, o.write(folder))
	written, err := os.ReadFile(filepath.Join(folder, "bench.txt"))
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(written)), "\n")
	require.Len(t, lines, 3+2*18)
	assert.Equal(t, "pkg: github.com/isolink-go/isolink/bench", lines[2])
	shape := regexp.MustCompile(`^Benchmark/(many/)?[a-z-]+/2-fields/callers=\d+-\d+(\t[\d.]+ ?\S*){5}$`)
	for _, l := range lines[3:] {
		assert.Regexp(t, shape, l)
	}
	assert.Regexp(t, `^Benchmark/floor-bare/2-fields/callers=1-\d+\t1000\t10000.0 ns/op\t0.0 cpu-ns/op\t0 B/op\t3.01 allocs/op$`, lines[3])
	assert.Regexp(t, `^Benchmark/many/codec/`, lines[len(lines)-1])
	picture, err := os.ReadFile(filepath.Join(folder, "latency.svg"))
	require.NoError(t, err)
	assert.Contains(t, string(picture), ">"+rowMoov+"</text>")

	file := filepath.Join(folder, "bench.txt")
	assert.Error(t, o.write(file), "not a folder")
}

func TestMeasures(t *testing.T) {
	latency := hdrhistogram.New(1, longestLatency, 3)
	for us := range int64(1000) {
		require.NoError(t, latency.RecordValue(us+1))
	}
	assert.Equal(t, "500 p50-µs\t990 p99-µs\t999 p99.9-µs\t1000 max-µs", sliced{exchanges: 1000, latency: latency}.measures())
	assert.Equal(t, "2048 B/link\t1.05 goroutines/link",
		sliced{exchanges: 100, bytes: 204_800, goroutines: 105, elapsed: time.Second}.measures())
}
