package main

import (
	"context"
	"math"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/isolink-go/isolink/supervisor"
)

// attempts are when links tried to connect.
type attempts struct {
	mu     sync.Mutex
	at     []time.Time
	failed int
}

// dial is the Dial of all links: what they do without one, and noted.
func (a *attempts) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	a.mu.Lock()
	a.at = append(a.at, time.Now())
	a.mu.Unlock()
	conn, err := (&net.Dialer{KeepAlive: -1}).DialContext(ctx, network, addr)
	if err != nil {
		a.mu.Lock()
		a.failed++
		a.mu.Unlock()
	}
	return conn, err
}

// take returns all until now, and begins anew.
func (a *attempts) take() (at []time.Time, failed int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at, failed = a.at, a.failed
	a.at, a.failed = nil, 0
	return at, failed
}

// most is how many of them came within any one span of that length.
func most(at []time.Time, span time.Duration) (n int) {
	at = slices.SortedFunc(slices.Values(at), time.Time.Compare)
	first := 0
	for i, t := range at {
		for t.Sub(at[first]) > span {
			first++
		}
		n = max(n, i-first+1)
	}
	return n
}

// mostPredicted is how many attempts n links make within any one span, at most, when
// all lose their session at the same moment, and their host is there or away for some
// time.
//
// After each failure a link waits MinDelay and a random part that is uniform on 0 to W:
// so when all failures were the first, or Base is not below Cap, W is min(Base, Cap).
// Its first attempt is then within a given span s with a probability of s/W at most. If
// that fails, later ones add to it: the rate of attempts u of a link obeys the renewal
// equation u = f + f∗u with f = 1/W on an interval of length W, and without MinDelay its
// highest value is e/W, at the end of that interval (there u(t) = exp(t/W)/W); a MinDelay
// only pulls attempts apart. So n links make on average n·s/W in the span, or e times as
// many with a host that stays away.
//
// Around that average the number has a standard deviation of its root at most. Six of
// them are exceeded once in 10^9 spans; some thousand spans, one from each attempt on,
// overlap.
func mostPredicted(b supervisor.Backoff, n int, span time.Duration, away bool) int {
	mean := float64(n) * float64(span) / float64(min(b.Base, b.Cap))
	if away {
		mean *= math.E
	}
	return int(math.Ceil(mean + 6*math.Sqrt(mean)))
}

// stallWatch finds out for how long this process stood still: what was due meanwhile
// comes together afterwards.
type stallWatch struct {
	stop    chan struct{}
	longest chan time.Duration
}

func watchStalls() *stallWatch {
	const every = 5 * time.Millisecond
	w := &stallWatch{make(chan struct{}), make(chan time.Duration, 1)}
	go func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		g := gaps{every: every, last: time.Now()}
		for {
			select {
			case <-w.stop:
				w.longest <- g.longest
				return
			case <-ticker.C:
				g.tick(time.Now())
			}
		}
	}()
	return w
}

// gaps are those between ticks.
type gaps struct {
	every   time.Duration
	last    time.Time
	longest time.Duration // beyond every
}

func (g *gaps) tick(now time.Time) {
	g.longest = max(g.longest, now.Sub(g.last)-g.every)
	g.last = now
}

func (w *stallWatch) end() time.Duration {
	close(w.stop)
	return <-w.longest
}
