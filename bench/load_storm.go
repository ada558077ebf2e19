package main

import "time"

// takeStorms makes as many exchanges at once as the column says.
func takeStorms(s *stage, r row, g group, d time.Duration) (sliced, error) {
	l, err := s.load(r, g.shape, 1)
	if err != nil {
		return sliced{}, err
	}
	n := g.at
	if d == warmUp {
		n = min(n, 1000) // a hundred thousand take seconds
	}
	return l.storms(n, d)
}

// storms makes n exchanges at once: once, and again until the time is over.
func (l *load) storms(n int, d time.Duration) (sliced, error) {
	m, made := startMeter(), uint64(0)
	for time.Since(m.start) < d || made == 0 {
		if err := l.storm(n); err != nil {
			return sliced{}, err
		}
		made += uint64(n)
	}
	return m.stop(made), nil
}

// storm makes n exchanges at once, each in a goroutine of its own that is started
// for it, and waits for all of them. The start of the goroutines is a part of it.
func (l *load) storm(n int) error {
	r := race{}
	first := l.stormed
	l.stormed += uint64((n + len(l.callers) - 1) / len(l.callers))
	r.done.Add(n)
	for i := range n {
		go func() {
			defer r.done.Done()
			caller := i % len(l.callers)
			if err := l.path.Exchange(l.callers[caller].ctx, caller, first+uint64(i/len(l.callers))); err != nil {
				r.fail(err)
			}
		}()
	}
	if !wait(&r.done, time.NewTimer(time.Duration(n)*time.Millisecond+stuckAfter)) {
		return errStuck
	}
	if err := r.failure.Load(); err != nil {
		return *err
	}
	return nil
}
