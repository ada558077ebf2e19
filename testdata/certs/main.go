// Command certs makes the certificates that isolink's tests and examples use:
//
//	go run ./testdata/certs
//
// from the root of the module writes them to testdata/certs (-dir names another
// folder), in PEM, keys in PKCS #8:
//
//	ca.pem                                        the authority of the three below
//	server.pem           server-key.pem           for 127.0.0.1, ::1 and localhost
//	client.pem           client-key.pem           a peer to admit
//	expired-client.pem   expired-client-key.pem   a peer whose time is over
//	other-ca.pem                                  an authority that nobody here trusts
//	other-client.pem     other-client-key.pem     a peer that it vouches for
//
// All keys are ECDSA on P-256. The certificates hold from 2020 to 2120, the expired
// one to 2021. The clock of a testing/synctest bubble starts in 2000, before any
// of them holds: a test in a bubble sets tls.Config.Time.
//
// The keys are public, since they are in the repository: they prove nothing to
// anybody but these tests. The keys of the authorities are not kept.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	dir := flag.String("dir", "testdata/certs", "folder to write to; it must exist")
	flag.Parse()
	if err := writeAll(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "certs:", err)
		os.Exit(1)
	}
}

// writeAll makes new authorities, certificates and keys, and replaces the files in
// dir with them.
func writeAll(dir string) error {
	trusted, err := newAuthority("isolink test CA")
	if err != nil {
		return err
	}
	other, err := newAuthority("isolink unrelated test CA")
	if err != nil {
		return err
	}
	for _, leaf := range []struct {
		file   string
		issuer *authority
		fill   template
	}{
		{"server", trusted, serverTemplate},
		{"client", trusted, clientTemplate("isolink test client", end)},
		{"expired-client", trusted, clientTemplate("isolink expired test client", endExpired)},
		{"other-client", other, clientTemplate("isolink unrelated test client", end)},
	} {
		if err := leaf.issuer.writeLeaf(dir, leaf.file, leaf.fill); err != nil {
			return fmt.Errorf("%s: %w", leaf.file, err)
		}
	}
	if err := writePEM(dir, "ca.pem", "CERTIFICATE", trusted.certificate.Raw); err != nil {
		return err
	}
	return writePEM(dir, "other-ca.pem", "CERTIFICATE", other.certificate.Raw)
}
