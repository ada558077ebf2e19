package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/isolink-go/isolink/bench/internal/plot"
	"github.com/isolink-go/isolink/bench/internal/sample"
)

// drawing is the plot of a part, of one of its metrics.
type drawing struct {
	file, title, x, y string
	logarithmic       bool                                       // y; x always is
	figure            func(microseconds float64, at int) float64 // of a cell
	without           []string                                   // rows that are not drawn
}

// latencyDrawing is by Little's law: with n callers that exchange all the time, an
// exchange takes n times as long as two are apart.
var latencyDrawing = &drawing{
	"latency.svg", "One link, 2 fields: latency against callers", "callers", "mean time of an exchange, µs", true,
	func(us float64, callers int) float64 { return us * float64(callers) },
	[]string{rowCodec},
}

var throughputDrawing = &drawing{
	"throughput.svg", "1,000 callers, 2 fields: throughput against links", "links", "exchanges a second", false,
	func(us float64, _ int) float64 { return 1e6 / us },
	nil,
}

// output is what is written to a folder.
type output struct {
	bench bytes.Buffer // for benchstat
	plots map[string][]byte
}

func newOutput() *output {
	o := &output{plots: make(map[string][]byte)}
	fmt.Fprintf(&o.bench, "goos: %s\ngoarch: %s\npkg: github.com/isolink-go/isolink/bench\n", runtime.GOOS, runtime.GOARCH)
	return o
}

// add takes the results of a part.
func (o *output) add(p part, r results) {
	for _, row := range p.rows {
		for _, shape := range p.shapes {
			for _, at := range p.at {
				for _, s := range r[cell{row.name, shape.Name, at}] {
					fmt.Fprintf(&o.bench, "Benchmark/%s-%d\t%d\t%s\n",
						p.benchmark(row, shape, at), runtime.GOMAXPROCS(0), s.exchanges, s.measures())
				}
			}
		}
	}
	if p.drawing != nil {
		o.plots[p.drawing.file] = p.drawing.of(p, r).SVG()
	}
}

// benchmark is what benchstat knows a cell by, as go test -bench prints it.
func (p part) benchmark(r row, shape *sample.Shape, at int) string {
	name := fmt.Sprintf("%s/%s/%s=%d", r.name, shape.Name, p.unit, at)
	if p.name == linkName {
		return name
	}
	return p.name + "/" + name
}

// measures are what of a slice was measured, each with its unit.
func (s sliced) measures() string {
	switch {
	case s.latency != nil:
		l := s.latency
		return fmt.Sprintf("%d p50-µs\t%d p99-µs\t%d p99.9-µs\t%d max-µs",
			l.ValueAtQuantile(50), l.ValueAtQuantile(99), l.ValueAtQuantile(99.9), l.Max())
	case s.goroutines != 0:
		return fmt.Sprintf("%.0f B/link\t%.2f goroutines/link", bytesPerLink.figure(s), goroutinesPerLink.figure(s))
	default:
		return fmt.Sprintf("%.1f ns/op\t%.1f cpu-ns/op\t%.0f B/op\t%.2f allocs/op",
			1e3*microseconds.figure(s), 1e3*cpuMicroseconds.figure(s), bytesAllocated.figure(s), allocations.figure(s))
	}
}

// of draws the medians of the first shape.
func (d *drawing) of(p part, r results) plot.Plot {
	drawn := plot.Plot{Title: d.title, X: d.x, Y: d.y, LogX: true, LogY: d.logarithmic}
	for _, one := range p.rows {
		if slices.Contains(d.without, one.name) {
			continue
		}
		first := slices.IndexFunc(rows, func(r row) bool { return r.name == one.name })
		l := plot.Line{Name: one.name, Colour: max(first, 0)}
		for _, at := range p.at {
			us := estimateOf(r.series(cell{one.name, p.shapes[0].Name, at}, microseconds)).median
			l.Points = append(l.Points, plot.Point{X: float64(at), Y: d.figure(us, at)})
		}
		drawn.Lines = append(drawn.Lines, l)
	}
	return drawn
}

// write makes the folder and its files.
func (o *output) write(folder string) error {
	errs := []error{os.MkdirAll(folder, 0o755), os.WriteFile(filepath.Join(folder, "bench.txt"), o.bench.Bytes(), 0o644)}
	for name, picture := range o.plots {
		errs = append(errs, os.WriteFile(filepath.Join(folder, name), picture, 0o644))
	}
	return errors.Join(errs...)
}
