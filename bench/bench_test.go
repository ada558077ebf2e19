package main

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Benchmark measures every row with every shape and number of callers of a link,
// Benchmark/<row>/<shape>/callers=N, and those parts of which an exchange is one by
// itself: Benchmark/<part>/<row>/<shape>/<unit>=N. Time, allocations and bytes are per
// exchange, of the whole process; the host of a link allocates nothing.
func Benchmark(b *testing.B) {
	for _, p := range parts {
		op := opOf[p.name]
		if op == nil {
			continue
		}
		for _, r := range p.rows {
			for _, shape := range p.shapes {
				for _, at := range p.at {
					b.Run(p.benchmark(r, shape, at), func(b *testing.B) {
						s, err := p.newStage()
						require.NoError(b, err)
						l, err := s.load(r, shape, 1)
						require.NoError(b, err)
						b.ReportAllocs()
						require.NoError(b, op(l, at, b))
						b.StopTimer()
						require.NoError(b, s.close())
					})
				}
			}
		}
	}
}

// opOf is how a part's exchanges are made b.N times.
var opOf = map[string]func(l *load, at int, b *testing.B) error{
	linkName: callersOf, "relay": callersOf, "tls": callersOf, "otel": callersOf, "both": stormsOf,
}

func callersOf(l *load, callers int, b *testing.B) error {
	return second(l.counted(callers, b.N, b.ResetTimer))
}

func stormsOf(l *load, n int, b *testing.B) error {
	if err := l.storm(min(n, 1000)); err != nil { // connects, and warms up
		return err
	}
	b.ResetTimer()
	for left := b.N; left > 0; left -= n {
		if err := l.storm(min(n, left)); err != nil {
			return err
		}
	}
	return nil
}

// Every part that go test -bench measures is one, and has names of its own.
func TestBenchmarksHaveTheirNames(t *testing.T) {
	var names []string
	for _, p := range parts {
		if opOf[p.name] == nil {
			continue
		}
		for _, r := range p.rows {
			names = append(names, p.benchmark(r, p.shapes[0], p.at[0]))
		}
	}
	for _, want := range []string{
		"isolink/frame/2-fields/callers=1", "both/moov/2-fields/messages=100", "relay/relay/view/18-fields/callers=1",
		"tls/isolink/message/2-fields/callers=1", "otel/isolink/frame-otel/2-fields/callers=1",
	} {
		require.Contains(t, names, want)
	}
	slices.Sort(names)
	require.Equal(t, slices.Compact(slices.Clone(names)), names)
}
