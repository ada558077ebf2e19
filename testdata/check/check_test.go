package check_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/testdata/check"
)

func TestLines(t *testing.T) {
	for want, l := range map[string]check.Line{
		"CHECK lost: 0 (goal 0) ok":               check.None("lost", 0),
		"CHECK lost: 2 (goal 0) FAIL":             check.None("lost", 2),
		"CHECK lost: -1 (goal 0) FAIL":            check.None("lost", int64(-1)),
		"CHECK links: 3 (goal 3) ok":              check.Exactly("links", 3, 3),
		"CHECK links: 4 (goal 3) FAIL":            check.Exactly("links", 4, 3),
		"CHECK seconds: 1.50 (goal <= 1.50) ok":   check.AtMost("seconds", 1.5, 1.5),
		"CHECK seconds: 1.51 (goal <= 1.50) FAIL": check.AtMost("seconds", 1.51, 1.5),
		"CHECK exchanges: 100 (goal >= 100) ok":   check.AtLeast("exchanges", uint64(100), 100),
		"CHECK exchanges: 99 (goal >= 100) FAIL":  check.AtLeast("exchanges", uint64(99), 100),
		"CHECK p99 ratio: 2 (goal <= 2) ok":       check.AtMost("p99 ratio", 2.0, 2),
	} {
		assert.Equal(t, want, l.String())
	}
}

func TestPrint(t *testing.T) {
	var out strings.Builder
	ok, err := check.Print(&out, check.None("lost", 0), check.AtLeast("resets", 9, 9))
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, "CHECK lost: 0 (goal 0) ok\nCHECK resets: 9 (goal >= 9) ok\n", out.String())

	ok, err = check.Print(&out, check.None("lost", 1), check.None("hung", 0))
	require.NoError(t, err)
	assert.False(t, ok)
}
