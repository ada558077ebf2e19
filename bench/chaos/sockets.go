package main

import (
	"net"
	"sync"
	"time"
)

// sockets are all connections that isolink was given.
type sockets struct {
	mu  sync.Mutex
	all []net.Conn
}

func (s *sockets) given(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, conn)
}

// open counts those that were not closed: a closed one takes no deadline.
func (s *sockets) open() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.all {
		if conn.SetDeadline(time.Now().Add(time.Minute)) == nil {
			n++
		}
	}
	return n
}

// listener tells the sockets of what it accepts.
type listener struct {
	net.Listener
	sockets *sockets
}

// Accept is that of the listener below.
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.sockets.given(conn)
	}
	return conn, err
}
