package proof_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/bench/internal/proof"
	"github.com/isolink-go/isolink/testdata/check"
)

// adding proves how much some figures are together.
var adding = proof.Program[int]{
	Name: "adding",
	Flags: func(flags *flag.FlagSet) func() (int, error) {
		n := flags.Int("n", 1, "what to add")
		return func() (int, error) {
			if *n < 0 {
				return 0, errors.New("give -n of 0 or more")
			}
			return *n, nil
		}
	},
	Run: func(n int, stdout, _ io.Writer) ([]check.Line, error) {
		fmt.Fprintln(stdout, "adding", n)
		if n == 9 {
			return nil, errors.New("nine is too much")
		}
		return []check.Line{check.Exactly("one", 1, 1), check.AtMost("sum", n+1, 3)}, nil
	},
}

func TestProgram(t *testing.T) {
	for args, want := range map[string]struct {
		code           int
		stdout, stderr string
	}{
		"":       {0, "adding 1\nCHECK one: 1 (goal 1) ok\nCHECK sum: 2 (goal <= 3) ok\n", ""},
		"-n 3":   {1, "adding 3\nCHECK one: 1 (goal 1) ok\nCHECK sum: 4 (goal <= 3) FAIL\n", ""},
		"-n 9":   {1, "adding 9\n", "adding: FAILED: nine is too much\n"},
		"-n -1":  {2, "", "adding: give -n of 0 or more\n"},
		"-n 1 x": {2, "", "adding: unexpected \"x\"\n"},
		"-m 1":   {2, "", "flag provided but not defined: -m\nUsage of adding:\n  -n int\n    \twhat to add (default 1)\n"},
		"-h":     {0, "", "Usage of adding:\n  -n int\n    \twhat to add (default 1)\n"},
	} {
		t.Run(args, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			assert.Equal(t, want.code, adding.Main(strings.Fields(args), &stdout, &stderr))
			assert.Equal(t, want.stdout, stdout.String())
			assert.Equal(t, want.stderr, stderr.String())
		})
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestAProofThatNobodyCanReadHasFailed(t *testing.T) {
	assert.Equal(t, 1, adding.Main(nil, full{}, io.Discard))
}

func TestSeed(t *testing.T) {
	seedOf := func(args ...string) uint64 {
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		seed := proof.Seed(flags, "of it")
		assert.NoError(t, flags.Parse(args))
		assert.Equal(t, seed(), seed())
		return seed()
	}
	assert.Equal(t, uint64(7), seedOf("-seed", "7"))
	assert.NotZero(t, seedOf())
	assert.NotEqual(t, seedOf("-seed", "0"), seedOf())
}
