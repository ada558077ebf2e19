package actors

import (
	"bytes"
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rotated is the files of a link, in a folder of their own.
type rotated struct {
	t      *testing.T
	files  TLSFiles
	source *tlsSource
	faults []error
}

func startRotated(t *testing.T, server bool) *rotated {
	dir := t.TempDir()
	r := &rotated{t: t, files: TLSFiles{
		CA: filepath.Join(dir, "ca.pem"), Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"),
	}}
	r.write(r.files.CA, "ca.pem", 0)
	r.write(r.files.Cert, "client.pem", 0)
	r.write(r.files.Key, "client-key.pem", 0)
	f := faults{link: "host"}
	r.source = f.tls(&tls.Config{NextProtos: []string{"iso8583"}}, r.files, server)
	require.Empty(t, f.all)
	return r
}

// write puts one of the test's files in the place of another, but for its last
// bytes.
func (r *rotated) write(to, from string, cut int) {
	text, err := os.ReadFile(certFile(from))
	require.NoError(r.t, err)
	require.NoError(r.t, os.WriteFile(to, text[:len(text)-cut], 0o600))
}

func (r *rotated) current() *tls.Config {
	return r.source.current(func(err error) { r.faults = append(r.faults, err) })
}

// has wants that certificate, and so many faults until now.
func (r *rotated) has(name string, faults int) {
	r.t.Helper()
	for range 2 {
		made := r.current()
		require.Len(r.t, made.Certificates, 1)
		assert.Equal(r.t, readCertificate(r.t, name).Raw, made.Certificates[0].Certificate[0])
		assert.Equal(r.t, []string{"iso8583"}, made.NextProtos)
		assert.EqualValues(r.t, tls.VersionTLS12, made.MinVersion)
		require.Len(r.t, r.faults, faults)
	}
}

// TestTLSFilesThatChange: a half-made rotation changes nothing, and is told once
// for each change; a whole one is used from then on.
func TestTLSFilesThatChange(t *testing.T) {
	r := startRotated(t, false)
	first := r.current()
	assert.Same(t, first, r.current(), "nothing has changed")
	r.has("client.pem", 0)

	r.write(r.files.Cert, "other-client.pem", 0)
	r.has("client.pem", 1)
	assert.Same(t, first, r.current())
	assert.ErrorContains(t, r.faults[0], "TLSFiles.Cert")
	r.write(r.files.Key, "other-client-key.pem", 9)
	r.has("client.pem", 2)
	assert.ErrorContains(t, r.faults[1], "cut short")
	r.write(r.files.Key, "other-client-key.pem", 0)
	r.has("other-client.pem", 2)

	require.NoError(t, os.Remove(r.files.CA))
	r.has("other-client.pem", 3)
	assert.ErrorIs(t, r.faults[2], os.ErrNotExist)
	r.write(r.files.CA, "other-ca.pem", 30)
	r.has("other-client.pem", 4)
	assert.True(t, trusts(t, r.current(), "server.pem"), "the old authority")
	r.write(r.files.CA, "other-ca.pem", 0)
	assert.False(t, trusts(t, r.current(), "server.pem"))
	assert.True(t, trusts(t, r.current(), "other-client.pem"))
	r.has("other-client.pem", 4)
}

// TestTLSFilesOfTheSameTime: a file that took the place of another is read though
// its time and size are the same.
func TestTLSFilesOfTheSameTime(t *testing.T) {
	r := startRotated(t, false)
	at := time.Now().Add(-time.Hour)
	next := r.files.CA + ".next"
	for to, from := range map[string]string{r.files.CA: "ca.pem", next: "other-ca.pem"} {
		text, err := os.ReadFile(certFile(from))
		require.NoError(t, err)
		text = append(text, bytes.Repeat([]byte{'\n'}, 2_000-len(text))...)
		require.NoError(t, os.WriteFile(to, text, 0o600))
		require.NoError(t, os.Chtimes(to, at, at))
	}
	first := r.current()
	assert.True(t, trusts(t, first, "server.pem"))
	require.NoError(t, os.Rename(next, r.files.CA))
	assert.NotSame(t, first, r.current())
	assert.False(t, trusts(t, r.current(), "server.pem"))
	assert.Empty(t, r.faults)
}

// TestTLSFilesOfAServer: the authority is that of the peers.
func TestTLSFilesOfAServer(t *testing.T) {
	r := startRotated(t, true)
	before := r.current().ClientCAs
	require.NotNil(t, before)
	r.write(r.files.CA, "other-ca.pem", 0)
	made := r.current()
	assert.False(t, before.Equal(made.ClientCAs))
	assert.Equal(t, tls.RequireAndVerifyClientCert, made.ClientAuth)
	assert.Empty(t, r.faults)
}
