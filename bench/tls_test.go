package main

import (
	"crypto/tls"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/host"
	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/testdata"
)

// Both ends have certificates of one authority: who has none, or speaks in the clear,
// gets no answer.
func TestCertificates(t *testing.T) {
	client, server, err := testdata.MutualTLS()
	require.NoError(t, err)
	h, err := host.ListenTLS(server)
	require.NoError(t, err)
	stranger := client.Clone()
	stranger.Certificates = nil
	for name, config := range map[string]*tls.Config{"client": client, "stranger": stranger, "plain": nil} {
		path, err := openContract(target{addr: h.Addr(), tls: config}, sample.Two, 1)
		require.NoError(t, err, name)
		err = path.Exchange(t.Context(), 0, 0)
		assert.Equal(t, name == "client", err == nil, "%s: %v", name, err)
		require.NoError(t, path.Close())
	}
	_ = h.Close() // it tells of those that it did not serve
}
