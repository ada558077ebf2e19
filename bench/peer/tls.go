package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"

	"github.com/isolink-go/isolink/testdata"
)

// clientTLS is for clients of hosts with serverTLS.
func clientTLS() *tls.Config {
	pem, err := testdata.Files.ReadFile("certs/ca.pem")
	if err != nil {
		panic(err) // it is a part of the program
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS12}
}

func serverTLS() (*tls.Config, error) {
	cert, certErr := testdata.Files.ReadFile("certs/server.pem")
	key, keyErr := testdata.Files.ReadFile("certs/server-key.pem")
	if err := errors.Join(certErr, keyErr); err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, err
}
