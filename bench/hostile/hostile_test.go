package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/testdata/check"
)

// TestRun makes some of the scenarios: each has its row and its lines, and none fails.
func TestRun(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("addresses beside 127.0.0.1 are there on Linux")
	}
	names := []string{"length-99999999", "denied", "keep-alives", "host-length-ffff"}
	var out, faults bytes.Buffer
	quick := program
	quick.Run = func(o options, stdout, stderr io.Writer) ([]check.Line, error) {
		o.flood, o.alone = time.Second/5, time.Second/5
		return program.Run(o, stdout, stderr)
	}
	require.Zero(t, quick.Main([]string{"-short", "-seed", "7", "-only", strings.Join(names, ",")}, &out, &faults), "%s%s", &out, &faults)
	for _, name := range names {
		assert.Regexp(t, `(?m)^`+regexp.QuoteMeta(name)+` +\S`, out.String())
		for _, line := range []string{"came", "told", "growth of the heap in MiB", "lost or misdelivered of the others"} {
			assert.Regexp(t, `(?m)^CHECK `+regexp.QuoteMeta(name)+`, `+line+`: \S+ \(goal .*\) ok$`, out.String())
		}
	}
}

// TestFlags: what makes no sense is refused before anything is started.
func TestFlags(t *testing.T) {
	for _, args := range [][]string{{"-only", "nothing"}, {"more"}, {"-seed", "x"}} {
		var out, faults bytes.Buffer
		assert.Equal(t, 2, program.Main(args, &out, &faults))
		assert.Empty(t, out.String())
		assert.NotEmpty(t, faults.String())
	}
}

// good is a finding with nothing wrong.
func good() finding {
	return finding{
		scenario: scenario{name: "it", limit: "a limit", within: time.Second, least: 10, ends: 10, heap: mib},
		came:     10, ended: 10, heard: 1, grown: mib, others: figures{done: 1_000, newcomers: 1},
	}
}

// TestAudit: each thing that must not be fails the line that is about it, and no other.
func TestAudit(t *testing.T) {
	failing := func(f findings) []string {
		var names []string
		for _, l := range f.lines() {
			if !l.OK {
				names = append(names, l.Name)
			}
		}
		return names
	}
	require.Empty(t, failing(findings{all: []finding{good()}}))
	for line, spoil := range map[string]func(*finding){
		"it, came":                                  func(f *finding) { f.came-- },
		"it, ended by a limit":                      func(f *finding) { f.ended-- },
		"it, told":                                  func(f *finding) { f.heard = 0 },
		"it, growth of the heap in MiB":             func(f *finding) { f.grown++ },
		"it, ended late, or wrong":                  func(f *finding) { f.wrong++ },
		"it, lost or misdelivered of the others":    func(f *finding) { f.others.lost++ },
		"exchanges of the others, in each scenario": func(f *finding) { f.others.done = 99 },
		"new clients that were served":              func(f *finding) { f.others.newcomers = 0 },
	} {
		f := good()
		spoil(&f)
		assert.Equal(t, []string{line}, failing(findings{all: []finding{f}}))
	}
	for _, spoil := range []func(*finding){
		func(f *finding) { f.others.misdelivered++ }, func(f *finding) { f.before.lost++ }, func(f *finding) { f.before.misdelivered++ },
	} {
		f := good()
		spoil(&f)
		assert.Equal(t, []string{"it, lost or misdelivered of the others"}, failing(findings{all: []finding{f}}))
	}
	assert.Equal(t, []string{"goroutines left"}, failing(findings{all: []finding{good()}, leaked: 1}))

	var out bytes.Buffer
	slow := good()
	slow.others.p99, slow.before.p99 = time.Second, time.Millisecond
	require.Empty(t, failing(findings{all: []finding{slow}}), "speed decides nothing")
	require.NoError(t, report(&out, findings{all: []finding{slow}}))
	assert.Contains(t, out.String(), check.AtMost("it, p99 of the others ÷ alone", 1_000, 2).String())
}

// TestLedger: an error is a loss, another's response is misdelivered.
func TestLedger(t *testing.T) {
	o := newOthers(nil, "")
	o.ledger.exchanged(time.Millisecond, nil)
	o.ledger.exchanged(time.Second, messages.ErrLinkDown)
	o.ledger.exchanged(time.Millisecond, sample.ErrMismatch)
	o.ledger.came(errors.New("refused"))
	f := o.ledger.take()
	assert.Equal(t, 3, f.done)
	assert.Equal(t, 2, f.lost)
	assert.Equal(t, 1, f.misdelivered)
	assert.Equal(t, 1, f.newcomers)
	assert.InDelta(t, time.Second, f.p99, float64(50*time.Millisecond))
	require.ErrorIs(t, f.firstFault, messages.ErrLinkDown)
	assert.Zero(t, o.ledger.take().done)
}

// TestHeard counts what was told by its kind.
func TestHeard(t *testing.T) {
	h := new(heard)
	h.event(&messages.Refused{Cause: messages.ErrDenied, Count: 3})
	h.event(&messages.SessionChanged{Ended: true, Reason: messages.ErrNoEcho})
	h.event(&messages.SessionChanged{})
	assert.Equal(t, 3, h.told(refused(messages.ErrDenied)))
	assert.Equal(t, 1, h.told(ends(messages.ErrNoEcho)))
	assert.Zero(t, h.told(ends(messages.ErrPeerClosed)))
	h.begin()
	assert.Zero(t, h.told(refused(messages.ErrDenied)))
}
