package main

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/testdata/leaktest"

	"github.com/isolink-go/isolink/bench/internal/host"
	"github.com/isolink-go/isolink/bench/internal/sample"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// Every row answers every caller with its own response, in both shapes, and leaves
// nothing behind.
func TestEveryRowExchanges(t *testing.T) {
	const callers, exchanges = 20, 400
	for _, part := range parts {
		for _, r := range part.rows {
			if r.name == rowOld {
				r.open = aged(exchanges)
			}
			for _, shape := range part.shapes {
				t.Run(part.name+"/"+r.name+"/"+shape.Name, func(t *testing.T) {
					part := part
					part.callers, part.timeout = callers, patience
					s, err := part.newStage()
					require.NoError(t, err)
					l, err := s.load(r, shape, 3)
					require.NoError(t, err)
					made, err := l.counted(callers, exchanges, func() {})
					require.NoError(t, err)
					assert.EqualValues(t, exchanges, made.exchanges)
					require.NoError(t, s.close())
				})
			}
		}
	}
}

func TestRowsThatCannotConnectFail(t *testing.T) {
	h, err := host.Listen()
	require.NoError(t, err)
	require.NoError(t, h.Close())
	for _, name := range []string{rowBare, rowContract, rowMoov} {
		i := slices.IndexFunc(rows, func(r row) bool { return r.name == name })
		_, err := rows[i].open(target{addr: h.Addr(), links: 1}, sample.Two, 1)
		assert.Error(t, err, name)
	}
}

func TestRunPrintsTablesAndChecks(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := run([]string{
		"-parts", "link", "-rows", "floor-bare,floor-contract,moov,codec", "-shapes", "2-fields",
		"-callers", "1,3", "-time", "1ms", "-slice", "5ms", "-seed", "7",
	}, &stdout, &stderr)
	require.Zero(t, code, stderr.String())
	assert.Empty(t, stderr.String())
	text := stdout.String()
	assert.Contains(t, text, "seed 7\n")
	assert.Contains(t, text, "\n== link: one link,")
	assert.NotContains(t, text, "18-fields")
	for _, heading := range []string{
		"µs per exchange, 2-fields (24 bytes): median of 1 slices [95 % bounds]",
		"CPU µs per exchange", "allocations / bytes per exchange",
		"time ÷ that of floor-bare", "time ÷ that of floor-contract", "time ÷ that of moov",
	} {
		assert.Equal(t, 1, strings.Count(text, "\n"+heading), heading)
	}
	for _, name := range []string{rowBare, rowContract, rowMoov, rowCodec} {
		assert.Equal(t, 6, strings.Count(text, "\n"+name+" "), "%s is a line of every table", name)
	}
	assert.NotContains(t, text, "CHECK", "the rows of all goals are not measured")
}

// wrong is a path whose exchanges fail as those of a link would that mixes responses up.
type wrong struct{ fails, closes int }

func (w *wrong) Exchange(context.Context, int, uint64) error {
	w.fails++
	return sample.ErrMismatch
}

func (w *wrong) Close() error { w.closes++; return nil }

func partOf(all ...row) part {
	return part{
		name: "part", unit: "callers", rows: all, shapes: shapes[:1], at: []int{1}, take: takeTimed, tables: linkTables,
		timing: timing{budget: time.Millisecond, slice: time.Millisecond},
	}
}

func planOf(r row) plan { return plan{parts: []part{partOf(r)}, seed: 1} }

func TestAWrongResponseIsExitCode1(t *testing.T) {
	var stdout, stderr bytes.Buffer
	path := &wrong{}
	open := func(target, *sample.Shape, int) (Path, error) { return path, nil }
	assert.Equal(t, 1, execute(planOf(row{"mixed-up", open}), &stdout, &stderr))
	assert.Contains(t, stderr.String(), "FAILED: part, mixed-up, 2-fields, callers=1: "+sample.ErrMismatch.Error())
	assert.NotContains(t, stdout.String(), "every exchange")
	assert.Equal(t, 1, path.fails)
	assert.Equal(t, 1, path.closes)
}

