package main

import (
	"context"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/terminal"
	"github.com/isolink-go/isolink/examples/internal/testbed"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/testdata/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func TestARunAddsUp(t *testing.T) {
	var out, complaints terminal.Output
	code := -1
	for try := 0; code != 0 && try < 10; try++ {
		out, complaints = terminal.Output{}, terminal.Output{}
		code = command(t.Context(), []string{"-rate", "300", "-seconds", "2", "-seed", "5"}, &out, &complaints)
		// Where the machine stands still, less happens.
		require.NotRegexp(t, `goal [0-9]+\) FAIL`, out.String())
		require.Empty(t, complaints.String())
	}
	assert.Zero(t, code, "%s", &out)
	assert.Contains(t, out.String(), "seed 5")
	for _, check := range []string{
		"lost: 0 (goal 0) ok", "not sent, but seen by the host: 0", "duplicated at the host: 0", "misdelivered: 0",
		"links up again at the end: 3 (goal 3) ok", "goroutines left: 0 (goal 0) ok", "stalls: ", "restarts: ",
		"passed on by the group: ",
	} {
		assert.Contains(t, out.String(), "CHECK "+check)
	}
	assert.NotRegexp(t, regexp.MustCompile(`[0-9]{13}`), out.String(), "as long as a card number")
}

func TestAnInterruptEndsTheRunInOrder(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, complaints terminal.Output
	var watching sync.WaitGroup
	defer watching.Wait()
	watching.Go(func() {
		defer cancel()
		found, err := out.Await(ctx, `(?s)at (http://\S+) while .*  1 s: sent`)
		if assert.NoError(t, err) {
			code, body := testbed.Ask(t, http.MethodGet, found[1]+"api/status", "", "")
			assert.Equal(t, http.StatusOK, code)
			assert.Contains(t, body, `"link-3"`)
		}
	})
	start := time.Now()
	code := command(ctx, []string{"-rate", "200", "-seconds", "300", "-v"}, &out, &complaints)
	assert.Zero(t, code, "%s%s", &out, &complaints)
	assert.Less(t, time.Since(start), time.Minute)
	assert.Contains(t, out.String(), "interrupted")
	assert.Contains(t, out.String(), "CHECK lost: 0 (goal 0) ok")
	assert.NotContains(t, out.String(), "CHECK answered: ")
	assert.Contains(t, out.String(), "plan: link-3, ")
	assert.Contains(t, out.String(), "signing on -> up")
}

func TestTheConsolesAddressIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	var out, complaints terminal.Output
	assert.Equal(t, 1, command(t.Context(), []string{"-console", taken.Addr().String()}, &out, &complaints))
	assert.Contains(t, complaints.String(), taken.Addr().String())
}

func TestWrongFlagsAreAllReported(t *testing.T) {
	var out, complaints terminal.Output
	code := command(t.Context(), []string{"-rate", "1", "-seconds", "1", "more"}, &out, &complaints)
	assert.Equal(t, 2, code)
	for _, flag := range []string{"-rate: ", "-seconds: ", "no arguments"} {
		assert.Contains(t, complaints.String(), flag)
	}
	assert.Empty(t, out.String())
	assert.Equal(t, 2, command(t.Context(), []string{"-rate", "x"}, &out, &complaints))
}

func TestHelp(t *testing.T) {
	var out, complaints terminal.Output
	assert.Zero(t, command(t.Context(), []string{"-h"}, &out, &complaints))
	assert.Contains(t, complaints.String(), "-seed")
}

func TestWithoutASeedThereIsOneAllTheSame(t *testing.T) {
	o, err := parse(nil, new(terminal.Output))
	require.NoError(t, err)
	assert.NotZero(t, o.seed)
	assert.Equal(t, 10*time.Second, o.length())
}

