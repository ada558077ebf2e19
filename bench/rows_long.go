package main

import (
	"errors"
	"time"

	"github.com/isolink-go/isolink/bench/internal/sample"
)

// longRun is how many exchanges an old link has made, and longCallers how many made
// them at a time.
const longRun, longCallers = 1_000_000, 1000

// longRows are a link that has made many exchanges, and one that was just opened: they
// are measured in turn, since a machine, too, is not the same after a while.
var longRows = []row{
	{name: rowNew, open: openFrame},
	{name: rowOld, open: aged(longRun)},
}

// takeLong opens a new link for each slice, and warms up new and old ones alike.
func takeLong(s *stage, r row, g group, d time.Duration) (measured sliced, err error) {
	open, end := s.load, func(*load) error { return nil }
	if r.name == rowNew {
		open, end = s.open, (*load).close
	}
	l, err := open(r, g.shape, 1)
	if err != nil {
		return sliced{}, err
	}
	if _, err = l.timed(g.at, warmUp); err == nil {
		measured, err = l.timed(g.at, d)
	}
	if errors.Is(err, errStuck) {
		return sliced{}, err // closing what is in use could hang as well
	}
	return measured, errors.Join(err, end(l))
}

// aged opens a link and makes so many exchanges.
func aged(exchanges int) func(target, *sample.Shape, int) (Path, error) {
	return func(to target, shape *sample.Shape, callers int) (Path, error) {
		path, err := openFrame(to, shape, callers)
		if err != nil {
			return nil, err
		}
		callers = min(callers, longCallers)
		l := newLoad(path, callers)
		defer l.cancel()
		if _, err := l.counted(callers, exchanges, func() {}); err != nil {
			return nil, err // the path may be in use: it ends with the run
		}
		return path, nil
	}
}
