package supervisor_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// strikingConn is a connection that fails in the method of that name.
type strikingConn struct {
	net.Conn
	fault  *fault
	method string
}

func (c strikingConn) strike(method string) {
	if c.method == method {
		c.fault.strike()
	}
}

func (c strikingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.strike("Read")
	return n, err
}

// goodbyeLen is how long a close_notify of TLS 1.3 is; nothing else that is written here
// is as short.
const goodbyeLen = 24

func (c strikingConn) Write(p []byte) (int, error) {
	c.strike("Write")
	if len(p) == goodbyeLen {
		c.strike("Write of the goodbye")
	}
	return c.Conn.Write(p)
}

func (c strikingConn) SetWriteDeadline(t time.Time) error {
	c.strike("SetWriteDeadline")
	return c.Conn.SetWriteDeadline(t)
}

func (c strikingConn) Close() error {
	defer c.strike("Close")
	return c.Conn.Close()
}

func (c strikingConn) RemoteAddr() net.Addr {
	c.strike("RemoteAddr")
	return c.Conn.RemoteAddr()
}

// foreignConnections are what opens, takes and names them.
func foreignConnections() map[string]foreign {
	dials := func(method string) func(*ends, *fault) {
		return func(e *ends, f *fault) {
			e.link.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := e.conns.dial(ctx, network, addr)
				return strikingConn{conn, f, method}, err
			}
		}
	}
	accepts := func(method string) func(*ends, *fault) {
		return func(e *ends, f *fault) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				panic(err)
			}
			e.host.Addr = ""
			e.host.Listener = listenerFunc{l, func() (net.Conn, error) {
				conn, err := l.Accept()
				if err != nil {
					return nil, err
				}
				if method == "Accept" {
					defer func() {
						if !f.off.Load() {
							conn.Close()
						}
					}()
					f.strike()
				}
				return strikingConn{conn, f, method}, nil
			}}
		}
	}
	overTLS := func(change func(*ends, *fault)) func(*ends, *fault) {
		return func(e *ends, f *fault) {
			e.overTLS()
			change(e, f)
		}
	}
	return map[string]foreign{
		"actors.LinkConfig.Dial": {where: "Dial", change: func(e *ends, f *fault) {
			e.link.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
				f.strike()
				return e.conns.dial(ctx, network, addr)
			}
		}},
		"net.Conn: Read":                 {where: "Conn", change: dials("Read")},
		"net.Conn: Write":                {where: "writer", change: dials("Write")},
		"net.Conn: SetWriteDeadline":     {where: "writer", change: dials("SetWriteDeadline")},
		"net.Conn: Close":                {where: "Conn", change: dials("Close"), do: restart},
		"net.Conn: Close with TLS":       {where: "Conn", change: overTLS(dials("Close")), do: restart},
		"net.Conn: Read with TLS":        {where: "TLS", change: overTLS(dials("Read")), do: restart},
		"net.Conn: Write of the goodbye": {where: "Conn", change: overTLS(dials("Write of the goodbye")), do: restart},
		"net.Conn: Close when accepted":  {where: "Conn", change: accepts("Close"), do: restart},
		"net.Conn: RemoteAddr":           {where: "Listener", change: accepts("RemoteAddr")},
		"actors.AcceptorConfig.Listener: Accept": {where: "Listener", change: accepts("Accept"), do: func(e *ends) {
			time.Sleep(10 * time.Millisecond)
		}},
		"actors.AcceptorConfig.PeerName": {where: "PeerName", change: func(e *ends, f *fault) {
			e.host.PeerName = func(*supervisor.Peer) (string, error) {
				f.strike()
				return "peer", nil
			}
		}},
	}
}

// closingListener panics when it has closed.
type closingListener struct{ net.Listener }

func (l closingListener) Close() error {
	_ = l.Listener.Close()
	panic("no")
}

// TestListenerWhoseCloseFails: a panic of it is told, and holds up no Close.
func TestListenerWhoseCloseFails(t *testing.T) {
	var events journal[messages.Event]
	real, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	m, err := supervisor.New(nil, supervisor.Config{})
	require.NoError(t, err)
	listen(t, m, func(c *supervisor.AcceptorConfig) {
		c.Addr, c.Listener = "", closingListener{real}
		c.Session.OnEvent = events.add
	})
	require.NoError(t, m.Close(patient(t)))
	panicked := awaitEvents[*messages.Panicked](t, &events, 1)
	assert.Equal(t, "Listener", panicked[0].Where)
}

