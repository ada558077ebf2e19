package supervisor_test

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// replaceFile puts one of the test's files in the place of another.
func replaceFile(t *testing.T, to, from string) {
	t.Helper()
	text, err := os.ReadFile(certs + from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, text, 0o600))
}

// rotatedFiles are files of that certificate, and of the test's authority, that can
// be replaced.
func rotatedFiles(t *testing.T, name string) supervisor.TLSFiles {
	dir := t.TempDir()
	f := supervisor.TLSFiles{
		CA: filepath.Join(dir, "ca.pem"), Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"),
	}
	replaceFile(t, f.CA, "ca.pem")
	replaceFile(t, f.Cert, name+".pem")
	replaceFile(t, f.Key, name+"-key.pem")
	return f
}

// peerOf is the name in the first certificate of the other end.
func peerOf(state tls.ConnectionState) string {
	return state.PeerCertificates[0].Subject.CommonName
}

// commonName is that of one of the test's certificates.
func commonName(t *testing.T, name string) string {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(certs+name+".pem", certs+name+"-key.pem")
	require.NoError(t, err)
	return pair.Leaf.Subject.CommonName
}

// TestRotateClientCertificates: Recycle has all links of a group use certificates
// that were replaced; a rotation that is half made costs nothing but an event.
func TestRotateClientCertificates(t *testing.T) {
	files := rotatedFiles(t, "client")
	var events journal[messages.Event]
	r := startUpRig(t, 2, func(c *rigConfig) {
		for i := range c.hosts {
			c.hosts[i].TLS = serverTLS(t)
			c.hosts[i].TLS.ClientAuth = tls.RequireAnyClientCert
		}
	}, func(c *rigConfig) {
		for i := range c.links {
			c.links[i].TLSFiles = files
		}
		c.links[0].OnError = events.add
	})
	shown := func(conn int, name string) {
		t.Helper()
		require.NoError(t, r.Recycle(patient(t)))
		for i, host := range r.hosts {
			_, err := r.manager.Link(linkName(i)).Exchange(patient(t), newFrame("0800", conn))
			require.NoError(t, err, "the host has seen the whole handshake")
			state, ok := connOf(t, host, conn).TLS()
			require.True(t, ok)
			assert.Equal(t, commonName(t, name), peerOf(state))
		}
	}
	shown(2, "client")
	replaceFile(t, files.Cert, "other-client.pem")
	shown(3, "client")
	shown(4, "client")
	replaceFile(t, files.Key, "other-client-key.pem")
	shown(5, "other-client")
	require.NoError(t, r.manager.Close(patient(t)))
	told := eventsOf[*messages.CertificatesFailed](events.list())
	require.Len(t, told, 1, "once")
	assert.Equal(t, "a", told[0].Link)
	assert.ErrorContains(t, told[0].Reason, "TLSFiles.Cert")
}

// TestRotateAuthorityOfALink: a link trusts whom its file names at the time of the
// handshake.
func TestRotateAuthorityOfALink(t *testing.T) {
	files := rotatedFiles(t, "client")
	l := startUp(t, startHost(t, linktest.PeerConfig{TLS: serverTLS(t)}), func(c *supervisor.LinkConfig) { c.TLSFiles = files })
	replaceFile(t, files.CA, "other-ca.pem")
	require.NoError(t, l.Restart(patient(t)))
	l.awaitStatus("refused", func(s supervisor.Status) bool {
		return s.State == messages.Waiting && s.Counters.Attempts >= 3 && s.LastError != nil
	})
	assert.EqualValues(t, 1, l.Status().Session)
	assert.ErrorContains(t, l.Status().LastError, "unknown authority")
	replaceFile(t, files.CA, "ca.pem")
	l.awaitState(messages.Up)
}

// TestRotateAcceptorCertificates: an acceptor shows, and asks for, what its files
// have at the time of the handshake; sessions that there are go on.
func TestRotateAcceptorCertificates(t *testing.T) {
	files := rotatedFiles(t, "server")
	var events journal[messages.Event]
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) { c.TLSFiles, c.Session.OnError = files, events.add })
	client := clientTLS(t)
	client.MaxVersion, client.InsecureSkipVerify = tls.VersionTLS12, true // a refusal is known at once
	shown := func(name string) *rawClient {
		t.Helper()
		c, err := dialRawTLS(t, a, client)
		require.NoError(t, err)
		assert.Equal(t, commonName(t, name), peerOf(c.conn.(*tls.Conn).ConnectionState()))
		c.works(1)
		return c
	}
	first := shown("server")
	replaceFile(t, files.Key, "other-client-key.pem")
	shown("server")
	shown("server")
	told := awaitEvents[*messages.CertificatesFailed](t, &events, 1)
	assert.Equal(t, "host", told[0].Origin())
	replaceFile(t, files.Cert, "other-client.pem")
	shown("other-client")
	replaceFile(t, files.CA, "other-ca.pem")
	_, err := dialRawTLS(t, a, client)
	assert.Error(t, err)
	assert.ErrorIs(t, awaitEvents[*messages.Refused](t, &events, 1)[0].Cause, messages.ErrHandshake)
	pair, err := tls.LoadX509KeyPair(certs+"other-client.pem", certs+"other-client-key.pem")
	require.NoError(t, err)
	client.Certificates = []tls.Certificate{pair}
	shown("other-client")
	first.works(2)
	assert.Len(t, eventsOf[*messages.CertificatesFailed](events.list()), 1)
}
