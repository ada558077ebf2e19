package main

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/host"
)

// Benchmark measures every row with every shape and number of callers:
// Benchmark/<row>/<shape>/callers=N. Time, allocations and bytes are per
// exchange, of the whole process; the host allocates nothing.
func Benchmark(b *testing.B) {
	for _, r := range rows {
		b.Run(r.name, func(b *testing.B) {
			for _, shape := range shapes {
				b.Run(shape.Name, func(b *testing.B) {
					for _, callers := range defaultCallers {
						b.Run("callers="+strconv.Itoa(callers), func(b *testing.B) {
							h, err := host.Listen()
							require.NoError(b, err)
							path, err := r.open(target{addr: h.Addr(), links: 1}, shape, callers)
							require.NoError(b, err)
							l := newLoad(path, callers)
							b.ReportAllocs()
							require.NoError(b, second(l.counted(callers, b.N, b.ResetTimer)))
							b.StopTimer()
							require.NoError(b, l.close())
							require.NoError(b, h.Close())
						})
					}
				})
			}
		})
	}
}