func TestARowThatDoesNotOpenIsExitCode1(t *testing.T) {
	var stdout, stderr bytes.Buffer
	open := func(target, *sample.Shape, int) (Path, error) { return nil, errors.New("no route") }
	assert.Equal(t, 1, execute(planOf(row{"far", open}), &stdout, &stderr))
	assert.Contains(t, stderr.String(), "FAILED: part, far, 2-fields, callers=1: no route")
}

func TestWrongFlagsAreExitCode2(t *testing.T) {
	for args, want := range map[string]string{
		"-rows nothing":              `no row "nothing"`,
		"-shapes 3-fields":           `no shape "3-fields"`,
		"-callers 0":                 `"0" is no number of callers from 1 to 10000`,
		"-callers 1,10001":           `"10001" is no number of callers`,
		"-callers 1,":                `"" is no number of callers`,
		"-callers x -rows y":         `no row "y"`,
		"-parts side":                `no part "side"`,
		"-short -full":               "-short and -full exclude each other",
		"-slice 1us":                 "-slice must be at least 1ms",
		"-time -1s":                  "-time not negative",
		"-speed":                     "flag provided but not defined",
		"-short moov":                `unexpected "moov"`,
		"-rows floor-bare,codec,,":   `no row ""`,
		"-rows moov -shapes , -seed": "flag needs an argument",
	} {
		var stdout, stderr bytes.Buffer
		assert.Equal(t, 2, run(strings.Fields(args), &stdout, &stderr), args)
		assert.Contains(t, stderr.String(), want, args)
		assert.Empty(t, stdout.String(), args)
	}
}

func TestHelpIsExitCode0(t *testing.T) {
	var stdout, stderr bytes.Buffer
	assert.Zero(t, run([]string{"-h"}, &stdout, &stderr))
	assert.Contains(t, stderr.String(), "-short")
}

func TestFlags(t *testing.T) {
	parsed := func(args ...string) plan {
		p, err := parse(args, &bytes.Buffer{})
		require.NoError(t, err)
		return p
	}
	total := func(p plan) (sum time.Duration) {
		for _, part := range p.parts {
			sum += part.budget
		}
		return sum
	}
	usual := parsed()
	assert.Len(t, usual.parts, len(parts))
	assert.Len(t, usual.parts[0].rows, len(rows))
	assert.Equal(t, shapes, usual.parts[0].shapes)
	assert.Equal(t, []int{1, 2, 16, 100, 1000, 10_000}, usual.parts[0].at)
	assert.LessOrEqual(t, total(usual), 10*time.Minute)
	assert.NotEqual(t, usual.seed, parsed().seed)
	assert.Greater(t, total(parsed("-full")), total(usual))

	brief := parsed("-short")
	assert.Equal(t, shapes[:1], brief.parts[0].shapes)
	assert.Equal(t, []int{1, 2, 16, 100, 1000}, brief.parts[0].at)
	assert.Less(t, total(brief), 2*time.Minute)

	picked := parsed("-short", "-parts", "link", "-rows", "moov,floor-bare", "-shapes", "18-fields,2-fields",
		"-callers", "16,1,16", "-time", "3s", "-slice", "10ms", "-seed", "5")
	require.Len(t, picked.parts, 1)
	link := picked.parts[0]
	assert.Equal(t, []string{rowBare, rowMoov}, []string{link.rows[0].name, link.rows[1].name})
	assert.Equal(t, shapes, link.shapes)
	assert.Equal(t, []int{1, 16}, link.at)
	assert.Equal(t, 3*time.Second, link.budget)
	assert.Equal(t, 10*time.Millisecond, link.slice)
	assert.EqualValues(t, 5, picked.seed)
}
