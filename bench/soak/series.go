package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/isolink-go/isolink/bench/internal/plot"
	"github.com/isolink-go/isolink/bench/internal/proc"
	"github.com/isolink-go/isolink/bench/internal/trend"
	"github.com/isolink-go/isolink/testdata/check"
)

// series is what was sampled, at equal distances.
type series struct {
	unit    string    // of at: minutes, or cycles
	at      []float64 // from 0 on
	held    []proc.Held
	warm    int      // the first sample behind the warm-up
	metrics []metric // those that the system tells
}

// metric is one figure of a sample.
type metric struct {
	name, unit string
	of         func(proc.Held) float64
	// tolerance is the part of its level by which a metric may grow from the warm-up
	// to the end, though it does so steadily, and least is what it may grow by in any
	// case: maps and free lists take long to find their size, and what is there for a
	// moment only (a session that is ending) is there longer when the machine becomes
	// busier. Below 0, its growth is drawn and not judged: the system gives, and takes
	// back, when it likes.
	tolerance, least float64
}

var metrics = []metric{
	{"heap", "bytes", func(h proc.Held) float64 { return float64(h.Heap) }, 0.01, 256 << 10},
	{"goroutines", "goroutines", func(h proc.Held) float64 { return float64(h.Goroutines) }, 0.02, 4},
	{"descriptors", "descriptors", func(h proc.Held) float64 { return float64(h.Files) }, 0.02, 2},
	{"stacks", "bytes", func(h proc.Held) float64 { return float64(h.Stacks) }, -1, 0},
	{"RSS", "bytes", func(h proc.Held) float64 { return float64(h.RSS) }, -1, 0},
}

func newSeries(unit string, first proc.Held) *series {
	s := &series{unit: unit}
	for _, m := range metrics {
		if m.of(first) > 0 {
			s.metrics = append(s.metrics, m)
		}
	}
	return s
}

func (s *series) add(at float64, held proc.Held) {
	s.at, s.held = append(s.at, at), append(s.held, held)
}

// values are those of a metric behind the warm-up.
func (s *series) values(m metric) []float64 {
	var all []float64
	for _, held := range s.held[s.warm:] {
		all = append(all, m.of(held))
	}
	return all
}

// checks judges whether anything grows. A metric fails when it goes up so steadily as a
// series without a trend would once in a thousand times, and by more than its tolerance.
func (s *series) checks() (lines []check.Line) {
	for _, m := range s.metrics {
		if m.tolerance < 0 {
			continue
		}
		t := trend.Of(s.values(m))
		limit := max(m.least, m.tolerance*t.Level)
		lines = append(lines, check.Line{
			Name:   fmt.Sprintf("growth of %s over %s", m.name, s.unit),
			Figure: fmt.Sprintf("%+.0f %s of %.0f, p %.3f", t.Growth, m.unit, t.Level, t.P),
			Goal:   fmt.Sprintf("<= %.0f, or p >= %v", limit, trend.Significance),
			OK:     !t.Up() || t.Growth <= limit,
		})
	}
	return append(lines, check.AtLeast("samples over "+s.unit, len(s.held)-s.warm, 20))
}

// write makes name.csv and name.svg in the folder.
func (s *series) write(folder, name string) error {
	if folder == "" {
		return nil
	}
	return errors.Join(
		os.MkdirAll(folder, 0o755),
		os.WriteFile(filepath.Join(folder, name+".csv"), s.csv(), 0o644),
		os.WriteFile(filepath.Join(folder, name+".svg"), s.picture().SVG(), 0o644),
	)
}

func (s *series) csv() []byte {
	var b bytes.Buffer
	b.WriteString(s.unit)
	for _, m := range s.metrics {
		b.WriteString("," + m.name)
	}
	b.WriteByte('\n')
	for i, held := range s.held {
		fmt.Fprintf(&b, "%.4f", s.at[i])
		for _, m := range s.metrics {
			fmt.Fprintf(&b, ",%.0f", m.of(held))
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// picture has all metrics in parts of their level.
func (s *series) picture() plot.Plot {
	p := plot.Plot{Title: "what the process holds after a garbage collection", X: s.unit, Y: "% of the median behind the warm-up"}
	for i, m := range s.metrics {
		level := trend.Of(s.values(m)).Level
		l := plot.Line{Name: m.name, Colour: i}
		for j, held := range s.held {
			l.Points = append(l.Points, plot.Point{X: s.at[j], Y: 100 * m.of(held) / level})
		}
		p.Lines = append(p.Lines, l)
	}
	return p
}
