package actors

import (
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// recordedOf is what a histogram has of each, by the name of link or acceptor.
func recordedOf(t *testing.T, reader *sdkmetric.ManualReader) map[string]metricdata.HistogramDataPoint[float64] {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &all))
	points := make(map[string]metricdata.HistogramDataPoint[float64])
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			for _, p := range m.Data.(metricdata.Histogram[float64]).DataPoints {
				require.Equal(t, 1, p.Attributes.Len())
				of, _ := p.Attributes.Get(0)
				points[string(of.Key)+"="+of.Value.AsString()] = p
			}
		}
	}
	return points
}

func newDurations(t *testing.T) (*Durations, *sdkmetric.ManualReader) {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	to, err := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter(TelemetryScope).
		Float64Histogram("duration", metric.WithExplicitBucketBoundaries(DurationBounds()...))
	require.NoError(t, err)
	return NewDurations(to), reader
}

// TestDurations: each exchange is handed on once, right to 6 %, as one of its link, or of
// its acceptor, whatever session it went over.
func TestDurations(t *testing.T) {
	d, reader := newDurations(t)
	link := &Record{name: "visa"}
	link.Observe(Telemetry{Durations: d})
	var sessions [2]Record
	for i := range sessions {
		sessions[i].observe(Telemetry{Durations: d}, AttrAcceptor.String("host"))
	}
	d.HandOn()
	assert.Empty(t, recordedOf(t, reader))

	times := []time.Duration{300 * time.Microsecond, 3 * time.Millisecond, 3 * time.Millisecond, 700 * time.Millisecond, 20 * time.Second}
	sum := 0.0
	for i, took := range times {
		link.took(int64(took), 1)
		sum += took.Seconds()
		sessions[i%2].took(int64(time.Second), 1)
	}
	for range 2 { // what was handed on is not handed on again
		d.HandOn()
		got := recordedOf(t, reader)
		require.Len(t, got, 2)
		visa := got["isolink.link.name=visa"]
		assert.EqualValues(t, len(times), visa.Count)
		assert.InEpsilon(t, sum, visa.Sum, .0625)
		assert.Equal(t, []uint64{1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0}, visa.BucketCounts)
		assert.EqualValues(t, len(times), got["isolink.acceptor.name=host"].Count)
	}
	link.took(1, 1)
	d.HandOn()
	assert.EqualValues(t, len(times)+1, recordedOf(t, reader)["isolink.link.name=visa"].Count)
}

// TestDurationsWhileTheyAreHandedOn: none is lost, and none is there twice.
func TestDurationsWhileTheyAreHandedOn(t *testing.T) {
	const each, senders = 10_000, 4
	d, reader := newDurations(t)
	of := d.with(AttrLink.String("visa"))
	var sending sync.WaitGroup
	for range senders {
		sending.Go(func() {
			for i := range each {
				of.add(i % latencyBuckets)
			}
		})
	}
	over := make(chan struct{})
	go func() { sending.Wait(); close(over) }()
	for done := false; !done; {
		select {
		case <-over:
			done = true
		default:
		}
		d.HandOn()
	}
	assert.EqualValues(t, each*senders, recordedOf(t, reader)["isolink.link.name=visa"].Count)
}

func TestLatencyMiddle(t *testing.T) {
	for bucket := range latencyBuckets {
		middle := latencyMiddle(bucket)
		assert.Equal(t, bucket, latencyBucket(middle))
		least := time.Duration(0)
		if bucket > 0 {
			least = latencyUpTo(bucket-1) + 1
		}
		most := latencyUpTo(bucket)
		if bucket < 1<<latencySteps || most == math.MaxInt64 {
			continue
		}
		assert.InEpsilon(t, float64(middle), float64(least), .0625)
		assert.InEpsilon(t, float64(middle), float64(most), .0625)
	}
}
