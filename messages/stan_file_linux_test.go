package messages_test

import (
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// A disk that takes a part of the file only: the old counter stays, and when there
// is room again it counts on. The limit is the process's, so no other test may run
// at the same time.
func TestSTANFileOnAFullDisk(t *testing.T) {
	path := stanPath(t, stanFileText)
	store := messages.NewSTANFile(path)

	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 10, Max: limit.Max}))
	_, err := store.Reserve(1000)
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))

	require.ErrorIs(t, err, syscall.EFBIG)
	assert.Equal(t, stanFileText, readSTANFile(t, path))
	first, err := store.Reserve(1000)
	require.NoError(t, err)
	assert.Equal(t, uint64(12_000), first)
}

func TestSyncFolder(t *testing.T) {
	t.Parallel()
	require.NoError(t, messages.SyncFolder(t.TempDir()))
	require.NoError(t, messages.SyncFolder("/proc"), "a file system that cannot")
	require.ErrorIs(t, messages.SyncFolder(filepath.Join(t.TempDir(), "missing")), os.ErrNotExist)
}
