package main

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/testdata/leaktest"

	"github.com/isolink-go/isolink/bench/internal/ledger"
	"github.com/isolink-go/isolink/bench/internal/proc"
	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// The program starts itself as its host: so does its test.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "-role" {
		os.Exit(program.Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	leaktest.Main(m)
}

// A run of few links: all is measured, and nothing is lost or left. Seconds and bytes
// are those of a busy machine and of the race detector. Links flap, and their host is
// away, long enough for what has to come in that time though the machine stands still
// for a part of it.
func TestRun(t *testing.T) {
	var out, errs bytes.Buffer
	program.Main([]string{"-links", "20", "-cap", "1s", "-down", "2s", "-flap", "5s", "-rate", "500"}, &out, &errs)
	assert.Empty(t, errs.String())
	for _, line := range strings.Split(out.String(), "\n") {
		if strings.HasPrefix(line, "CHECK") && !strings.Contains(line, "seconds") && !strings.Contains(line, "bytes") {
			assert.Contains(t, line, " ok")
		}
	}
	assert.Equal(t, 37, strings.Count(out.String(), "CHECK"), out.String())
}

func TestFlags(t *testing.T) {
	var out, errs bytes.Buffer
	assert.Equal(t, 0, program.Main([]string{"-h"}, &out, &errs))
	for _, args := range [][]string{{"-links", "9"}, {"-rate", "0"}, {"-cap", "-1s"}, {"-role", "client"}, {"more"}, {"-unknown"}} {
		assert.Equal(t, 2, program.Main(args, &out, &errs), args)
	}
	assert.Empty(t, out.String())
}

// good is a report in which all is as it should be.
func good(t *testing.T) (*report, options) {
	t.Helper()
	o := options{links: 1000, cap: 10 * time.Second, flap: 2 * time.Second}
	idle := proc.Held{Heap: 1 << 20, Goroutines: 3, Files: 10}
	up := proc.Held{Heap: 18 << 20, Goroutines: 3 + 1064, Files: 1010}
	back := storm{ended: 1000, back: 12 * time.Second, attempts: 1000, failed: 1, most: 160, predicted: 161}
	r := &report{
		before: idle, up: up, after: idle, hostBefore: hostStats{Held: idle}, hostUp: hostStats{Held: up, Sessions: 1000},
		hostAfter: hostStats{Held: idle}, hostFirst: hostStats{Held: idle}, hostLast: hostStats{Held: idle},
		started: time.Second, closed: back, killed: back, flaps: 10, arrived: hostStats{Requests: 3},
	}
	r.load.flappers = 10
	r.load.least.Store(1)
	enter(t, &r.load.steady, nil)
	enter(t, &r.load.flapping, nil)
	enter(t, &r.load.flapping, messages.ErrInDoubt)
	enter(t, &r.load.flapping, messages.ErrNotSent)
	return r, o
}

// enter has a book enter an exchange that ends with err.
func enter(t *testing.T, b *ledger.Book, err error) {
	t.Helper()
	b.Exchange(t.Context(), answering(err, 1), 1, 1)
}

// Each fault turns its own line to FAIL, and no other one.
func TestChecks(t *testing.T) {
	r, o := good(t)
	for _, l := range r.checks(o) {
		assert.True(t, l.OK, l.String())
	}
	for name, harm := range map[string]func(*report){
		"seconds until all are up": func(r *report) { r.started = time.Hour },
		"sessions":                 func(r *report) { r.hostUp.Sessions-- },
		"bytes of a link, with its share of the manager":    func(r *report) { r.up.Stacks = 20 << 20 },
		"bytes of a session":                                func(r *report) { r.hostUp.Held.Stacks = 20 << 20 },
		"goroutines of a link, with its share":              func(r *report) { r.up.Goroutines += 100 },
		"goroutines of a session, with its share":           func(r *report) { r.hostUp.Held.Goroutines += 100 },
		"closed: sessions ended at once":                    func(r *report) { r.closed.ended-- },
		"closed: attempts within a second":                  func(r *report) { r.closed.most = 162 },
		"closed: seconds until all are up again":            func(r *report) { r.closed.back = 21 * time.Second },
		"closed: attempts":                                  func(r *report) { r.closed.attempts++ },
		"killed: attempts that failed":                      func(r *report) { r.killed.failed = 0 },
		"killed: attempts within a second":                  func(r *report) { r.killed.most = 162 },
		"flap: sessions ended":                              func(r *report) { r.flaps = 9 },
		"flap: requests of the steady link with the fewest": func(r *report) { r.load.least.Store(-1) },
		"flap: sessions that steady links lost":             func(r *report) { r.disturbed = 1 },
		"flap: duplicated at the host":                      func(r *report) { r.arrived.Twice = 1 },
		"flap: not sent, and at the host":                   func(r *report) { r.arrived.Contradicted = 1 },
		"flap: at the host, and from nobody":                func(r *report) { r.arrived.Stray = 1 },
		"flap: requests at the host":                        func(r *report) { r.arrived.Requests = 4 },
		"connections that the host refused":                 func(r *report) { r.hostAfter.Refused = 1 },
		"bytes of heap left by all links":                   func(r *report) { r.after.Heap += 1 << 20 },
		"goroutines left by the links":                      func(r *report) { r.after.Goroutines++ },
		"goroutines left by the sessions, with those kept":  func(r *report) { r.hostAfter.Held.Goroutines += 73 },
		"goroutines left by the host":                       func(r *report) { r.hostLast.Held.Goroutines++ },
		"descriptors left by the links":                     func(r *report) { r.after.Files++ },
		"descriptors left by the sessions":                  func(r *report) { r.hostAfter.Held.Files++ },
		"descriptors left by the host":                      func(r *report) { r.hostLast.Held.Files++ },
	} {
		r, o := good(t)
		harm(r)
		assert.Equal(t, []string{name}, failed(r, o))
	}
}

