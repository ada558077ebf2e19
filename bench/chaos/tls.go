package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"

	"github.com/isolink-go/isolink/testdata"
)

// tlsMode is how a host's TLS behaves.
type tlsMode int32

const (
	tlsWell         tlsMode = iota
	tlsOldOne               // its certificate has expired
	tlsWantsAnother         // it wants a certificate of another authority, and says so by an alert
)

// certificates are those of both ends.
type certificates struct {
	client  *tls.Config
	servers map[tlsMode]*tls.Config
}

func newCertificates() (*certificates, error) {
	var err error
	pair := func(name string) []tls.Certificate {
		one, fault := testdata.KeyPair(name)
		err = errors.Join(err, fault)
		return []tls.Certificate{one}
	}
	pool := func(name string) *x509.CertPool {
		p, fault := testdata.CertPool(name)
		err = errors.Join(err, fault)
		return p
	}
	server := func(certificate, authority string) *tls.Config {
		return &tls.Config{
			Certificates: pair(certificate), ClientCAs: pool(authority),
			ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12,
		}
	}
	made := &certificates{
		client: &tls.Config{
			RootCAs: pool("ca"), Certificates: pair("client"), ServerName: "localhost", MinVersion: tls.VersionTLS12,
		},
		servers: map[tlsMode]*tls.Config{
			tlsWell: server("server", "ca"), tlsOldOne: server("expired-client", "ca"), tlsWantsAnother: server("server", "other-ca"),
		},
	}
	return made, err
}

func (c *certificates) server(mode tlsMode) *tls.Config { return c.servers[mode] }
