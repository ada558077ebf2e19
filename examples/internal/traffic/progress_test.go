package traffic

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// forThreeSeconds prints three lines.
func forThreeSeconds(t *testing.T, out *strings.Builder, rewrite bool) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		p := startProgress(out, rewrite, func() string { return "here" })
		<-time.After(3500 * time.Millisecond)
		p.Stop()
	})
}

func TestProgressPrintsALineEachSecond(t *testing.T) {
	var out strings.Builder
	forThreeSeconds(t, &out, false)
	assert.Equal(t, "  1 s: here\n  2 s: here\n  3 s: here\n", out.String())
}

func TestProgressRewritesItsLineOnATerminal(t *testing.T) {
	var out strings.Builder
	forThreeSeconds(t, &out, true)
	assert.NotContains(t, out.String(), "\n")
	parts := strings.Split(out.String(), "\r")
	require.Len(t, parts, 6)
	assert.Equal(t, "  2 s: here", strings.TrimSpace("x" + parts[2])[1:])
	assert.Empty(t, strings.TrimSpace(parts[4]), "the line is taken away")
}

func TestAFileIsNoTerminal(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	assert.False(t, isTerminal(file))
	require.NoError(t, file.Close())
	assert.False(t, isTerminal(file), "nor is one that is closed")
	assert.False(t, isTerminal(new(strings.Builder)))
}
