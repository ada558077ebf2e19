package actors

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func certFile(name string) string { return "../testdata/certs/" + name }

func compileTLS(t *testing.T, own *tls.Config, files TLSFiles) *tls.Config {
	c := goodConfig()
	c.TLS, c.TLSFiles = own, files
	_, made, err := c.compile()
	require.NoError(t, err)
	if made == nil {
		return nil
	}
	return made.config
}

func readCertificate(t *testing.T, name string) *x509.Certificate {
	text, err := os.ReadFile(certFile(name))
	require.NoError(t, err)
	block, _ := pem.Decode(text)
	require.NotNil(t, block)
	cert, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	return cert
}

// trusts reports whether a client with this configuration takes the
// certificate as the server's.
func trusts(t *testing.T, config *tls.Config, name string) bool {
	cert := readCertificate(t, name)
	_, err := cert.Verify(x509.VerifyOptions{
		Roots: config.RootCAs, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}, CurrentTime: cert.NotBefore,
	})
	return err == nil
}

func TestNoTLS(t *testing.T) {
	assert.Nil(t, compileTLS(t, nil, TLSFiles{}))
}

func TestTLSFiles(t *testing.T) {
	made := compileTLS(t, nil, TLSFiles{
		CA: certFile("ca.pem"), Cert: certFile("client.pem"), Key: certFile("client-key.pem"), ServerName: "host.example",
	})
	assert.True(t, trusts(t, made, "server.pem"))
	assert.False(t, trusts(t, made, "other-client.pem"), "issued by another authority")
	require.Len(t, made.Certificates, 1)
	assert.Equal(t, readCertificate(t, "client.pem").Raw, made.Certificates[0].Certificate[0])
	assert.Equal(t, "host.example", made.ServerName)
	assert.EqualValues(t, tls.VersionTLS12, made.MinVersion)
	assert.False(t, made.InsecureSkipVerify)

	made = compileTLS(t, nil, TLSFiles{ServerName: "host.example"})
	assert.Nil(t, made.RootCAs, "the system's")
	assert.Empty(t, made.Certificates)
}

// TestTLSLeastVersion: TLS 1.0 and 1.1 must not be used (RFC 8996).
func TestTLSLeastVersion(t *testing.T) {
	for given, least := range map[uint16]uint16{
		0: tls.VersionTLS12, tls.VersionTLS10: tls.VersionTLS12, tls.VersionTLS11: tls.VersionTLS12,
		tls.VersionTLS12: tls.VersionTLS12, tls.VersionTLS13: tls.VersionTLS13,
	} {
		own := &tls.Config{MinVersion: given}
		made := compileTLS(t, own, TLSFiles{})
		assert.Equal(t, least, made.MinVersion, tls.VersionName(given))
		assert.Equal(t, given, own.MinVersion, "the caller's is cloned")
		assert.NotSame(t, own, made)
	}
}

// TestTLSFilesFillWhatIsOpen: what TLS says itself stays.
func TestTLSFilesFillWhatIsOpen(t *testing.T) {
	files := TLSFiles{
		CA: certFile("ca.pem"), Cert: certFile("client.pem"), Key: certFile("client-key.pem"), ServerName: "files.example",
	}
	made := compileTLS(t, &tls.Config{NextProtos: []string{"iso8583"}}, files)
	assert.Equal(t, []string{"iso8583"}, made.NextProtos)
	assert.True(t, trusts(t, made, "server.pem"))
	assert.Len(t, made.Certificates, 1)
	assert.Equal(t, "files.example", made.ServerName)

	roots := x509.NewCertPool()
	roots.AddCert(readCertificate(t, "other-ca.pem"))
	cert, err := tls.LoadX509KeyPair(certFile("other-client.pem"), certFile("other-client-key.pem"))
	require.NoError(t, err)
	made = compileTLS(t, &tls.Config{
		RootCAs: roots, Certificates: []tls.Certificate{cert}, ServerName: "own.example",
	}, files)
	assert.False(t, trusts(t, made, "server.pem"))
	assert.True(t, trusts(t, made, "other-client.pem"))
	require.Len(t, made.Certificates, 1)
	assert.Equal(t, cert.Certificate, made.Certificates[0].Certificate)
	assert.Equal(t, "own.example", made.ServerName)
}

func TestTLSFaults(t *testing.T) {
	for name, c := range map[string]struct {
		files  TLSFiles
		fields string
	}{
		"no such CA":            {TLSFiles{CA: certFile("none.pem")}, "TLSFiles.CA"},
		"CA holds no cert":      {TLSFiles{CA: certFile("client-key.pem")}, "TLSFiles.CA"},
		"certificate alone":     {TLSFiles{Cert: certFile("client.pem")}, "TLSFiles"},
		"key alone":             {TLSFiles{Key: certFile("client-key.pem")}, "TLSFiles"},
		"no such certificate":   {TLSFiles{Cert: certFile("none.pem"), Key: certFile("client-key.pem")}, "TLSFiles.Cert"},
		"no such key":           {TLSFiles{Cert: certFile("client.pem"), Key: certFile("none.pem")}, "TLSFiles.Cert"},
		"another's key":         {TLSFiles{Cert: certFile("client.pem"), Key: certFile("server-key.pem")}, "TLSFiles.Cert"},
		"key and cert mixed up": {TLSFiles{Cert: certFile("client-key.pem"), Key: certFile("client.pem")}, "TLSFiles.Cert"},
		"all at once":           {TLSFiles{CA: certFile("none.pem"), Key: certFile("client-key.pem")}, "TLSFiles.CA TLSFiles"},
	} {
		t.Run(name, func(t *testing.T) {
			config := goodConfig()
			config.TLSFiles = c.files
			assert.Equal(t, c.fields, strings.Join(faultyFields(t, config), " "))
			key, err := os.ReadFile(certFile("client-key.pem"))
			require.NoError(t, err)
			secret := strings.Split(string(key), "\n")[1]
			assert.NotContains(t, config.Validate().Error(), secret)
		})
	}
}
