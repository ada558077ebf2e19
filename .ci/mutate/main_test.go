package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// toy is a module whose tests notice some changes of its only function.
var toy = map[string]string{
	"go.mod": "module example.com/toy\n\ngo 1.26\n",
	"larger/larger.go": `package larger

import "fmt"

// Larger returns the larger of two numbers.
func Larger(a, b int) int {
	if a > b {
		return a
	}
	return b
}

// Label names a number.
func Label(n int) string {
	return fmt.Sprintf("%d", n)
}
`,
	"larger/larger_test.go": `package larger

import (
	"os"
	"testing"
)

func TestByChance(t *testing.T) {
	if _, err := os.Stat("before"); err == nil && Larger(2, 1) != 2 {
		t.Fatal("not the larger one")
	}
	if Larger(2, 1) != 2 && os.WriteFile("before", nil, 0o600) != nil {
		t.Fatal("cannot be noted")
	}
}

func TestLarger(t *testing.T) {
	if Larger(2, 1) != 2 || Larger(1, 2) != 2 {
		t.Fatal("not the larger one")
	}
}

func TestRed(t *testing.T) {
	t.Fatal("always")
}

func TestSkipped(t *testing.T) {
	t.Skip("never")
}
`,
}

// toyMutation is a mutation of the toy, tried against the test named run.
func toyMutation(run, find, replace string) string {
	return "# a toy\nname: toy\nreason: toys stay whole\n\nfile: larger/larger.go\npackage: ./larger\nrun: " + run +
		"\n--- find\n" + find + "\n--- replace\n" + replace + "\n--- end\n"
}

// mutate runs the command on the toy with the mutations given by file name.
func mutate(t *testing.T, mutations map[string]string, args ...string) (string, error) {
	t.Helper()
	root, folder := t.TempDir(), t.TempDir()
	for name, text := range toy {
		file := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	for name, text := range mutations {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	var out bytes.Buffer
	err := run(t.Context(), append([]string{"-root", root, "-mutations", folder}, args...), &out)
	for name, text := range toy {
		now, readErr := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		require.NoError(t, readErr)
		require.Equal(t, text, string(now), "the tree itself was written to")
	}
	return out.String(), err
}

// lineOf returns what was printed for one mutation, its details included.
func lineOf(t *testing.T, out, id string) string {
	t.Helper()
	_, after, found := strings.Cut(out, "  "+id+": toy")
	require.True(t, found, "%s is not reported:\n%s", id, out)
	before, _, _ := strings.Cut(out, "  "+id+": toy")
	before = before[strings.LastIndex(before, "\n")+1:]
	for _, verdict := range []string{"\nkilled ", "\nSURVIVED ", "\nBROKEN ", "\nCHECK "} {
		after, _, _ = strings.Cut(after, verdict)
	}
	return before + after
}

func TestAllKilled(t *testing.T) {
	out, err := mutate(t, map[string]string{
		"smaller.mutation": toyMutation("^TestLarger$", "\tif a > b {", "\tif a < b {"),
		"first.mutation":   toyMutation("^TestLarger$", "\t\treturn a\n\t}\n\treturn b", "\t}\n\treturn a"),
		"chance.mutation":  toyMutation("^TestByChance$", "\tif a > b {", "\tif a < b {"),
		"README":           "not a mutation",
	})
	require.NoError(t, err, out)
	for _, id := range []string{"smaller", "first"} {
		assert.Contains(t, lineOf(t, out, id), "killed")
		assert.NotContains(t, lineOf(t, out, id), "by chance")
	}
	assert.Contains(t, lineOf(t, out, "chance"), "in run 2 of 3 only: its tests may be green by chance")
	assert.True(t, strings.HasSuffix(out, "\nCHECK mutations: 0 survivors of 3 (goal 0) ok\n"), out)
}

func TestSurvivorsAndBroken(t *testing.T) {
	out, err := mutate(t, map[string]string{
		"killed.mutation":     toyMutation("^TestLarger$", "\tif a > b {", "\tif a < b {"),
		"survivor.mutation":   toyMutation("^TestLarger$", "\tif a > b {", "\tif a >= b {"),
		"vet.mutation":        toyMutation("^TestLarger$", "\treturn fmt.Sprintf(\"%d\", n)", "\treturn fmt.Sprintf(\"%s\", n)"),
		"absent.mutation":     toyMutation("^TestLarger$", "\tif a != b {", "\tif a == b {"),
		"partial.mutation":    toyMutation("^TestLarger$", "if a > b {", "if a < b {"),
		"twice.mutation":      toyMutation("^TestLarger$", "}", ""),
		"uncompiled.mutation": toyMutation("^TestLarger$", "\tif a > b {", "\tif a > c {"),
		"red.mutation":        toyMutation("^TestRed$", "\tif a > b {", "\tif a < b {"),
		"skipped.mutation":    toyMutation("^TestSkipped$", "\tif a > b {", "\tif a < b {"),
		"testless.mutation":   toyMutation("^TestNone$", "\tif a > b {", "\tif a < b {"),
	})
	require.Error(t, err)
	for id, wanted := range map[string][]string{
		"killed":     {"killed"},
		"survivor":   {"SURVIVED", "toys stay whole", "the tests are green"},
		"vet":        {"SURVIVED"},
		"absent":     {"BROKEN", "does not apply", "0 times"},
		"partial":    {"BROKEN", "does not apply", "0 times"},
		"twice":      {"BROKEN", "does not apply", "2 times"},
		"uncompiled": {"BROKEN", "does not compile", "undefined: c"},
		"red":        {"BROKEN", "red without the mutation", "--- FAIL: TestRed"},
		"skipped":    {"BROKEN", "runs no test"},
		"testless":   {"BROKEN", "runs no test"},
	} {
		for _, text := range wanted {
			assert.Contains(t, lineOf(t, out, id), text, id)
		}
	}
	assert.Equal(t, 2*9, strings.Count(out, "toys stay whole"), "each fault as it comes, and again at the end:\n"+out)
	assert.Contains(t, out, "CHECK mutations: 2 survivors of 10, 7 could not be tried (goal 0) FAIL\n")
}

func TestOnly(t *testing.T) {
	mutations := map[string]string{
		"killed.mutation": toyMutation("^TestLarger$", "\tif a > b {", "\tif a < b {"),
		"absent.mutation": toyMutation("^TestLarger$", "\tif a != b {", "\tif a == b {"),
	}
	out, err := mutate(t, mutations, "-only", "killed")
	require.NoError(t, err, out)
	assert.Contains(t, out, "0 survivors of 1 (goal 0) ok")
}

func TestNothingToTry(t *testing.T) {
	_, err := mutate(t, map[string]string{"README": "how to"})
	require.ErrorContains(t, err, "no mutations found")
	_, err = mutate(t, map[string]string{
		"killed.mutation": toyMutation("^TestLarger$", "\tif a > b {", "\tif a < b {"),
	}, "-only", "kiled")
	require.ErrorContains(t, err, "no mutations found")
	_, err = mutate(t, nil, "-parallel", "0")
	require.ErrorContains(t, err, "-parallel")
}

func TestInterruptedKillsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m, err := parse("any", toyMutation("^TestLarger$", "\tif a > b {", "\tif a < b {"))
	require.NoError(t, err)
	root := t.TempDir()
	r := newTrial(root, t.TempDir()).try(ctx, m, filepath.Join(t.TempDir(), "tree"))
	assert.Equal(t, broken, r.verdict)
	assert.Equal(t, "interrupted", r.detail)
}
