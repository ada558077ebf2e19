package main

import (
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/testdata/carddata"
)

// TestRun: a run of the quickest tests finds nothing, and is told apart from a proof by
// its minima.
func TestRun(t *testing.T) {
	var out strings.Builder
	assert.Equal(t, 1, program.Main([]string{"-root", "../..", "-packages", "./testdata", "-demo", "0s"}, &out, &out))
	for _, want := range []string{
		"CHECK card data shows: 0 (goal 0) ok", "CHECK programs and tests failed: 0 (goal 0) ok", "CHECK planted card data found: 115 (goal 115) ok",
		"CHECK log lines of the demo: 0 (goal >= 150) FAIL",
	} {
		assert.Contains(t, out.String(), want)
	}
}

func TestFlags(t *testing.T) {
	for _, args := range [][]string{{"-demo", "1.5s"}, {"-demo", "-1s"}, {"-minutes", "0"}, {"-packages", " "}, {"more"}, {"-none"}} {
		assert.Equal(t, 2, program.Main(args, io.Discard, io.Discard), "%v", args)
	}
	assert.Equal(t, 0, program.Main([]string{"-h"}, io.Discard, io.Discard))
}

// healthy is the output of a small run in which all is well.
func healthy() []part {
	return []part{
		{"tests", "--- PASS: TestA (0.00s)\n    x_test.go:1: card data in: late reply\n    x_test.go:1: panicked with card data: Handler\n" +
			"    x_test.go:2: printed: *messages.LateReply\ntime=2026-11-26T05:57:48.252Z level=INFO msg=up\n", nil},
		{"demo", "time=2026-11-26T05:57:48.252Z level=INFO msg=up\n", nil},
		{"page TestA", "late reply", nil},
	}
}

var little = minima{kinds: 1, panics: 1, types: 1, ways: 1, tests: 1, logs: 1, demoLines: 1}

// failing are the names of the goals that these parts miss.
func failing(t *testing.T, parts []part) []string {
	t.Helper()
	search, err := searchDemoToo()
	require.NoError(t, err)
	f := find(parts, search)
	f.table(io.Discard)
	var names []string
	for _, l := range f.judge(little) {
		if !l.OK {
			names = append(names, l.Name)
		}
	}
	return names
}

// TestWrongRunsFail: each fault of a run fails the goal that it is about.
func TestWrongRunsFail(t *testing.T) {
	assert.Empty(t, failing(t, healthy()))
	demoNumber := "0200" + "16" + "4012888888881881" + "000000"
	for name, fault := range map[string]struct {
		spoil func([]part)
		goal  string
	}{
		"a number in a log":        {func(p []part) { p[0].text += "msg=" + carddata.PAN }, "card data shows"},
		"base64 in the demo's log": {func(p []part) { p[1].text += base64.StdEncoding.EncodeToString([]byte(demoNumber)) }, "card data shows"},
		"a PIN block in a page":    {func(p []part) { p[2].text += strings.ToLower(carddata.PINBlock) }, "card data shows"},
		"any other number":         {func(p []part) { p[2].text += "pan=378282246310005" }, "card data shows"},
		"a test that failed":       {func(p []part) { p[0].text += "--- FAIL: TestB (0.00s)\n" }, "programs and tests failed"},
		"a program that failed":    {func(p []part) { p[1].err = errors.New("exit status 1") }, "programs and tests failed"},
		"no message of any kind":   {func(p []part) { p[0].text = strings.ReplaceAll(p[0].text, "card data in", "-") }, "kinds of messages with card data"},
		"no panic":                 {func(p []part) { p[0].text = strings.ReplaceAll(p[0].text, "panicked", "-") }, "functions that panicked with card data"},
		"nothing printed":          {func(p []part) { p[0].text = strings.ReplaceAll(p[0].text, "printed", "-") }, "types printed"},
		"no logs":                  {func(p []part) { p[0].text = strings.ReplaceAll(p[0].text, "time=", "-") }, "log lines of the tests"},
		"no tests":                 {func(p []part) { p[0].text = strings.ReplaceAll(p[0].text, "PASS", "-") }, "tests"},
		"a silent demo":            {func(p []part) { p[1].text = "" }, "log lines of the demo"},
	} {
		parts := healthy()
		fault.spoil(parts)
		assert.Equal(t, []string{fault.goal}, failing(t, parts), name)
	}
}
