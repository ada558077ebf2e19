package main

import (
	"runtime"
	"runtime/metrics"
	"sync"
	"time"
)

// heapWatch looks at the heap while a scenario runs: what was alive at the last
// collection, of which there is one each time that it looks.
type heapWatch struct {
	base, peak uint64
	end        chan struct{}
	done       sync.WaitGroup
}

// heapEvery is how often it looks: each time costs the others a collection.
const heapEvery = 400 * time.Millisecond

func watchHeap() *heapWatch {
	runtime.GC() // what was pooled is gone after the second
	w := &heapWatch{base: liveHeap(), end: make(chan struct{})}
	w.done.Go(func() {
		tick := time.NewTicker(heapEvery)
		defer tick.Stop()
		for {
			select {
			case <-w.end:
				return
			case <-tick.C:
				w.peak = max(w.peak, liveHeap())
			}
		}
	})
	return w
}

// growth ends the watch, and returns by how much the heap has grown at most, in bytes.
func (w *heapWatch) growth() int64 {
	close(w.end)
	w.done.Wait()
	return max(0, int64(w.peak)-int64(w.base))
}

func liveHeap() uint64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
