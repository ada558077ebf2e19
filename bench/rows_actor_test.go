package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/host"
	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/messages"
)

// A client whose exchanges fail comes back with the error, whatever its window.
func TestActorClientsFail(t *testing.T) {
	h, err := host.Listen()
	require.NoError(t, err)
	path, err := openActor(target{addr: h.Addr(), links: 1}, sample.Two, 10)
	require.NoError(t, err)
	l := newLoad(path, 10)
	made, err := l.counted(10, 100, func() {})
	require.NoError(t, err)
	assert.EqualValues(t, 100, made.exchanges)
	require.NoError(t, h.Close())
	for range 2 {
		_, err = l.counted(10, 100, func() {})
		var failed *messages.SendError
		require.ErrorAs(t, err, &failed)
	}
	require.NoError(t, l.close())
}
