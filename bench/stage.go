package main

import (
	"crypto/tls"
	"errors"

	"github.com/isolink-go/isolink/bench/internal/host"
	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/testdata"
)

// stage is the host of a part, and the paths to it that were opened so far.
type stage struct {
	host    *host.Host
	to      target
	callers int // the most that a path has
	loads   map[pathKey]*load
}

// pathKey names a path: all numbers of callers share it.
type pathKey struct {
	row, shape string
	links      int
}

func (p part) newStage() (*stage, error) {
	to := target{timeout: p.timeout}
	var config *tls.Config
	if p.secure {
		var err error
		if to.tls, config, err = testdata.MutualTLS(); err != nil {
			return nil, err
		}
	}
	h, err := host.ListenTLS(config)
	if err != nil {
		return nil, err
	}
	to.addr = h.Addr()
	return &stage{host: h, to: to, callers: p.most(), loads: make(map[pathKey]*load)}, nil
}

// load is the load of a row, over so many links together. It is opened when it is
// first asked for: in the warm-up.
func (s *stage) load(r row, shape *sample.Shape, links int) (*load, error) {
	key := pathKey{r.name, shape.Name, links}
	if l := s.loads[key]; l != nil {
		return l, nil
	}
	l, err := s.open(r, shape, links)
	if err == nil {
		s.loads[key] = l
	}
	return l, err
}

func (s *stage) open(r row, shape *sample.Shape, links int) (*load, error) {
	to := s.to
	to.links = links
	path, err := r.open(to, shape, s.callers)
	if err != nil {
		return nil, err
	}
	return newLoad(path, min(s.callers, sample.MaxCallers)), nil
}

func (s *stage) close() error {
	var errs []error
	for _, l := range s.loads {
		errs = append(errs, l.close())
	}
	return errors.Join(append(errs, s.host.Close())...)
}
