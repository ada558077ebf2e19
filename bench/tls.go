package main

import (
	"crypto/tls"
	"net"
)

// dial connects to the host.
func (t target) dial() (net.Conn, error) {
	if t.tls != nil {
		return tls.Dial("tcp", t.addr, t.tls)
	}
	return net.Dial("tcp", t.addr)
}
