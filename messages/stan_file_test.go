package messages_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

const stanFileText = "isolink-stan 00000000000000012000\n"

func stanPath(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "stan")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

func readSTANFile(t *testing.T, path string) string {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

func TestSTANFileReserves(t *testing.T) {
	t.Parallel()
	path := stanPath(t, stanFileText)
	store := messages.NewSTANFile(path)
	for _, c := range []struct{ count, want uint64 }{{1000, 12_000}, {1, 13_000}, {7, 13_001}} {
		first, err := store.Reserve(c.count)
		require.NoError(t, err)
		assert.Equal(t, c.want, first)
	}
	assert.Equal(t, "isolink-stan 00000000000000013008\n", readSTANFile(t, path))

	first, err := messages.NewSTANFile(path).Reserve(1)
	require.NoError(t, err)
	assert.Equal(t, uint64(13_008), first)

	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing is left beside it")
	if runtime.GOOS != "windows" {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, fs.FileMode(0o600), info.Mode(), "whatever it was before")
	}
}

// A file that is lost must not bring the last numbers again.
func TestSTANFileBeginsWithTheClock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "stan")
	store := messages.NewSTANFile(path)
	before := uint64(time.Now().UnixMilli())
	first, err := store.Reserve(1000)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, first, before)
	assert.LessOrEqual(t, first, uint64(time.Now().UnixMilli()))

	next, err := store.Reserve(1000)
	require.NoError(t, err)
	assert.Equal(t, first+1000, next)
}

// What is no file of STANs, or a part of one, is neither used nor replaced.
func TestSTANFileThatIsDamaged(t *testing.T) {
	t.Parallel()
	damaged := map[string]string{
		"other mark":   strings.Replace(stanFileText, "stan", "spam", 1),
		"no digits":    strings.Replace(stanFileText, "12000", "12o00", 1),
		"signed":       strings.Replace(stanFileText, "000000", "+00000", 1),
		"no end":       strings.TrimSuffix(stanFileText, "\n") + "0",
		"more":         stanFileText + "\n",
		"longer":       strings.TrimSuffix(stanFileText, "\n") + "0\n",
		"beyond":       "isolink-stan 99999999999999999999\n",
		"zeros":        strings.Repeat("\x00", len(stanFileText)),
		"another file": strings.Repeat("key = value\n", 100),
	}
	for name, text := range damaged {
		assertDamaged(t, name, text, "not a file of STANs")
	}
	assertDamaged(t, "at the end", "isolink-stan 18446744073709551615\n", "the counter is at its end")
}

func TestSTANFileThatIsCutShort(t *testing.T) {
	t.Parallel()
	assertDamaged(t, "empty", "", "cut short: 0 bytes of 34")
	for size := range len(stanFileText) {
		assertDamaged(t, "cut short", stanFileText[:size], "cut short: ")
	}
}

func assertDamaged(t *testing.T, name, text, problem string) {
	t.Helper()
	path := stanPath(t, text)
	stans := newSTANs(t, messages.STANConfig{Store: messages.NewSTANFile(path)})
	stan, err := stans.Next()
	assert.Empty(t, stan)
	var damage *messages.STANFileError
	require.ErrorAs(t, err, &damage, name)
	assert.Equal(t, path, damage.Path)
	assert.Contains(t, damage.Problem, problem, name)
	assert.Contains(t, err.Error(), "reserving 1000 STANs: STAN file "+path+": "+damage.Problem+
		": restore it, or remove it to begin with the clock")
	assert.Equal(t, text, readSTANFile(t, path), name)
}

// A crash at every byte of the file that is written beside it: the old counter is
// still there, and what is left does not disturb.
func TestSTANFileCrashAtEveryByte(t *testing.T) {
	t.Parallel()
	const next = "isolink-stan 00000000000000013000\n"
	for size := range len(next) + 1 {
		path := stanPath(t, stanFileText)
		require.NoError(t, os.WriteFile(path+".tmp", []byte(next[:size]), 0o400))
		first, err := messages.NewSTANFile(path).Reserve(1000)
		require.NoError(t, err)
		assert.Equal(t, uint64(12_000), first)
		assert.Equal(t, next, readSTANFile(t, path))
		assert.NoFileExists(t, path+".tmp")
	}

	// The same before there was a file.
	path := filepath.Join(t.TempDir(), "stan")
	require.NoError(t, os.WriteFile(path+".tmp", []byte(next), 0o600))
	first, err := messages.NewSTANFile(path).Reserve(1000)
	require.NoError(t, err)
	assert.Greater(t, first, uint64(1_000_000_000_000))
}

func TestSTANFileThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	_, err := messages.NewSTANFile(filepath.Join(t.TempDir(), "missing", "stan")).Reserve(1)
	require.ErrorIs(t, err, fs.ErrNotExist)

	_, err = messages.NewSTANFile(t.TempDir()).Reserve(1)
	var path *fs.PathError
	require.ErrorAs(t, err, &path, "a folder")

	blocked := stanPath(t, stanFileText)
	require.NoError(t, os.MkdirAll(filepath.Join(blocked+".tmp", "full"), 0o700))
	_, err = messages.NewSTANFile(blocked).Reserve(1)
	require.ErrorIs(t, err, fs.ErrExist)
	assert.Equal(t, stanFileText, readSTANFile(t, blocked))
}

// Two stores of one file, by different spellings of its path, used at once.
func TestSTANFileIsLocked(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	stores := []*messages.STANFile{
		messages.NewSTANFile("stan"), messages.NewSTANFile(filepath.Join(dir, ".", "stan")),
	}
	t.Chdir(t.TempDir()) // the path was taken from the folder of before
	require.NoError(t, os.WriteFile(filepath.Join(dir, "stan"), []byte(stanFileText), 0o600))

	const each = 20
	var mu sync.Mutex
	var group sync.WaitGroup
	seen := make(map[uint64]bool)
	for i := range 4 {
		group.Go(func() {
			for range each {
				first, err := stores[i%2].Reserve(10)
				assert.NoError(t, err)
				mu.Lock()
				assert.False(t, seen[first])
				seen[first] = true
				mu.Unlock()
			}
		})
	}
	group.Wait()
	assert.Len(t, seen, 4*each)
	assert.Equal(t, "isolink-stan 00000000000000012800\n", readSTANFile(t, filepath.Join(dir, "stan")))
}
