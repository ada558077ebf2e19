package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// inBoth runs a test on the files of the repository, and on newly made ones.
func inBoth(t *testing.T, test func(t *testing.T, dir string)) {
	t.Helper()
	made := t.TempDir()
	require.NoError(t, writeAll(made))
	t.Run("kept", func(t *testing.T) { test(t, ".") })
	t.Run("made", func(t *testing.T) { test(t, made) })
}

func pool(t *testing.T, dir, name string) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(text))
	return roots
}

// leaf loads a certificate with its key, which tls checks to be of the same pair.
func leaf(t *testing.T, dir, name string) *x509.Certificate {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, name+".pem"), filepath.Join(dir, name+"-key.pem"))
	require.NoError(t, err)
	require.Len(t, pair.Certificate, 1)
	key, isECDSA := pair.PrivateKey.(*ecdsa.PrivateKey)
	require.True(t, isECDSA)
	assert.Equal(t, elliptic.P256(), key.Curve)
	return pair.Leaf
}

func asServer(roots *x509.CertPool, name string) x509.VerifyOptions {
	return x509.VerifyOptions{Roots: roots, DNSName: name}
}

func asClient(roots *x509.CertPool, at time.Time) x509.VerifyOptions {
	return x509.VerifyOptions{Roots: roots, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
}

func TestServer(t *testing.T) {
	inBoth(t, func(t *testing.T, dir string) {
		server, roots := leaf(t, dir, "server"), pool(t, dir, "ca.pem")
		for _, name := range []string{"127.0.0.1", "::1", "localhost"} {
			_, err := server.Verify(asServer(roots, name))
			require.NoError(t, err, name)
		}
		var wrongName x509.HostnameError
		_, err := server.Verify(asServer(roots, "127.0.0.2"))
		require.ErrorAs(t, err, &wrongName)
		var notAClient x509.CertificateInvalidError
		_, err = server.Verify(asClient(roots, time.Time{}))
		require.ErrorAs(t, err, &notAClient)
		assert.Equal(t, x509.IncompatibleUsage, notAClient.Reason)
	})
}

func TestClient(t *testing.T) {
	inBoth(t, func(t *testing.T, dir string) {
		client, roots := leaf(t, dir, "client"), pool(t, dir, "ca.pem")
		for _, at := range []time.Time{{}, begin, end} {
			_, err := client.Verify(asClient(roots, at))
			require.NoError(t, err, at)
		}
		_, err := client.Verify(asServer(roots, ""))
		require.Error(t, err, "a client's certificate must not do for a server")
	})
}

func TestExpiredClient(t *testing.T) {
	inBoth(t, func(t *testing.T, dir string) {
		client, roots := leaf(t, dir, "expired-client"), pool(t, dir, "ca.pem")
		_, err := client.Verify(asClient(roots, endExpired))
		require.NoError(t, err, "nothing but its time may be wrong with it")
		var invalid x509.CertificateInvalidError
		_, err = client.Verify(asClient(roots, time.Time{}))
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, x509.Expired, invalid.Reason)
	})
}

func TestOtherClient(t *testing.T) {
	inBoth(t, func(t *testing.T, dir string) {
		client := leaf(t, dir, "other-client")
		_, err := client.Verify(asClient(pool(t, dir, "other-ca.pem"), time.Time{}))
		require.NoError(t, err)
		var unknown x509.UnknownAuthorityError
		_, err = client.Verify(asClient(pool(t, dir, "ca.pem"), time.Time{}))
		require.ErrorAs(t, err, &unknown)
		_, err = leaf(t, dir, "client").Verify(asClient(pool(t, dir, "other-ca.pem"), time.Time{}))
		require.ErrorAs(t, err, &unknown)
	})
}

func TestWriteAllNeedsTheFolder(t *testing.T) {
	require.ErrorIs(t, writeAll(filepath.Join(t.TempDir(), "absent")), os.ErrNotExist)
}
