package issuer

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/isolink-go/isolink/supervisor"
)

// listener gives the acceptor its connections, and keeps those that are open: it
// takes the TCP connection to do what no session does.
type listener struct {
	net.Listener
	gate *gate

	mu         sync.Mutex
	accepted   int
	open       map[int]*conn // by number
	halfClosed []int         // numbers; those that are closed meanwhile included
}

func listen(addr string, g *gate) (*listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &listener{Listener: l, gate: g, open: make(map[int]*conn)}, nil
}

// Accept waits for the next connection.
func (l *listener) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: raw, tcp: raw.(*net.TCPConn), listener: l, closed: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accepted++
	c.number = l.accepted
	l.open[c.number] = c
	return c, nil
}

// usable returns a connection that is open and was not half-closed; nil where
// there is none of that number.
func (l *listener) usable(number int) *conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.open[number]; c != nil && !c.halfClosed {
		return c
	}
	return nil
}

// conn is an accepted connection. It hides that it is a TCP one from who reads
// and writes, so that all bytes pass here; NetConn gives it for its options.
type conn struct {
	net.Conn
	tcp      *net.TCPConn // the same
	number   int
	listener *listener

	halfClosed bool // listener.mu guards it
	once       sync.Once
	closed     chan struct{}
}

// NetConn is the connection itself.
func (c *conn) NetConn() net.Conn { return c.tcp }

// RemoteAddr is the peer's address, and says which connection it is.
func (c *conn) RemoteAddr() net.Addr { return remote{c.Conn.RemoteAddr(), c.number} }

// remote is the address of a connection's peer. Ports are used again; numbers are
// not.
type remote struct {
	net.Addr
	number int
}

// Read reads nothing during a stall: a host that stands still knows no deadline
// either, but for its end.
func (c *conn) Read(p []byte) (int, error) {
	select {
	case <-c.listener.gate.opened():
	case <-c.closed:
	}
	return c.Conn.Read(p)
}

// Close closes it.
func (c *conn) Close() error {
	c.once.Do(func() { close(c.closed) })
	c.listener.mu.Lock()
	delete(c.listener.open, c.number)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

// reset closes it with a reset: what the kernel has not sent yet is dropped.
func (c *conn) reset() {
	_ = c.tcp.SetLinger(0)
	_ = c.Close()
}

// halfClose ends its direction.
func (c *conn) halfClose() {
	c.listener.mu.Lock()
	c.halfClosed = true
	c.listener.halfClosed = append(c.listener.halfClosed, c.number)
	c.listener.mu.Unlock()
	_ = c.tcp.CloseWrite()
}

// peerName calls each session by the number of its connection.
func peerName(p *supervisor.Peer) (string, error) {
	r, ok := p.Remote.(remote)
	if !ok {
		return "", fmt.Errorf("%T is no address of this host's", p.Remote)
	}
	return sessionName(r.number), nil
}

// sessionName is how the session of a connection is called, without the acceptor's
// name in front.
func sessionName(number int) string { return strconv.Itoa(number) }

// numberOf is the number of the connection of a session, by the session's full
// name.
func numberOf(session string) int {
	_, number, _ := strings.Cut(session, "/")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0 // no session of this host's
	}
	return n
}
