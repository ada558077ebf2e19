package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

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
	p := Plot{Title: "a < b", X: "callers", Y: "µs", LogX: true, LogY: true, Lines: []Line{
		{"low", 0, []Point{{1, 20}, {10, 200}, {100, 2000}}},
		{"high & higher", 1, []Point{{1, 2000}, {100, 1500}}},
	}}
	assert.Equal(t, []string{
		"a < b", "1", "10", "100", "10", "100", "1 000", "10 000", "callers", "µs", "low", "high & higher",
	}, texts(t, p.SVG()))
	assert.Contains(t, string(p.SVG()), `<rect width="900" height="500" fill="#ffffff"/>`)
	assert.Equal(t, 5, strings.Count(string(p.SVG()), "<circle"))
	p.LogY = false
	assert.Equal(t, []string{"0", "500", "1 000", "1 500", "2 000"}, texts(t, p.SVG())[4:9])
	p.Lines = []Line{{"one point", 0, []Point{{16, 0.5}}}}
	assert.Contains(t, texts(t, p.SVG()), "0.5")
	p = Plot{Lines: []Line{{"time", 0, []Point{{0, 90}, {40, 100}}}}}
	assert.Equal(t, axis{high: 1, ticks: linear([]float64{1}).ticks}, linear([]float64{0}))
	assert.Equal(t, []string{"0", "5", "10", "15", "20"}, texts(t, p.SVG())[:5])
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
