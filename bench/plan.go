package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/isolink-go/isolink/bench/internal/sample"
)

// warmUp is the length of the slices before the first round, which do not count.
const warmUp = 20 * time.Millisecond

// plan is what one run measures.
type plan struct {
	parts []part
	seed  uint64 // of the order
	out   string // the folder for files; empty: none are written
}

// group is the cells that are compared with each other: they are measured one
// right after the other.
type group struct {
	shape *sample.Shape
	at    int
}

// measure opens what the part needs, measures all cells in rounds until the
// budget is spent, and closes everything. Any exchange that failed is an error.
func (p part) measure(seed uint64) (results, error) {
	begin := time.Now()
	s, err := p.newStage()
	if err != nil {
		return nil, err
	}
	found, err := p.rounds(s, seed, begin)
	if errors.Is(err, errStuck) {
		return nil, err // closing what is in use could hang as well
	}
	return found, errors.Join(err, s.close())
}

// spareFiles are for what is open besides.
const spareFiles = 100

// within leaves out, and says so, the columns that need more than so many files.
func (p part) within(files int, stdout io.Writer) (at []int) {
	for _, one := range p.at {
		if p.files == nil || p.files(p, one)+spareFiles <= files {
			at = append(at, one)
			continue
		}
		fmt.Fprintf(stdout, "\n%s, %s=%d: left out, it takes %d open files and %d are allowed (ulimit -n)\n",
			p.name, p.unit, one, p.files(p, one)+spareFiles, files)
	}
	return at
}

// most is how many callers a path of the part has.
func (p part) most() int { return cmp.Or(p.callers, slices.Max(p.at)) }

// rounds measures until another round would not fit.
func (p part) rounds(s *stage, seed uint64, begin time.Time) (results, error) {
	found := make(results)
	random := rand.New(rand.NewPCG(seed, 0))
	if err := p.round(s, random, warmUp, make(results)); err != nil {
		return nil, err
	}
	for longest := time.Duration(0); time.Since(begin)+longest <= p.budget || len(found) == 0; {
		start := time.Now()
		if err := p.round(s, random, p.slice, found); err != nil {
			return nil, err
		}
		longest = max(longest, time.Since(start))
	}
	return found, nil
}

// round measures every cell once, in random order, so that neither a drift of
// the machine nor a neighbour favours a row.
func (p part) round(s *stage, random *rand.Rand, slice time.Duration, into results) error {
	var groups []group
	for _, shape := range p.shapes {
		for _, at := range p.at {
			groups = append(groups, group{shape, at})
		}
	}
	random.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	for _, g := range groups {
		for _, i := range random.Perm(len(p.rows)) {
			c := cell{p.rows[i].name, g.shape.Name, g.at}
			runtime.GC() // so that no row pays for another's garbage
			measured, err := p.take(s, p.rows[i], g, slice)
			if err != nil {
				return fmt.Errorf("%s, %s, %s, %s=%d: %w", p.name, c.row, c.shape, p.unit, c.at, err)
			}
			into[c] = append(into[c], measured)
		}
	}
	return nil
}
