package linktest

import "net"

// probe returns addr with a port that is free at the moment, in place of port 0.
func probe(addr string) (string, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}
