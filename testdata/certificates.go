package testdata

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// MutualTLS is the configurations of two ends that speak TLS 1.3: each has a
// certificate, and wants one of the same authority.
func MutualTLS() (client, server *tls.Config, err error) {
	pool, errPool := CertPool("ca")
	own, errOwn := KeyPair("client")
	theirs, errTheirs := KeyPair("server")
	client = &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{own}, ServerName: "localhost", MinVersion: tls.VersionTLS13}
	server = &tls.Config{
		ClientCAs: pool, Certificates: []tls.Certificate{theirs}, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS13,
	}
	return client, server, errors.Join(errPool, errOwn, errTheirs)
}

// KeyPair is a certificate of certs with its key: "server", "client" and so on.
func KeyPair(name string) (tls.Certificate, error) {
	certificate, err := Files.ReadFile("certs/" + name + ".pem")
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := Files.ReadFile("certs/" + name + "-key.pem")
	if err != nil {
		return tls.Certificate{}, err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certs/%s.pem: %w", name, err)
	}
	return pair, nil
}

// CertPool has the certificate of an authority of certs alone: "ca" or "other-ca".
func CertPool(name string) (*x509.CertPool, error) {
	authority, err := Files.ReadFile("certs/" + name + ".pem")
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("certs/%s.pem: no certificate in it", name)
	}
	return pool, nil
}