// finished is a demo whose run is over, and what is left of it, as a frame for its
// checks.
func finished(t *testing.T) (*demo, *terminal.Output, outcome) {
	t.Helper()
	out := new(terminal.Output)
	a := honest()
	d := &demo{out: out, book: a.book, ledger: &ledger{entries: a.entries}}
	for range a.sent {
		d.book.tally.Sent(0)
	}
	return d, out, outcome{
		links: []supervisor.Status{
			{Counters: supervisor.Counters{Sessions: 1, Answered: 3, NotSent: 1, InDoubt: 3, Late: 1}},
			{Counters: supervisor.Counters{Sessions: 1, Answered: 1, NotSent: 1, InDoubt: 1, Late: 1}},
			{Counters: supervisor.Counters{Sessions: 1, NotSent: 1}},
		},
		passedOn: 1,
		hosts: []hostReport{
			{halfClosed: []int{2}, counters: supervisor.Counters{Requests: 8, Replied: 3, Posted: 2}},
			{counters: supervisor.Counters{Requests: 2, Replied: 1, Posted: 1}},
			{},
		},
		up: links,
	}
}

func TestTheChecksOfARunCanFail(t *testing.T) {
	for _, c := range []struct {
		failing  string
		wrong    func(*outcome)
		enforced bool
	}{
		{failing: "", wrong: func(*outcome) {}},
		{failing: "links up again", wrong: func(o *outcome) { o.up-- }},
		{failing: "goroutines left", wrong: func(o *outcome) { o.goroutines++ }},
		{failing: "links whose counters", wrong: func(o *outcome) { o.links[1].Counters.InDoubt++ }},
		{failing: "links whose counters", wrong: func(o *outcome) { o.links[1].Counters.InDoubt-- }},
		{failing: "links whose counters", wrong: func(o *outcome) { o.links[2].Counters.Rejected++ }},
		{failing: "links whose counters", wrong: func(o *outcome) { o.links[0].Counters.Late++ }},
		{failing: "links whose counters", wrong: func(o *outcome) {
			o.links[0].Counters.Answered--
			o.links[1].Counters.Answered++
		}},
		{failing: "links whose counters", wrong: func(o *outcome) {
			o.links[2].Counters.NotSent--
			o.links[1].Counters.NotSent++
		}},
		{failing: "answered, as", wrong: func(o *outcome) { o.links[2].Counters.Answered++ }},
		{failing: "answered, as", wrong: func(o *outcome) { o.links[1].Counters.Answered-- }},
		{failing: "not sent or passed on", wrong: func(o *outcome) { o.links[1].Counters.NotSent++ }},
		{failing: "not sent or passed on", wrong: func(o *outcome) { o.links[1].Counters.NotSent-- }},
		{failing: "not sent or passed on", wrong: func(o *outcome) { o.passedOn++ }},
		{failing: "not sent or passed on", wrong: func(o *outcome) { o.passedOn-- }},
		{failing: "hosts whose counters", wrong: func(o *outcome) { o.hosts[0].counters.Replied-- }},
		{failing: "hosts whose counters", wrong: func(o *outcome) { o.hosts[0].counters.Posted++ }},
		{failing: "hosts whose counters", wrong: func(o *outcome) { o.hosts[0].counters.Requests-- }},
		{failing: "requests that a host", wrong: func(o *outcome) { o.hosts[0].counters.Overloaded++ }},
		{failing: "events dropped", wrong: func(o *outcome) { o.links[0].Counters.Dropped++ }},
		{failing: "connections closed", wrong: func(*outcome) {}, enforced: true},
		{failing: "restarts", wrong: func(*outcome) {}, enforced: true},
		{failing: "answered:", wrong: func(*outcome) {}, enforced: true},
		{failing: "answered by the group", wrong: func(*outcome) {}, enforced: true},
		{failing: "passed on by the group", wrong: func(o *outcome) { o.passedOn = 0 }, enforced: true},
	} {
		d, out, o := finished(t)
		c.wrong(&o)
		ok := d.checks(o, !c.enforced)
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
