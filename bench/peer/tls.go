package main

import (
	"crypto/tls"

	"github.com/isolink-go/isolink/testdata"
)

// clientTLS is for clients of hosts with serverTLS.
func clientTLS() *tls.Config {
	pool, err := testdata.CertPool("ca")
	if err != nil {
		panic(err) // it is a part of the program
	}
	return &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS12}
}

func serverTLS() (*tls.Config, error) {
	pair, err := testdata.KeyPair("server")
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, err
}