// What becomes of requests is judged by the books.
func TestChecksOfBooks(t *testing.T) {
	const lost, inDoubt = "flap: lost on steady links", "flap: in doubt on steady links"
	for name, test := range map[string]struct {
		harm func(*report)
		want []string
	}{
		"in doubt":   {func(r *report) { enter(t, &r.load.steady, messages.ErrInDoubt) }, []string{lost, inDoubt}},
		"not sent":   {func(r *report) { enter(t, &r.load.steady, messages.ErrNotSent) }, []string{lost}},
		"another's":  {func(r *report) { r.load.flapping.Exchange(t.Context(), answering(nil, 2), 1, 1) }, []string{"flap: misdelivered"}},
		"no outcome": {func(r *report) { enter(t, &r.load.flapping, os.ErrInvalid) }, []string{"flap: without one outcome"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, o := good(t)
			test.harm(r)
			assert.Equal(t, test.want, failed(r, o))
		})
	}
}

func failed(r *report, o options) (names []string) {
	for _, l := range r.checks(o) {
		if !l.OK {
			names = append(names, l.Name)
		}
	}
	return names
}

func TestMost(t *testing.T) {
	begin := time.Now()
	var at []time.Time
	for _, ms := range []int{900, 0, 500, 1100, 1500, 3000, 3001} { // in any order
		at = append(at, begin.Add(time.Duration(ms)*time.Millisecond))
	}
	assert.Equal(t, 4, most(at, time.Second))
	assert.Equal(t, 2, most(at, time.Millisecond))
	assert.Equal(t, 7, most(at, time.Hour))
	assert.Zero(t, most(nil, time.Second))
}

// What is predicted is above what links do by their backoff, and not far above it; and
// below what they would do without its random part.
func TestMostPredicted(t *testing.T) {
	const n = 10_000
	b := supervisor.Backoff{MinDelay: time.Second, Base: 10 * time.Second, Cap: 10 * time.Second}
	random := rand.New(rand.NewPCG(1, 2)).Int64N
	for _, down := range []time.Duration{0, 5 * time.Second, time.Minute} {
		begin := time.Now()
		var at []time.Time
		for range n {
			for after, failures := time.Duration(0), 1; ; failures++ {
				after += b.Delay(failures, random)
				at = append(at, begin.Add(after))
				if after >= down {
					break
				}
			}
		}
		got, predicted := most(at, time.Second), mostPredicted(b, n, time.Second, down > 0)
		t.Logf("away for %v: %d within a second, %d predicted", down, got, predicted)
		assert.LessOrEqual(t, got, predicted)
		assert.Greater(t, got, predicted/2)
		assert.Less(t, predicted, n)
	}
}

// A process that stands still is found out by the tick that is late.
func TestGaps(t *testing.T) {
	now := time.Now()
	g := gaps{every: 5 * time.Millisecond, last: now}
	for _, ms := range []time.Duration{5, 5, 130, 1, 5} {
		now = now.Add(ms * time.Millisecond)
		g.tick(now)
	}
	assert.Equal(t, 125*time.Millisecond, g.longest)
	synctest.Test(t, func(t *testing.T) {
		w := watchStalls()
		<-time.After(time.Second)
		assert.Zero(t, w.end())
	})
}

// answering is an exchange whose response is that of the request with that id.
func answering(err error, id uint64) func(context.Context, []byte) ([]byte, error) {
	return func(context.Context, []byte) ([]byte, error) {
		frame := ledger.Request(1, id)
		sample.Answer(frame)
		return frame, err
	}
}
