package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const whole = `name: claim is not exclusive
reason: P1: a send could settle twice
file: actors/claim.go
package: ./actors
run: ^TestClaim$
flags: -race -cpu=1,2
--- find
	first

	third
--- replace
	fourth
--- end
`

func TestParse(t *testing.T) {
	m, err := parse("claim", whole)
	require.NoError(t, err)
	assert.Equal(t, mutation{
		id: "claim", name: "claim is not exclusive", reason: "P1: a send could settle twice",
		file: "actors/claim.go", pkg: "./actors", pattern: "^TestClaim$", flags: []string{"-race", "-cpu=1,2"},
		find: []string{"\tfirst", "", "\tthird"}, replace: []string{"\tfourth"},
	}, m)
}

func TestParseFaults(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		faults []string
	}{
		"empty":      {"", []string{"--- find"}},
		"no end":     {"name: x\n--- find\na\n--- replace\nb\n", []string{"--- end"}},
		"after end":  {"--- find\na\n--- replace\nb\n--- end\nmore\n", []string{"as its last"}},
		"wrong turn": {"--- replace\na\n--- find\nb\n--- end\n", []string{"--- find"}},
		"no head": {"--- find\na\n--- replace\nb\n--- end\n", []string{
			"name is missing", "reason is missing", "file is missing", "package is missing", "run is missing",
		}},
		"no change": {"file: ../x.go\nfile: x.go\nfiles: x.go\n--- find\na\n--- replace\na\n--- end\n", []string{
			"file is there twice", `unknown key in "files: x.go"`, "are the same",
		}},
		"outside":         {"file: ../x.go\n--- find\n--- replace\na\n--- end\n", []string{"leaves the tree", "no line to find"}},
		"a test of tests": {"file: x_test.go\n--- find\na\n--- replace\n--- end\n", []string{"proves nothing"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse("x", c.text)
			for _, fault := range c.faults {
				assert.ErrorContains(t, err, fault)
			}
		})
	}
}

func TestApplyDeletes(t *testing.T) {
	m := mutation{file: "x.go", find: []string{"b"}}
	changed, err := m.apply("a\nb\nc\n")
	require.NoError(t, err)
	assert.Equal(t, "a\nc\n", changed)
}

func TestLoadReportsEveryFaultyFile(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"one.mutation", "two.mutation"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte("nothing"), 0o600))
	}
	_, err := load(folder, "")
	require.ErrorContains(t, err, "one.mutation")
	require.ErrorContains(t, err, "two.mutation")
	_, err = load(filepath.Join(folder, "absent"), "")
	require.ErrorIs(t, err, os.ErrNotExist)
}
