package main

import (
	"net"
	"runtime"
	"time"

	"github.com/isolink-go/isolink/bench/internal/proc"
)

// perListener is how many connections one listener has: no more than any system keeps
// for a program that does not accept.
const perListener = 100

// idleRows are links that nothing is sent over.
var idleRows = []row{
	{name: rowIsolink, open: openFrame},
	{name: rowMoov, open: spread(openMoov)},
}

// idleFiles is how many files so many idle links take.
func idleFiles(_ part, links int) int { return links + links/perListener + 1 }

// takeIdle opens as many links as the column says, leaves them alone for the time d,
// and measures what they take, their manager included. Their peers take nothing: they
// are connections that nobody has accepted. Goroutines' descriptors are left out, some
// hundred bytes each: the runtime keeps those of the warm-up.
func takeIdle(s *stage, r row, g group, d time.Duration) (sliced, error) {
	to := s.to
	to.links = g.at
	for i := 0; i < g.at; i += perListener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return sliced{}, err
		}
		defer l.Close()
		to.addrs = append(to.addrs, l.Addr().String())
	}
	before := proc.Now()
	path, err := r.open(to, g.shape, 1)
	if err != nil {
		return sliced{}, err
	}
	time.Sleep(d)
	after := proc.Now()
	runtime.KeepAlive(path)
	return sliced{
		exchanges: uint64(g.at), elapsed: d, goroutines: after.Goroutines - before.Goroutines,
		bytes: after.Heap + after.Stacks - before.Heap - before.Stacks,
	}, path.Close()
}
