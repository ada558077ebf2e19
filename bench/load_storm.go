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

// storms makes n exchanges at once, each in a goroutine of its own that is started
// for it, and waits for all of them: once, and again until the time is over. The
// start of the goroutines is measured too.
func (l *load) storms(n int, d time.Duration) (sliced, error) {
	r := race{}
	m := startMeter()
	for time.Since(m.start) < d || r.total.Load() == 0 {
		first := l.storm
		l.storm += uint64((n + len(l.callers) - 1) / len(l.callers))
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
			return sliced{}, errStuck
		}
		if err := r.failure.Load(); err != nil {
			return sliced{}, *err
		}
		r.total.Add(uint64(n))
	}
	return m.stop(r.total.Load()), nil
}
