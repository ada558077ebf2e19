package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// texts are the texts of a well-formed picture.
func texts(t *testing.T, picture []byte) (all []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(picture)))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		if text, ok := token.(xml.CharData); ok && strings.TrimSpace(string(text)) != "" {
			all = append(all, string(text))
		}
	}
}

func TestPlot(t *testing.T) {
	p := plot{title: "a < b", x: "callers", y: "µs", logarithmic: true, lines: []line{
		{"low", 0, []point{{1, 20}, {10, 200}, {100, 2000}}},
		{"high & higher", 1, []point{{1, 2000}, {100, 1500}}},
	}}
	assert.Equal(t, []string{
		"a < b", "1", "10", "100", "10", "100", "1 000", "10 000", "callers", "µs", "low", "high & higher",
	}, texts(t, p.svg()))
	assert.Contains(t, string(p.svg()), `<rect width="900" height="500" fill="#ffffff"/>`)
	assert.Equal(t, 5, strings.Count(string(p.svg()), "<circle"))
	p.logarithmic = false
	assert.Equal(t, []string{"0", "500", "1 000", "1 500", "2 000"}, texts(t, p.svg())[4:9])
	p.lines = []line{{"one point", 0, []point{{16, 0.5}}}}
	assert.Contains(t, texts(t, p.svg()), "0.5")
}

func TestAxes(t *testing.T) {
	a := logarithmic([]float64{3, 40})
	assert.Equal(t, []float64{1, 10, 100}, a.ticks)
	assert.InDelta(t, 50, a.place(10, 0, 100), 1e-9)
	assert.InDelta(t, 100, a.place(1, 100, 0), 1e-9)
	for high, want := range map[float64]axis{
		178_000: {high: 180_000, ticks: []float64{0, 20_000, 40_000, 60_000, 80_000, 100_000, 120_000, 140_000, 160_000, 180_000}},
		40:      {high: 40, ticks: []float64{0, 5, 10, 15, 20, 25, 30, 35, 40}},
		22:      {high: 25, ticks: []float64{0, 5, 10, 15, 20, 25}},
	} {
		assert.Equal(t, want, linear([]float64{1, high}))
	}
	for v, want := range map[float64]string{0.5: "0.5", 999: "999", 1000: "1 000", 1_234_567: "1 234 567"} {
		assert.Equal(t, want, number(v))
	}
}

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
	assert.Equal(t, []line{
		{rowBare, 0, []point{{1, 20}, {100, 2000}}}, {rowMoov, 5, []point{{1, 50}, {100, 5000}}},
	}, drawn.lines)

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
	assert.Contains(t, texts(t, picture), rowMoov)

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
