package main

import (
	"bytes"
	"context"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/supervisor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// output is written to by several goroutines, as a terminal is.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	// on, when it is there, is called when it is written.
	on   string
	then func()
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.then != nil && bytes.Contains(p, []byte(o.on)) {
		o.then()
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func TestARunAddsUp(t *testing.T) {
	var out, complaints output
	code := command(t.Context(), []string{"-rate", "300", "-seconds", "2", "-seed", "5"}, &out, &complaints)
	assert.Zero(t, code, "%s%s", &out, &complaints)
	assert.NotContains(t, out.String(), "FAIL")
	assert.Contains(t, out.String(), "seed 5")
	for _, check := range []string{
		"lost: 0 (goal 0) ok", "not sent, but seen by the host: 0", "duplicated at the host: 0", "misdelivered: 0",
		"links up again at the end: 3 (goal 3) ok", "goroutines left: 0 (goal 0) ok", "stalls: ", "restarts: ",
	} {
		assert.Contains(t, out.String(), "CHECK "+check)
	}
	assert.NotRegexp(t, regexp.MustCompile(`[0-9]{13}`), out.String(), "as long as a card number")
}

func TestAnInterruptEndsTheRunInOrder(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var complaints output
	out := output{on: "  1 s: sent", then: cancel}
	start := time.Now()
	code := command(ctx, []string{"-rate", "200", "-seconds", "300", "-v"}, &out, &complaints)
	assert.Zero(t, code, "%s%s", &out, &complaints)
	assert.Less(t, time.Since(start), time.Minute)
	assert.Contains(t, out.String(), "interrupted")
	assert.Contains(t, out.String(), "CHECK lost: 0 (goal 0) ok")
	assert.NotContains(t, out.String(), "CHECK answered: ")
	assert.Contains(t, out.String(), "plan: link-3, ")
	assert.Contains(t, out.String(), "connecting -> up")
}

func TestWrongFlagsAreAllReported(t *testing.T) {
	var out, complaints output
	code := command(t.Context(), []string{"-rate", "1", "-seconds", "1", "more"}, &out, &complaints)
	assert.Equal(t, 2, code)
	for _, flag := range []string{"-rate: ", "-seconds: ", "no arguments"} {
		assert.Contains(t, complaints.String(), flag)
	}
	assert.Empty(t, out.String())
	assert.Equal(t, 2, command(t.Context(), []string{"-rate", "x"}, &out, &complaints))
}

func TestHelp(t *testing.T) {
	var out, complaints output
	assert.Zero(t, command(t.Context(), []string{"-h"}, &out, &complaints))
	assert.Contains(t, complaints.String(), "-seed")
}

func TestWithoutASeedThereIsOneAllTheSame(t *testing.T) {
	o, err := parse(nil, new(output))
	require.NoError(t, err)
	assert.NotZero(t, o.seed)
	assert.Equal(t, 10*time.Second, o.length())
}

// finished is a demo whose run is over, as a frame for its checks.
func finished(t *testing.T) (*demo, *output, []supervisor.Status) {
	t.Helper()
	out := new(output)
	a := honest()
	d := &demo{out: out, book: a.book, ledger: &ledger{entries: a.entries}, hosts: []*host{{halfClosed: map[int]bool{2: true}}}}
	d.book.tally = traffic.NewTally(links)
	for range a.sent {
		d.book.tally.Sent(0)
	}
	return d, out, make([]supervisor.Status, links)
}

func TestTheChecksOfARunCanFail(t *testing.T) {
	for _, c := range []struct {
		failing                      string
		up, goroutines               int
		differing, dropped, enforced bool
	}{
		{failing: "", up: links},
		{failing: "links up again", up: links - 1},
		{failing: "goroutines left", up: links, goroutines: 1},
		{failing: "counters of links", up: links, differing: true},
		{failing: "events dropped", up: links, dropped: true},
		{failing: "connections closed", up: links, enforced: true},
		{failing: "restarts", up: links, enforced: true},
		{failing: "answered", up: links, enforced: true},
	} {
		d, out, statuses := finished(t)
		if c.differing {
			statuses[1].Counters.InDoubt++
		}
		if c.dropped {
			statuses[0].Counters.Dropped++
		}
		for i := range statuses {
			statuses[i].Counters.Sessions = 1
		}
		statuses[0].Counters.Late = uint64(len(d.book.late))
		ok := d.checks(statuses, c.up, c.goroutines, !c.enforced)
		assert.Equal(t, c.failing == "", ok, "%s\n%s", c.failing, out)
		if c.failing != "" {
			assert.Regexp(t, `(?m)^CHECK `+c.failing+`.*FAIL$`, out.String())
		}
		assert.Equal(t, c.enforced, !strings.Contains(out.String(), "interrupted"))
	}
}

func TestGoroutinesThatStayAreCounted(t *testing.T) {
	assert.Positive(t, goroutinesBeyond(0, 0), "this one, at least")
	assert.Zero(t, goroutinesBeyond(1_000_000, 0))
	before := runtime.NumGoroutine()
	release := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() { <-release })
	time.AfterFunc(50*time.Millisecond, func() { close(release) })
	assert.Zero(t, goroutinesBeyond(before, time.Minute), "it gets the time to end")
	running.Wait()
}
