package main

import (
	"context"
	"errors"
	"time"

	"github.com/isolink-go/isolink/bench/internal/sample"
)

// manyCallers share all links of a part with many.
const manyCallers = 1000

// manyRows are spread over as many links as the column says.
var manyRows = []row{
	{name: rowContract, open: spread(openContract)},
	{name: rowFrame, open: openFrame},
	{name: rowMoov, open: spread(openMoov)},
}

// takeMany lets all callers exchange, over as many links as the column says.
func takeMany(s *stage, r row, g group, d time.Duration) (sliced, error) {
	l, err := s.load(r, g.shape, g.at)
	if err != nil {
		return sliced{}, err
	}
	return l.timed(s.callers, d)
}

// manyFiles is how many files are open when so many links are measured: those of
// both ends, of all rows, and of the smaller columns.
func manyFiles(p part, at int) (files int) {
	for _, links := range p.at {
		if links <= at {
			files += 2 * links * len(p.rows)
		}
	}
	return files
}

// spreadPath is one path a link; a caller keeps to one of them.
type spreadPath []Path

func spread(open func(target, *sample.Shape, int) (Path, error)) func(target, *sample.Shape, int) (Path, error) {
	return func(to target, shape *sample.Shape, callers int) (Path, error) {
		var all spreadPath
		for i := range to.links {
			path, err := open(to.link(i), shape, callers)
			if err != nil {
				return nil, errors.Join(err, all.Close())
			}
			all = append(all, path)
		}
		return all, nil
	}
}

func (p spreadPath) Exchange(ctx context.Context, caller int, seq uint64) error {
	return p[caller%len(p)].Exchange(ctx, caller, seq)
}

func (p spreadPath) Close() error {
	var errs []error
	for _, path := range p {
		errs = append(errs, path.Close())
	}
	return errors.Join(errs...)
}
