package main

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/testdata/leaktest"

	"github.com/isolink-go/isolink/testdata/check"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func failed(t *testing.T, lines []check.Line) (failed []string) {
	t.Helper()
	var out bytes.Buffer
	_, err := check.Print(&out, lines...)
	require.NoError(t, err)
	for line := range strings.Lines(out.String()) {
		if strings.HasSuffix(line, " FAIL\n") {
			failed = append(failed, strings.TrimSpace(line))
		}
	}
	return failed
}

// unhurried is a tempo in which a machine may stand still for a while. Its slack is below
// the 5 s that callers, and a Close of crypto/tls, may wait for what does not come.
var unhurried = tempo{patience: time.Minute, slack: 4 * time.Second, times: 15}

// isolink meets every goal.
func TestScenarios(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			text, lines, err := play(s, isolink, unhurried, 1)
			require.NoError(t, err)
			assert.NotEmpty(t, text)
			require.NotEmpty(t, lines)
			assert.Empty(t, failed(t, lines), text)
		})
	}
}

// wrong is a library that connects nowhere, and answers each request with a message of
// its own making, a moment too late; its Close fails.
var wrong = side{
	name:    "wrong",
	open:    func(set setup) (client, error) { return wrongClient{set}, nil },
	outcome: func(err error) string { return err.Error() },
}

type wrongClient struct{ setup }

func (c wrongClient) exchange(m *iso8583.Message, timeout time.Duration) (*iso8583.Message, error) {
	if c.told != nil {
		c.told("no answer for " + text(m, 2))
	}
	if c.oracle != nil {
		return nil, errors.New("nothing is written")
	}
	return message("0210", 1, identifier(999))
}

func text(m *iso8583.Message, field int) string {
	s, err := m.GetString(field)
	if err != nil {
		return err.Error()
	}
	return s
}

func (wrongClient) alive() bool                 { return true }
func (wrongClient) close(context.Context) error { return nil }

// A library that breaks the promises fails a CHECK of every scenario, or the scenario.
func TestChecksFail(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			_, lines, err := play(s, wrong, tempo{50 * time.Millisecond, usual.slack, 1}, 1)
			if err == nil {
				assert.NotEmpty(t, failed(t, lines))
			}
		})
	}
}

func TestOutcomes(t *testing.T) {
	st := &stage{side: isolink}
	right, err := message("0210", 1, identifier(1))
	require.NoError(t, err)
	done := make(chan struct{})
	close(done)
	calls := []*call{
		{id: identifier(1), reply: right, done: done, took: time.Second},
		{id: identifier(2), reply: right, done: done},
		{id: identifier(3), err: errors.New("boom"), done: done},
	}
	assert.Equal(t, "1 its own answer, 1 another's answer, 1 boom, 2 not back", st.outcomes(5, calls))
	assert.Equal(t, 1, st.count(calls, anothers))
	assert.Equal(t, time.Second, slowest(calls))
	hangs := &call{done: make(chan struct{})}
	assert.Equal(t, calls, await(slices.Concat([]*call{hangs}, calls), time.Millisecond))
}

func TestRunPrintsTableAndChecks(t *testing.T) {
	was := usual
	t.Cleanup(func() { usual = was })
	usual = unhurried
	var stdout, stderr bytes.Buffer
	require.Zero(t, program.Main([]string{"-only", "three ways", "-seed", "7"}, &stdout, &stderr), stderr.String())
	out := stdout.String()
	assert.Contains(t, out, "seed 7\n")
	assert.Contains(t, out, "no answer: 5 in doubt; connection lost: 5 in doubt; never written: 5 not sent\n")
	assert.Contains(t, out, "CHECK the three ways to get no answer: received of the third: 0 (goal 0) ok\n")
	assert.NotContains(t, out, "FAIL")
}

func TestAScenarioThatCannotBeRun(t *testing.T) {
	var out bytes.Buffer
	bad := scenario{"bad", func(*stage) (string, []check.Line, error) { return "", []check.Line{check.None("lost", 1)}, nil }}
	lines, err := perform(options{scenarios: []scenario{bad}, seed: 1}, &out, &out)
	require.NoError(t, err)
	assert.Equal(t, []check.Line{check.None("bad: lost", 1)}, lines)
	broken := errors.New("broken")
	bad.run = func(*stage) (string, []check.Line, error) { return "", nil, broken }
	_, err = perform(options{scenarios: []scenario{bad}}, &out, &out)
	assert.ErrorIs(t, err, broken)
}

func TestWrongFlagsAreExitCode2(t *testing.T) {
	for args, want := range map[string]string{
		"-fast":         "flag provided but not defined",
		"-only nothing": `no scenario has "nothing" in its name`,
		"x":             `unexpected "x"`,
	} {
		var stdout, stderr bytes.Buffer
		assert.Equal(t, 2, program.Main(strings.Fields(args), &stdout, &stderr), args)
		assert.Contains(t, stderr.String(), want, args)
	}
	assert.Zero(t, program.Main([]string{"-h"}, &bytes.Buffer{}, &bytes.Buffer{}))
}
