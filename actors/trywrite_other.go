//go:build !unix

package actors

import "net"

// newTryWriter returns nil where the platform has no way to write to a socket
// without blocking: every write goes through a worker.
func newTryWriter(conn net.Conn) tryWriter {
	t, _ := conn.(tryWriter)
	return t
}
