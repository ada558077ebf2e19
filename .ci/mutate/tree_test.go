package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCopyTree(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "tree")
	for _, name := range []string{".git/HEAD", ".build/x", "bench/.build/x", "a/b/c.go", ".ci/run"} {
		file := filepath.Join(from, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(name), 0o700))
	}
	stale := filepath.Join(to, "stale.go")
	require.NoError(t, os.MkdirAll(to, 0o700))
	require.NoError(t, os.WriteFile(stale, nil, 0o600))

	require.NoError(t, copyTree(from, to))

	for _, name := range []string{"a/b/c.go", ".ci/run"} {
		text, err := os.ReadFile(filepath.Join(to, filepath.FromSlash(name)))
		require.NoError(t, err)
		assert.Equal(t, name, string(text))
	}
	info, err := os.Stat(filepath.Join(to, ".ci", "run"))
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&0o100, "scripts stay executable")
	for _, name := range []string{".git", ".build", "bench/.build"} {
		assert.NoDirExists(t, filepath.Join(to, filepath.FromSlash(name)))
	}
	assert.NoFileExists(t, stale)
}

func TestCopyTreeRefusesLinks(t *testing.T) {
	from := t.TempDir()
	require.NoError(t, os.Symlink(filepath.Join(from, "target"), filepath.Join(from, "link")))
	require.ErrorContains(t, copyTree(from, filepath.Join(t.TempDir(), "tree")), "link is neither")
}
