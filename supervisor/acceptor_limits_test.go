package supervisor_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// TestSessionLimits: beyond a limit a connection is reset at once, counted by
// its cause and told; when one has left, the next is let in.
func TestSessionLimits(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*supervisor.AcceptorConfig)
		cause  error
		count  func(supervisor.Refusals) uint64
		other  bool // another address is let in
	}{
		"all": {
			func(c *supervisor.AcceptorConfig) { c.MaxSessions = 3 },
			messages.ErrAddrLimit, func(r supervisor.Refusals) uint64 { return r.AddrLimit }, false,
		},
		"an address": {
			func(c *supervisor.AcceptorConfig) { c.MaxPerAddr = 3 },
			messages.ErrAddrLimit, func(r supervisor.Refusals) uint64 { return r.AddrLimit }, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var events journal[messages.Event]
			a := startAcceptor(t, c.change, func(c *supervisor.AcceptorConfig) { c.Session.OnEvent = events.add })
			clients := []*rawClient{dialRaw(t, a), dialRaw(t, a), dialRaw(t, a)}
			for stan, client := range clients {
				client.works(stan)
			}
			for range 5 {
				refuses(t, a, "127.0.0.1")
			}
			s := awaitAcceptor(t, a, "refusals", func(s supervisor.AcceptorStatus) bool { return s.Refused.Total() == 5 })
			assert.EqualValues(t, 5, c.count(s.Refused))
			assert.Equal(t, 3, s.Open)
			told := awaitEvents[*messages.Refused](t, &events, 1)[0]
			require.ErrorIs(t, told.Cause, c.cause)
			assert.Contains(t, told.Peer, "127.0.0.1:")

			if c.other {
				rawOn(t, dialFrom(t, "127.0.0.2", a)).works(8)
			} else {
				refuses(t, a, "127.0.0.2")
				awaitAcceptor(t, a, "the refusal", func(s supervisor.AcceptorStatus) bool { return s.Refused.SessionLimit == 1 })
			}
			clients[0].conn.Close()
			open := 2
			if c.other {
				open = 3
			}
			awaitAcceptor(t, a, "one left", func(s supervisor.AcceptorStatus) bool { return s.Open == open })
			dialRaw(t, a).works(9)
		})
	}
}

// TestAccessLists: denied addresses are reset before a byte of TLS, and counted.
func TestAccessLists(t *testing.T) {
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) {
		c.Allow, c.Deny = []string{"127.0.0.0/8"}, []string{"127.0.0.3", "127.0.1.0/24"}
		c.TLSFiles = acceptorFiles
	})
	for _, addr := range []string{"127.0.0.3", "127.0.1.9"} {
		refuses(t, a, addr)
	}
	awaitAcceptor(t, a, "refusals", func(s supervisor.AcceptorStatus) bool { return s.Refused.Denied == 2 })
	c, err := dialRawTLS(t, a, clientTLS(t))
	require.NoError(t, err)
	c.works(1)
}

// TestHandshakesHoldUpNobody: peers that connect and say nothing keep neither
// each other nor those who come behind from being served, up to the limit of
// handshakes; those beyond it are refused; all are let go in time.
func TestHandshakesHoldUpNobody(t *testing.T) {
	const slow = 20
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) {
		c.TLSFiles, c.TLSTimeout, c.MaxHandshakes = acceptorFiles, 2*time.Second, slow+1
	})
	silent := make([]*rawClient, slow)
	for i := range silent {
		silent[i] = dialRaw(t, a)
	}
	awaitAcceptor(t, a, "handshakes", func(s supervisor.AcceptorStatus) bool { return s.Handshakes == slow })
	c, err := dialRawTLS(t, a, clientTLS(t))
	require.NoError(t, err)
	c.works(1)
	last := dialRaw(t, a)
	awaitAcceptor(t, a, "handshakes", func(s supervisor.AcceptorStatus) bool { return s.Handshakes == slow+1 })
	refuses(t, a, "127.0.0.1")
	awaitAcceptor(t, a, "the refusal", func(s supervisor.AcceptorStatus) bool { return s.Refused.HandshakeLimit == 1 })
	for _, c := range append(silent, last) {
		c.isRefused()
	}
	s := awaitAcceptor(t, a, "time-outs", func(s supervisor.AcceptorStatus) bool { return s.Handshakes == 0 && s.Open == 1 })
	assert.EqualValues(t, slow+1, s.Refused.Handshake)
	c.works(2)
}

// closeConn calls a function before it is closed.
type closeConn struct {
	net.Conn
	closes func()
}

func (c closeConn) Close() error {
	c.closes()
	return c.Conn.Close()
}

// TestRefusalIsCountedFirst: who sees that a connection is no handshake any more, or is
// closed, sees why.
func TestRefusalIsCountedFirst(t *testing.T) {
	var a *supervisor.Acceptor
	closed := make(chan supervisor.AcceptorStatus, 1)
	listening := make(chan struct{})
	a = startAcceptor(t, func(c *supervisor.AcceptorConfig) {
		l, err := net.Listen("tcp", c.Addr)
		require.NoError(t, err)
		c.Addr, c.TLSFiles = "", acceptorFiles
		c.Listener = listenerFunc{l, func() (net.Conn, error) {
			<-listening
			conn, err := l.Accept()
			if err != nil {
				return nil, err
			}
			return closeConn{conn, sync.OnceFunc(func() { closed <- a.Status() })}, nil
		}}
	})
	close(listening)
	c := dialRaw(t, a)
	_, err := c.conn.Write(make([]byte, 100)) // no TLS
	require.NoError(t, err)
	s := <-closed
	assert.Zero(t, s.Handshakes, "its place is free")
	assert.Equal(t, 1, s.Open)
	assert.EqualValues(t, 1, s.Refused.Handshake)
	c.isRefused()
}

