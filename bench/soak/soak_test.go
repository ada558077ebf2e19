package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/testdata/leaktest"

	"github.com/isolink-go/isolink/bench/internal/ledger"
	"github.com/isolink-go/isolink/bench/internal/proc"
	answer "github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/testdata/check"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// Seconds of soaking: what must never happen does not. How often faults come, and what
// grows, cannot be told so soon.
func TestRun(t *testing.T) {
	var out bytes.Buffer
	folder := filepath.Join(t.TempDir(), "new", "out")
	found, err := soak(options{minutes: 0.04, seed: 1, out: folder, cold: true}, &out)
	require.NoError(t, err)
	never := 0
	for _, l := range found {
		if l.Goal == "0" || strings.Contains(l.Name, "left") || strings.Contains(l.Name, "at the other end") {
			never++
			assert.True(t, l.OK, l.String())
		}
	}
	assert.Equal(t, 11, never)
	assert.Contains(t, out.String(), "links added and removed")
	table, err := os.ReadFile(filepath.Join(folder, "soak.csv"))
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(table)), "\n")
	assert.True(t, strings.HasPrefix(lines[0], "minutes,heap,goroutines"), lines[0])
	assert.GreaterOrEqual(t, len(lines), 2, "a sample at the least: between two of them turns end, which takes its time")
	picture, err := os.ReadFile(filepath.Join(folder, "soak.svg"))
	require.NoError(t, err)
	assert.Contains(t, string(picture), ">goroutines</text>")
}

// Hundreds of links are started and closed, and nothing grows.
func TestCycles(t *testing.T) {
	var out bytes.Buffer
	lines, err := cycle(options{cycles: 300, seed: 1}, &out)
	require.NoError(t, err)
	assert.Contains(t, out.String(), "300 links started and closed")
	for _, l := range lines {
		assert.True(t, l.OK, l.String())
	}
}

func TestFlags(t *testing.T) {
	var out, errs bytes.Buffer
	assert.Equal(t, 0, program.Main([]string{"-h"}, &out, &errs))
	for _, args := range [][]string{
		{"-minutes", "-1"}, {"-minutes", "NaN"}, {"-minutes", "0"}, {"-cycles", "-1"}, {"more"}, {"-unknown"},
	} {
		assert.Equal(t, 2, program.Main(args, &out, &errs), args)
	}
	assert.Empty(t, out.String())
}

// made is a series of noise, in which one figure goes up in all by so much of its level.
func made(grow func(h *proc.Held, part float64)) *series {
	random := rand.New(rand.NewPCG(1, 2))
	s := newSeries("minutes", proc.Held{Heap: 1, Stacks: 1, RSS: 1, Goroutines: 1, Files: 1})
	for i := range 240 {
		h := proc.Held{
			Heap: uint64(20e6 + 50e3*random.NormFloat64()), Stacks: 1 << 20, RSS: 50 << 20,
			Goroutines: 90 + random.IntN(9), Files: 30 + random.IntN(3),
		}
		grow(&h, float64(i)/240)
		s.add(float64(i)/4, h)
	}
	s.warm = 80
	return s
}

func failed(lines []check.Line) (names []string) {
	for _, l := range lines {
		if !l.OK {
			names = append(names, l.Name)
		}
	}
	return names
}

// What leaks fails; what comes and goes, or settles in the warm-up, does not.
func TestGrowth(t *testing.T) {
	for name, test := range map[string]struct {
		grow func(h *proc.Held, part float64)
		want []string
	}{
		"nothing":       {func(*proc.Held, float64) {}, nil},
		"the heap":      {func(h *proc.Held, part float64) { h.Heap += uint64(800e3 * part) }, []string{"growth of heap over minutes"}},
		"goroutines":    {func(h *proc.Held, part float64) { h.Goroutines += int(20 * part) }, []string{"growth of goroutines over minutes"}},
		"descriptors":   {func(h *proc.Held, part float64) { h.Files += int(6 * part) }, []string{"growth of descriptors over minutes"}},
		"what goes":     {func(h *proc.Held, part float64) { h.Goroutines -= int(20 * part) }, nil},
		"the warm-up":   {func(h *proc.Held, part float64) { h.Heap += uint64(5e6 * min(part, 0.3)) }, nil},
		"the system's":  {func(h *proc.Held, part float64) { h.RSS += uint64(1e9 * part) }, nil},
		"within bounds": {func(h *proc.Held, part float64) { h.Heap += uint64(150e3 * part) }, nil},
	} {
		assert.Equal(t, test.want, failed(made(test.grow).checks()), name)
	}
	s := made(func(*proc.Held, float64) {})
	s.warm = len(s.held) - 19
	assert.Equal(t, []string{"samples over minutes"}, failed(s.checks()))
	assert.Len(t, newSeries("minutes", proc.Held{Heap: 1, Stacks: 1, Goroutines: 1, Files: -1}).metrics, 3, "not all systems tell all")
}

// The books, the faults and the orders are judged: each that is wrong turns its own
// line.
func TestChecks(t *testing.T) {
	for name, harm := range map[string]func(*rig){
		"":                                  func(*rig) {},
		"lost of the steady group":          func(r *rig) { r.exchange(steady, ending(messages.ErrNotSent)) },
		"misdelivered":                      func(r *rig) { r.exchange(rough, anothers); r.seen.Arrived(999) },
		"without one outcome":               func(r *rig) { r.exchange(rough, ending(os.ErrInvalid)) },
		"duplicated":                        func(r *rig) { r.seen.Arrived(1) },
		"not sent, and at the other end":    func(r *rig) { r.seen.NotSent(1) },
		"at the other end, and from nobody": func(r *rig) { r.seen.Arrived(0) },
		"late replies told":                 func(r *rig) { r.lateTold.Store(0) },
		"stalls":                            func(r *rig) { r.faulty.counts[stall].Store(0) },
		"restarts":                          func(r *rig) { r.orders[restarted].Store(0) },
	} {
		r := &rig{seen: ledger.NewSeen(1000), faulty: new(faultyHost)}
		good(r)
		harm(r)
		var want []string
		if name != "" {
			want = []string{name}
		}
		assert.Equal(t, want, failed(r.checks(options{minutes: 0.01})))
	}
}

// good fills in all that must be there. One request in doubt never arrived, so that
// one may be counted that a test adds.
func good(r *rig) {
	for i := range r.faulty.counts {
		r.faulty.counts[i].Store(1)
	}
	for i := range r.orders {
		r.orders[i].Store(1)
	}
	r.lateTold.Store(1)
	for book := range books {
		r.exchange(book, func(ctx context.Context, frame []byte) ([]byte, error) {
			r.seen.Arrived(ledger.ID(frame))
			return answered(ctx, frame)
		})
	}
	r.exchange(rough, ending(messages.ErrInDoubt))
	r.exchange(rough, ending(fmt.Errorf("so: %w", messages.ErrNotSent)))
}

func answered(_ context.Context, frame []byte) ([]byte, error) {
	answer.Answer(frame)
	return frame, nil
}

func anothers(ctx context.Context, _ []byte) ([]byte, error) {
	return answered(ctx, ledger.Request(1, 999))
}

func ending(err error) func(context.Context, []byte) ([]byte, error) {
	return func(context.Context, []byte) ([]byte, error) { return nil, err }
}
