// Package testdata gives the examples their sample messages and certificates
// from whatever folder they are run.
package testdata

import "embed"

// Files holds transactions.hex, which examples/transactions makes, and the PEM
// files of certs.
//
//go:embed transactions.hex certs/*.pem
var Files embed.FS
