package main

import (
	"runtime"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// sliced is what was measured in one run.
type sliced struct {
	exchanges uint64
	elapsed   time.Duration
	cpu       time.Duration // of the whole process, on all cores
	mallocs   uint64        // allocations of the whole process
	bytes     uint64        // allocated by the whole process

	goroutines int // more than before; 0 where they are not counted

	latency *hdrhistogram.Histogram // of single exchanges, in µs; nil where that is not measured
}

// meter measures one run.
type meter struct {
	before runtime.MemStats
	start  time.Time
	cpu    time.Duration
}

func startMeter() *meter {
	m := &meter{}
	runtime.ReadMemStats(&m.before)
	m.begin()
	return m
}

// begin sets the clocks to zero.
func (m *meter) begin() { m.start, m.cpu = time.Now(), cpuTime() }

// stop ends the measurement.
func (m *meter) stop(exchanges uint64) sliced {
	elapsed, cpu := time.Since(m.start), cpuTime()-m.cpu
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	return sliced{
		exchanges: exchanges,
		elapsed:   elapsed,
		cpu:       cpu,
		mallocs:   after.Mallocs - m.before.Mallocs,
		bytes:     after.TotalAlloc - m.before.TotalAlloc,
	}
}
