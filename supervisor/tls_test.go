package supervisor_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

const certs = "../testdata/certs/"

// serverTLS is a host's: its certificate is for 127.0.0.1.
func serverTLS(t *testing.T) *tls.Config {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(certs+"server.pem", certs+"server-key.pem")
	require.NoError(t, err)
	return &tls.Config{Certificates: []tls.Certificate{pair}, SessionTicketsDisabled: true}
}

// demanding makes a host want a certificate of the test's authority.
func demanding(t *testing.T, config *tls.Config) *tls.Config {
	t.Helper()
	config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, certPool(t, "ca.pem")
	return config
}

func certPool(t *testing.T, file string) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(certs + file)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(text))
	return pool
}

// overTLS makes a link use TLS, and trust the test's authority.
func overTLS(c *supervisor.LinkConfig) { c.TLSFiles.CA = certs + "ca.pem" }

// shortHello keeps a handshake to a few hundred bytes: without the key shares
// that are thought to outlive quantum computers. P-256 is the fastest with -race.
func shortHello(c *supervisor.LinkConfig) {
	c.TLS = &tls.Config{CurvePreferences: []tls.CurveID{tls.CurveP256}}
}

// TestTLS: with the right certificates on both sides, given as files or as a
// configuration, a link comes up and exchanges.
func TestTLS(t *testing.T) {
	clientFiles := func(c *supervisor.LinkConfig) {
		c.TLSFiles.Cert, c.TLSFiles.Key = certs+"client.pem", certs+"client-key.pem"
	}
	byConfig := func(c *supervisor.LinkConfig) {
		pair, err := tls.LoadX509KeyPair(certs+"client.pem", certs+"client-key.pem")
		require.NoError(t, err)
		c.TLS = &tls.Config{
			RootCAs: certPool(t, "ca.pem"), Certificates: []tls.Certificate{pair}, ServerName: "localhost",
		}
	}
	for name, change := range map[string][]func(*supervisor.LinkConfig){
		"files": {overTLS, clientFiles}, "configuration": {byConfig},
		"name": {overTLS, clientFiles, func(c *supervisor.LinkConfig) { c.TLSFiles.ServerName = "localhost" }},
	} {
		t.Run(name, func(t *testing.T) {
			for _, server := range []*tls.Config{serverTLS(t), demanding(t, serverTLS(t)), old(serverTLS(t))} {
				host := startHost(t, linktest.PeerConfig{TLS: server})
				l := startUp(t, host, change...)
				l.works(1)
				state, ok := connOf(t, host, 1).TLS()
				require.True(t, ok)
				assert.GreaterOrEqual(t, state.Version, uint16(tls.VersionTLS12))
				assert.Equal(t, server.ClientAuth != tls.NoClientCert, len(state.PeerCertificates) == 1)
				shown := l.Status()
				require.NotNil(t, shown.TLS)
				assert.Equal(t, tls.VersionName(state.Version), shown.TLS.Version)
				assert.Equal(t, tls.CipherSuiteName(state.CipherSuite), shown.TLS.CipherSuite)
				assert.NotEmpty(t, shown.TLS.Peer)
				assert.Greater(t, shown.TLS.PeerNotAfter, time.Now())
				assert.NoError(t, shown.LastError)
			}
		})
	}
}

// old makes a host speak TLS 1.2 at most.
func old(config *tls.Config) *tls.Config {
	config.MaxVersion = tls.VersionTLS12
	return config
}

