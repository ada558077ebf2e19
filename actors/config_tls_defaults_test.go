package actors

import (
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTLSDefaults: what a configuration leaves open is Go's, but for the least version.
func TestTLSDefaults(t *testing.T) {
	client := compileTLS(t, nil, TLSFiles{CA: certFile("ca.pem")})
	server := serverDefaults(t, TLSFiles{Cert: certFile("server.pem"), Key: certFile("server-key.pem")})
	for name, c := range map[string]*tls.Config{"client": client, "server": server} {
		assert.EqualValues(t, tls.VersionTLS12, c.MinVersion, name)
		assert.Zero(t, c.MaxVersion, name)
		assert.Nil(t, c.CipherSuites, name)
		assert.Nil(t, c.CurvePreferences, name)
		assert.False(t, c.InsecureSkipVerify, name)
		assert.Equal(t, tls.RenegotiateNever, c.Renegotiation, name)
		assert.Nil(t, c.KeyLogWriter, name)
	}
	assert.Equal(t, tls.NoClientCert, server.ClientAuth)
	mutual := serverDefaults(t, TLSFiles{Cert: certFile("server.pem"), Key: certFile("server-key.pem"), CA: certFile("ca.pem")})
	assert.Equal(t, tls.RequireAndVerifyClientCert, mutual.ClientAuth)
	assert.NotNil(t, mutual.ClientCAs)
}

// TestTLSHandshakes: by default both ends speak TLS 1.3, a peer of before 1.2 is
// refused by either, and so are another name, another authority, and a client without a
// certificate where one is wanted.
func TestTLSHandshakes(t *testing.T) {
	own := TLSFiles{Cert: certFile("server.pem"), Key: certFile("server-key.pem")}
	mutual := own
	mutual.CA = certFile("ca.pem")
	old := &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10, InsecureSkipVerify: true} //nolint:gosec // a peer that is too old
	oldServer := serverDefaults(t, own).Clone()
	oldServer.MinVersion, oldServer.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	known := TLSFiles{CA: certFile("ca.pem"), ServerName: "localhost"}
	for name, c := range map[string]struct {
		client, server *tls.Config
		version        uint16 // 0: refused
	}{
		"defaults":          {compileTLS(t, nil, known), serverDefaults(t, own), tls.VersionTLS13},
		"TLS 1.2":           {compileTLS(t, &tls.Config{MaxVersion: tls.VersionTLS12}, known), serverDefaults(t, own), tls.VersionTLS12},
		"an old client":     {old, serverDefaults(t, own), 0},
		"an old server":     {compileTLS(t, nil, known), oldServer, 0},
		"another name":      {compileTLS(t, nil, TLSFiles{CA: known.CA, ServerName: "other.example"}), serverDefaults(t, own), 0},
		"another authority": {compileTLS(t, nil, TLSFiles{CA: certFile("other-ca.pem"), ServerName: "localhost"}), serverDefaults(t, own), 0},
		"no certificate":    {compileTLS(t, nil, known), serverDefaults(t, mutual), 0},
	} {
		ours, theirs := loopback(t)
		server := tls.Server(theirs, c.server)
		served := make(chan error, 1)
		go func() {
			err := server.HandshakeContext(t.Context())
			if err == nil {
				_, err = server.Write([]byte("x"))
			}
			theirs.Close()
			served <- err
		}()
		client := tls.Client(ours, c.client)
		err := client.HandshakeContext(t.Context())
		if err == nil { // with TLS 1.3, what the server thinks of the client comes behind
			_, err = client.Read(make([]byte, 1))
		}
		ours.Close()
		if c.version == 0 {
			assert.Error(t, err, name)
			assert.Error(t, <-served, name)
			continue
		}
		require.NoError(t, err, name)
		require.NoError(t, <-served, name)
		state := client.ConnectionState()
		assert.Equal(t, c.version, state.Version, name)
		insecure := false
		for _, s := range tls.InsecureCipherSuites() {
			insecure = insecure || s.ID == state.CipherSuite
		}
		assert.False(t, insecure, name)
	}
}

// loopback is both ends of a TCP connection, which holds what nobody reads, such as the
// alerts of a handshake that both ends give up.
func loopback(t *testing.T) (ours, theirs net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	ours, err = net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	theirs, err = l.Accept()
	require.NoError(t, err)
	for _, end := range []net.Conn{ours, theirs} {
		require.NoError(t, end.SetDeadline(time.Now().Add(patience)))
		t.Cleanup(func() { _ = end.Close() })
	}
	return ours, theirs
}

// serverDefaults is an acceptor's configuration.
func serverDefaults(t *testing.T, files TLSFiles) *tls.Config {
	t.Helper()
	var f faults
	source := f.tls(nil, files, true)
	require.Empty(t, f.all)
	return source.config
}
