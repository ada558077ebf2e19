package main

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/sample"
)

// recorder notes what is measured, in its order.
type recorder struct {
	mu    sync.Mutex
	order []cell
}

func (r *recorder) row(name string) row {
	return row{name, func(_ target, shape *sample.Shape, _ int) (Path, error) {
		return recorded{r, cell{row: name, shape: shape.Name}}, nil
	}}
}

type recorded struct {
	to *recorder
	c  cell
}

func (r recorded) Exchange(_ context.Context, caller int, _ uint64) error {
	r.to.mu.Lock()
	defer r.to.mu.Unlock()
	if n := len(r.to.order); n == 0 || r.to.order[n-1] != r.c {
		r.to.order = append(r.to.order, r.c)
	}
	return nil
}

func (r recorded) Close() error { return nil }

// Rows that are compared stand next to each other, every cell is measured once a
// round, and the order is the seed's.
func TestRounds(t *testing.T) {
	measure := func(seed uint64) ([]cell, results) {
		r := &recorder{}
		p := partOf(r.row("a"), r.row("b"), r.row("c"))
		p.shapes, p.budget = shapes, time.Nanosecond
		found, err := p.measure(seed)
		require.NoError(t, err)
		return r.order, found
	}
	order, found := measure(1)
	require.Len(t, found, 6)
	for c, slices := range found {
		assert.Len(t, slices, 1, c)
		assert.NotZero(t, slices[0].exchanges)
		assert.GreaterOrEqual(t, slices[0].elapsed, time.Millisecond)
	}
	require.Len(t, order, 12, "the warm-up and one round")
	for i := 0; i < len(order); i += 3 {
		group := order[i : i+3]
		assert.Equal(t, group[0].shape, group[1].shape)
		assert.Equal(t, group[0].shape, group[2].shape)
		assert.ElementsMatch(t, []string{"a", "b", "c"}, []string{group[0].row, group[1].row, group[2].row})
	}
	again, _ := measure(1)
	assert.Equal(t, order, again)
	differs := false
	for seed := range uint64(10) {
		other, _ := measure(seed + 2)
		differs = differs || !assert.ObjectsAreEqual(order, other)
	}
	assert.True(t, differs)
}

// slow is a path whose exchanges take their time.
type slow struct {
	Path
	time.Duration
}

func (s slow) Exchange(ctx context.Context, caller int, seq uint64) error {
	time.Sleep(s.Duration)
	return s.Path.Exchange(ctx, caller, seq)
}

func TestRoundsFillTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // without a peer, whose socket would hold the clock
		const exchange = time.Millisecond
		open := func(to target, shape *sample.Shape, links int) (Path, error) {
			path, err := (&recorder{}).row("a").open(to, shape, links)
			return slow{path, exchange}, err
		}
		p := partOf(row{"a", open})
		p.budget, p.slice = 300*time.Millisecond, 10*time.Millisecond
		begin := time.Now()
		found, err := p.rounds(&stage{callers: 1, loads: make(map[pathKey]*load)}, 1, begin)
		require.NoError(t, err)
		longest := p.slice + 2*exchange // one exchange before the line, and one that is under way when the time is over
		assert.LessOrEqual(t, time.Since(begin), p.budget)
		assert.Greater(t, time.Since(begin)+longest, p.budget)
		assert.Greater(t, len(found[cell{"a", shapes[0].Name, 1}]), 20)
	})
}