// TestTLSWrongPeer: a host that does not prove who it is, or does not speak
// TLS, gets no message; the error is typed, and attempts keep their distance.
func TestTLSWrongPeer(t *testing.T) {
	plain := linktest.PeerConfig{Script: func(c *linktest.Conn) {
		_ = c.WriteRaw(stream(newFrame("0800", 1)))
		_ = c.Serve(nil)
	}}
	secure := linktest.PeerConfig{TLS: serverTLS(t)}
	ancient := linktest.PeerConfig{TLS: serverTLS(t)}
	ancient.TLS.MaxVersion = tls.VersionTLS11
	for name, test := range map[string]struct {
		host   linktest.PeerConfig
		change func(*supervisor.LinkConfig)
		judge  func(*testing.T, error)
	}{
		"wrong authority": {
			secure, func(c *supervisor.LinkConfig) { c.TLSFiles.CA = certs + "other-ca.pem" },
			isA[x509.UnknownAuthorityError],
		},
		"wrong name": {
			secure, func(c *supervisor.LinkConfig) { c.TLSFiles.ServerName = "bank.example" }, isA[x509.HostnameError],
		},
		"expired": {
			secure, func(c *supervisor.LinkConfig) { c.TLS = &tls.Config{Time: in2130} }, isA[x509.CertificateInvalidError],
		},
		"plain port":  {plain, func(*supervisor.LinkConfig) {}, isA[tls.RecordHeaderError]},
		"old version": {ancient, func(*supervisor.LinkConfig) {}, says("protocol version")},
	} {
		t.Run(name, func(t *testing.T) {
			rec := newRecorder()
			test.host.Recorder = rec
			host := startHost(t, test.host)
			var watch backoffWatch
			l := startLink(t, host, overTLS, test.change, watch.over)
			s := l.awaitStatus("five attempts", func(s supervisor.Status) bool { return s.Counters.Attempts >= 5 })
			test.judge(t, s.LastError)
			assert.ErrorContains(t, s.LastError, "TLS handshake")
			assert.ErrorContains(t, s.LastError, host.Addr())
			assert.Zero(t, s.Counters.Sessions)
			_, err := l.Exchange(patient(t), newFrame("0200", 1))
			assert.ErrorIs(t, err, messages.ErrNotSent)
			assert.ErrorIs(t, err, messages.ErrLinkDown)
			assert.GreaterOrEqual(t, watch.judge(t, l.manager), 4)
			assert.Zero(t, rec.Total())
		})
	}
}

func in2130() time.Time { return time.Date(2130, 1, 1, 0, 0, 0, 0, time.UTC) }

func isA[E error](t *testing.T, err error) {
	t.Helper()
	var e E
	assert.ErrorAs(t, err, &e)
}

func says(text string) func(*testing.T, error) {
	return func(t *testing.T, err error) {
		t.Helper()
		assert.ErrorContains(t, err, text)
	}
}

// TestTLSWrongClient: a host that does not admit the link's certificate says so
// in its alert: with TLS 1.3, after the link has come up. The reason shows, and
// attempts keep their distance.
func TestTLSWrongClient(t *testing.T) {
	for name, file := range map[string]string{"none": "", "expired": "expired-client", "other authority": "other-client"} {
		t.Run(name, func(t *testing.T) {
			host := startHost(t, linktest.PeerConfig{TLS: demanding(t, serverTLS(t))})
			var watch backoffWatch
			l := startLink(t, host, overTLS, func(c *supervisor.LinkConfig) {
				if file != "" {
					c.TLSFiles.Cert, c.TLSFiles.Key = certs+file+".pem", certs+file+"-key.pem"
				}
			}, watch.over)
			l.awaitStatus("five attempts", func(s supervisor.Status) bool { return s.Counters.Attempts >= 5 })
			l.awaitStatus("the alert", func(s supervisor.Status) bool {
				return s.LastError != nil && strings.Contains(s.LastError.Error(), "remote error: tls: ")
			})
			assert.GreaterOrEqual(t, watch.judge(t, l.manager), 4)
		})
	}
}

// TestPlainLinkToTLSPort: the alert of a TLS port is told as what it is.
func TestPlainLinkToTLSPort(t *testing.T) {
	alert := []byte{0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46}
	host := startHost(t, linktest.PeerConfig{
		Handle: linktest.ByConn(linktest.All(linktest.Garbage(alert), linktest.CloseConn()), linktest.Reply()),
	})
	l := startUp(t, host)
	_, err := l.Exchange(patient(t), newFrame("0200", 1))
	assert.ErrorIs(t, err, messages.ErrInDoubt)
	l.awaitSession(2)
	assert.ErrorContains(t, l.Status().LastError, "TLS")
}
