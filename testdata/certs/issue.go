package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
)

var (
	begin      = time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC)
	end        = time.Date(2120, time.January, 1, 0, 0, 0, 0, time.UTC)
	endExpired = time.Date(2021, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// template returns what a certificate shall say, but for its serial number, which
// x509.CreateCertificate draws.
type template func() *x509.Certificate

func serverTemplate() *x509.Certificate {
	return &x509.Certificate{
		Subject:     pkix.Name{CommonName: "isolink test server"},
		NotBefore:   begin,
		NotAfter:    end,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
}

func clientTemplate(name string, notAfter time.Time) template {
	return func() *x509.Certificate {
		return &x509.Certificate{
			Subject:     pkix.Name{CommonName: name},
			NotBefore:   begin,
			NotAfter:    notAfter,
			KeyUsage:    x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		}
	}
}

// authority issues certificates. Its key lives as long as the program.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(name string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	self := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             begin,
		NotAfter:              end,
		KeyUsage:              x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, self, self, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(raw)
	return &authority{certificate: certificate, key: key}, err
}

// writeLeaf issues a certificate for a new key, and writes both.
func (a *authority) writeLeaf(dir, name string, fill template) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	raw, err := x509.CreateCertificate(rand.Reader, fill(), a.certificate, key.Public(), a.key)
	if err != nil {
		return err
	}
	rawKey, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writePEM(dir, name+".pem", "CERTIFICATE", raw); err != nil {
		return err
	}
	return writePEM(dir, name+"-key.pem", "PRIVATE KEY", rawKey)
}

func writePEM(dir, name, kind string, raw []byte) error {
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw})
	if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
		return fmt.Errorf("writing a certificate: %w", err)
	}
	return nil
}
