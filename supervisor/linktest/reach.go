package linktest

import (
	"net"
	"time"
)

// reach returns the outermost of c and the connections below it, as their
// NetConn methods tell, that has the methods of T: a wrapper hides what a TCP
// connection can do.
func reach[T any](c net.Conn) (T, bool) {
	for {
		if t, ok := c.(T); ok {
			return t, true
		}
		wrapper, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			var none T
			return none, false
		}
		c = wrapper.NetConn()
	}
}

// lingerer is a connection that can be closed with a reset.
type lingerer interface{ SetLinger(sec int) error }

// writeCloser is a connection of which one direction can be closed.
type writeCloser interface{ CloseWrite() error }

// longAgo is a deadline that has passed in real and in fake time, and is not
// the zero time, which would mean none.
var longAgo = time.Unix(1, 0)
