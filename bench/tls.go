package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"

	"github.com/isolink-go/isolink/testdata"
)

// certificates are the two ends' configurations: each has a certificate, and wants one
// of the same authority.
func certificates() (client, host *tls.Config, err error) {
	pem := func(name string) []byte {
		text, fault := testdata.Files.ReadFile("certs/" + name + ".pem")
		err = errors.Join(err, fault)
		return text
	}
	pair := func(name string) []tls.Certificate {
		one, fault := tls.X509KeyPair(pem(name), pem(name+"-key"))
		err = errors.Join(err, fault)
		return []tls.Certificate{one}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem("ca"))
	client = &tls.Config{RootCAs: pool, Certificates: pair("client"), ServerName: "localhost", MinVersion: tls.VersionTLS13}
	host = &tls.Config{
		ClientCAs: pool, Certificates: pair("server"), ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS13,
	}
	return client, host, err
}

// dial connects to the host.
func (t target) dial() (net.Conn, error) {
	if t.tls != nil {
		return tls.Dial("tcp", t.addr, t.tls)
	}
	return net.Dial("tcp", t.addr)
}