// foreignTLS are the functions and interfaces of its configuration, at either end.
func foreignTLS() map[string]foreign {
	all := make(map[string]foreign)
	add := func(field string, change func(c *tls.Config, f *fault)) {
		for _, end := range []string{"link", "acceptor"} {
			all["tls."+field+": "+end] = foreign{where: "TLS", change: func(e *ends, f *fault) {
				e.overTLS()
				c := e.link.TLS
				if end == "acceptor" {
					c = e.host.TLS
				}
				change(c, f)
			}, do: restart}
		}
	}
	add("Config.VerifyConnection", func(c *tls.Config, f *fault) {
		c.VerifyConnection = func(tls.ConnectionState) error { f.strike(); return nil }
	})
	add("Config.VerifyPeerCertificate", func(c *tls.Config, f *fault) {
		c.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { f.strike(); return nil }
	})
	add("Config.Time", func(c *tls.Config, f *fault) {
		c.Time = func() time.Time { f.strike(); return time.Now() }
	})
	add("Config.KeyLogWriter", func(c *tls.Config, f *fault) { c.KeyLogWriter = strikingWriter{f} })
	for _, end := range []string{"link", "acceptor"} {
		c := all["tls.Config.KeyLogWriter: "+end]
		c.where, c.why = "", "a handshake that fails"
		all["tls.Config.KeyLogWriter: "+end] = c
	}
	add("Certificate.PrivateKey", func(c *tls.Config, f *fault) {
		key := c.Certificates[0].PrivateKey.(crypto.Signer)
		c.Certificates[0].PrivateKey = strikingSigner{key, f}
	})
	add("Config.Rand", func(c *tls.Config, f *fault) { c.Rand = strikingReader{f} })
	of := func(end, field string, change func(c *tls.Config, f *fault)) {
		add(field, change)
		for _, other := range []string{"link", "acceptor"} {
			if other != end {
				delete(all, "tls."+field+": "+other)
			}
		}
	}
	of("link", "Config.GetClientCertificate", func(c *tls.Config, f *fault) {
		own := c.Certificates[0]
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { f.strike(); return &own, nil }
	})
	of("link", "Config.ClientSessionCache", func(c *tls.Config, f *fault) {
		c.ClientSessionCache = strikingCache{tls.NewLRUClientSessionCache(8), f}
	})
	of("acceptor", "Config.GetCertificate", func(c *tls.Config, f *fault) {
		own := c.Certificates[0]
		c.Certificates = nil
		c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { f.strike(); return &own, nil }
	})
	of("acceptor", "Config.GetConfigForClient", func(c *tls.Config, f *fault) {
		c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { f.strike(); return nil, nil }
	})
	ticket := func(field string, change func(c *tls.Config, f *fault)) {
		all["tls.Config."+field+": acceptor"] = foreign{where: "TLS", change: func(e *ends, f *fault) {
			e.overTLS()
			e.link.TLS.ClientSessionCache = tls.NewLRUClientSessionCache(8)
			change(e.host.TLS, f)
		}, do: restart}
	}
	ticket("WrapSession", func(c *tls.Config, f *fault) {
		c.WrapSession = func(s tls.ConnectionState, t *tls.SessionState) ([]byte, error) {
			f.strike()
			return c.EncryptTicket(s, t)
		}
	})
	ticket("UnwrapSession", func(c *tls.Config, f *fault) {
		c.UnwrapSession = func(id []byte, s tls.ConnectionState) (*tls.SessionState, error) {
			f.strike()
			return c.DecryptTicket(id, s)
		}
	})
	return all
}

type strikingWriter struct{ fault *fault }

func (s strikingWriter) Write(p []byte) (int, error) {
	s.fault.strike()
	return len(p), nil
}

type strikingReader struct{ fault *fault }

func (s strikingReader) Read(p []byte) (int, error) {
	s.fault.strike()
	return rand.Read(p)
}

type strikingSigner struct {
	crypto.Signer
	fault *fault
}

func (s strikingSigner) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.fault.strike()
	return s.Signer.Sign(random, digest, opts)
}

type strikingCache struct {
	tls.ClientSessionCache
	fault *fault
}

func (s strikingCache) Put(key string, state *tls.ClientSessionState) {
	s.fault.strike()
	s.ClientSessionCache.Put(key, state)
}

// foreignGroups are those of groups.
func foreignGroups() map[string]foreign {
	return map[string]foreign{
		"supervisor.GroupConfig.Strategy": {where: "Strategy", change: func(e *ends, f *fault) {
			var calls atomic.Int64
			e.group.Strategy = func(*supervisor.Choice) int {
				if calls.Add(1)%2 == 0 {
					f.strike()
				}
				return 0
			}
		}},
		"supervisor.SuspectConfig.Judge": {where: "Judge", change: func(e *ends, f *fault) {
			e.group.Suspect.After = 0
			e.group.Suspect.Judge = func([]byte) bool { f.strike(); return true }
		}},
		"supervisor.GroupConfig.OnChange": {where: "OnChange", change: func(e *ends, f *fault) {
			e.group.OnChange = func(supervisor.GroupStatus) { f.strike() }
		}, do: restart},
		"supervisor.GroupConfig.Logger": {where: "Logger", change: func(e *ends, f *fault) {
			e.group.Logger = slog.New(strikingHandler{e.log, f})
		}, do: restart},
	}
}
