package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/isolink-go/isolink/bench/internal/host"
	"github.com/isolink-go/isolink/bench/internal/sample"
)

// warmUp is the length of the slices before the first round, which do not count.
const warmUp = 20 * time.Millisecond

// plan is what one run measures.
type plan struct {
	rows    []row
	shapes  []*sample.Shape
	callers []int
	slice   time.Duration // of one cell in one round
	budget  time.Duration // of the run; at least one round is measured
	seed    uint64        // of the order
}

// group is the cells that are compared with each other: they are measured one
// right after the other.
type group struct {
	shape   *sample.Shape
	callers int
}

// pathKey names a path: all numbers of callers share it.
type pathKey struct{ row, shape string }

// measure opens every path to one host, measures all cells in rounds until the
// budget is spent, and closes everything. Any exchange that failed is an error.
func (p plan) measure() (results, error) {
	begin := time.Now()
	h, err := host.Listen()
	if err != nil {
		return nil, err
	}
	loads, err := p.open(h.Addr())
	var found results
	if err == nil {
		found, err = p.rounds(loads, begin)
	}
	if errors.Is(err, errStuck) {
		return nil, err // closing what is in use could hang as well
	}
	errs := []error{err}
	for _, l := range loads {
		errs = append(errs, l.close())
	}
	errs = append(errs, h.Close())
	return found, errors.Join(errs...)
}

func (p plan) open(addr string) (map[pathKey]*load, error) {
	loads := make(map[pathKey]*load)
	callers := slices.Max(p.callers)
	for _, shape := range p.shapes {
		for _, r := range p.rows {
			path, err := r.open(addr, shape, callers)
			if err != nil {
				return loads, fmt.Errorf("%s, %s: %w", r.name, shape.Name, err)
			}
			loads[pathKey{r.name, shape.Name}] = newLoad(path, callers)
		}
	}
	return loads, nil
}

// rounds measures until another round would not fit.
func (p plan) rounds(loads map[pathKey]*load, begin time.Time) (results, error) {
	found := make(results)
	random := rand.New(rand.NewPCG(p.seed, 0))
	if err := p.round(loads, random, warmUp, make(results)); err != nil {
		return nil, err
	}
	for longest := time.Duration(0); time.Since(begin)+longest <= p.budget || len(found) == 0; {
		start := time.Now()
		if err := p.round(loads, random, p.slice, found); err != nil {
			return nil, err
		}
		longest = max(longest, time.Since(start))
	}
	return found, nil
}

// round measures every cell once, in random order, so that neither a drift of
// the machine nor a neighbour favours a row.
func (p plan) round(loads map[pathKey]*load, random *rand.Rand, slice time.Duration, into results) error {
	var groups []group
	for _, shape := range p.shapes {
		for _, callers := range p.callers {
			groups = append(groups, group{shape, callers})
		}
	}
	random.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	for _, g := range groups {
		for _, i := range random.Perm(len(p.rows)) {
			c := cell{p.rows[i].name, g.shape.Name, g.callers}
			runtime.GC() // so that no row pays for another's garbage
			s, err := loads[pathKey{c.row, c.shape}].timed(g.callers, slice)
			if err != nil {
				return fmt.Errorf("%s, %s, callers=%d: %w", c.row, c.shape, c.callers, err)
			}
			into[c] = append(into[c], s)
		}
	}
	return nil
}