// TestFloodOfOneAddress: as many connections a second from one address with a
// limit of 100 as the machine can make (more than 10,000 on two cores, without
// -race) take nothing from the others: they connect, and are answered, while it
// lasts.
func TestFloodOfOneAddress(t *testing.T) {
	const limit, floodFor = 100, 3 * time.Second
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) { c.MaxPerAddr = limit })
	held := make([]net.Conn, limit)
	for i := range held {
		held[i] = dialFrom(t, "127.0.0.9", a)
	}
	awaitAcceptor(t, a, "the limit", func(s supervisor.AcceptorStatus) bool { return s.Open == limit })

	ctx, cancel := context.WithTimeout(context.Background(), floodFor)
	defer cancel()
	var flood sync.WaitGroup
	begin := time.Now()
	for range 8 {
		flood.Go(func() {
			d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("127.0.0.9")}}
			for ctx.Err() == nil {
				conn, err := d.DialContext(ctx, "tcp", a.Addr().String())
				if err != nil {
					continue // reset while it connected
				}
				_ = conn.(*net.TCPConn).SetLinger(0)
				conn.Close()
			}
		})
	}
	served := 0
	for ctx.Err() == nil {
		c := dialRaw(t, a) // from 127.0.0.1
		c.works(served)
		reset(t, c.conn)
		served++
	}
	flood.Wait()
	s := a.Status()
	t.Logf("%.0f connections a second refused, %d clients served meanwhile",
		float64(s.Refused.Total())/time.Since(begin).Seconds(), served)
	assert.Positive(t, served)
	assert.Equal(t, s.Refused.Total(), s.Refused.AddrLimit)
	assert.Greater(t, s.Refused.AddrLimit, uint64(10*limit), "the flood was one")
	for stan := range 20 {
		dialRaw(t, a).works(stan)
	}
}

// TestThousandClients: they connect, talk and leave, and leave nothing behind:
// no session, no place, no goroutine, no memory.
func TestThousandClients(t *testing.T) {
	const clients, rounds = 1_000, 3
	a := startAcceptor(t)
	visit := func(n int) {
		var wg sync.WaitGroup
		atOnce := make(chan struct{}, 100)
		for i := range n {
			atOnce <- struct{}{}
			wg.Go(func() {
				defer func() { <-atOnce }()
				conn, err := net.Dial("tcp", a.Addr().String())
				if !assert.NoError(t, err) {
					return
				}
				defer conn.Close()
				c := rawOn(t, conn)
				for range rounds {
					c.works(i)
				}
			})
		}
		wg.Wait()
		awaitAcceptor(t, a, "all left", func(s supervisor.AcceptorStatus) bool { return s.Sessions == 0 && s.Open == 0 })
	}
	visit(200) // what is kept for the next ones is made now
	goroutines, heap := runtime.NumGoroutine(), heapInUse()
	visit(clients)
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines+5 }, patience, 10*time.Millisecond,
		"goroutines stay")
	assert.Less(t, int64(heapInUse()-heap), int64(2<<20), "memory stays")
	s := a.Status()
	assert.EqualValues(t, (clients+200)*rounds, s.Counters.Replied)
	assert.EqualValues(t, clients+200, s.Counters.Sessions)
	assert.Zero(t, s.Refused.Total())
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestAcceptorTLSPeers: who has no certificate of the authority, or speaks no
// TLS, is refused; the others are named by their certificate.
func TestAcceptorTLSPeers(t *testing.T) {
	var events journal[messages.Event]
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) {
		c.TLSFiles, c.Session.OnEvent = acceptorFiles, events.add
		c.TLSFiles.CA = certs + "ca.pem"
		c.PeerName = func(p *supervisor.Peer) (string, error) {
			if p.CommonName() == "" {
				return "", errors.New("no name")
			}
			return "by-certificate", nil
		}
	})
	good := clientTLS(t)
	c, err := dialRawTLS(t, a, good)
	require.NoError(t, err)
	c.works(1)
	require.NoError(t, a.Session("by-certificate").Await(patient(t), messages.Up))

	anonymous := clientTLS(t)
	anonymous.Certificates = nil
	c, err = dialRawTLS(t, a, anonymous)
	if err == nil { // TLS 1.3: the client learns of it later
		c.ends()
	}
	plain := dialRaw(t, a)
	plain.write(newFrame("0200", 1))
	plain.ends() // with an alert of TLS
	s := awaitAcceptor(t, a, "refusals", func(s supervisor.AcceptorStatus) bool { return s.Refused.Handshake == 2 })
	assert.EqualValues(t, 2, s.Refused.Total())
	refused := awaitEvents[*messages.Refused](t, &events, 1)[0]
	require.ErrorIs(t, refused.Cause, messages.ErrHandshake)
	require.Error(t, refused.Err)

	// The other way round: TLS on a plain port is told for what it is.
	plainPort := startAcceptor(t, func(c *supervisor.AcceptorConfig) { c.Session.OnEvent = events.add })
	mistaken := dialFrom(t, "127.0.0.1", plainPort)
	err = tls.Client(mistaken, good).HandshakeContext(within(t, short))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	events.await(t, "the diagnosis", func(all []messages.Event) bool {
		for _, e := range eventsOf[*messages.StateChanged](all) {
			if e.Reason != nil && strings.Contains(e.Reason.Error(), "TLS") {
				return true
			}
		}
		return false
	})
}
