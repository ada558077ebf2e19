package linktest_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/testdata/leaktest"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var binary2 = framing.Binary2{}

// startPeer starts a host that ends with the test.
func startPeer(t *testing.T, cfg linktest.PeerConfig) *linktest.Peer {
	t.Helper()
	if cfg.Framing == nil {
		cfg.Framing = binary2
	}
	p := linktest.NewPeer(cfg)
	t.Cleanup(p.Close)
	return p
}

// client is the other end: frames over a socket, with a deadline on everything.
type client struct {
	t *testing.T
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, p *linktest.Peer) *client {
	t.Helper()
	conn, err := p.Dial(t.Context(), "tcp", "nowhere.invalid:1")
	require.NoError(t, err)
	return newClient(t, conn)
}

// exchange connects, writes, and reads all that comes. It returns the errors of
// all three: a reset is told once, to whichever comes first.
func exchange(t *testing.T, p *linktest.Peer, request []byte) (got []byte, err error) {
	t.Helper()
	conn, err := p.Dial(t.Context(), "tcp", "")
	if err != nil {
		return nil, err
	}
	c := newClient(t, conn)
	_, writeErr := c.Write(request)
	got, readErr := io.ReadAll(c.Conn)
	return got, errors.Join(writeErr, readErr)
}

func newClient(t *testing.T, conn net.Conn) *client {
	t.Helper()
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	return &client{t: t, Conn: conn, in: bufio.NewReader(conn)}
}

func (c *client) send(bodies ...string) {
	c.t.Helper()
	_, err := c.Write(frames(bodies...))
	require.NoError(c.t, err)
}

func (c *client) receive() string {
	c.t.Helper()
	body, err := c.read()
	require.NoError(c.t, err)
	return body
}

func (c *client) read() (string, error) {
	_, body, err := binary2.Read(c.in, 65_535)
	return string(body), err
}

// frames returns bodies as one stream.
func frames(bodies ...string) []byte {
	var stream []byte
	for _, body := range bodies {
		var err error
		if stream, err = binary2.Append(stream, nil, []byte(body)); err != nil {
			panic(err)
		}
	}
	return stream
}

// conn waits for a connection of the peer.
func conn(t *testing.T, p *linktest.Peer, number int) *linktest.Conn {
	t.Helper()
	c, err := p.WaitConn(deadline(t), number)
	require.NoError(t, err)
	return c
}

// ended waits until a connection's script has ended.
func ended(t *testing.T, c *linktest.Conn) {
	t.Helper()
	wait(t, c.Done())
}

func wait(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-deadline(t).Done():
		require.FailNow(t, "waited for 20 s")
	}
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// tlsConfigs makes a certificate for 127.0.0.1 and the configurations of both
// ends, once for all tests.
var tlsConfigs = sync.OnceValues(func() (server, client *tls.Config) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "linktest"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	server = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	return server, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
})

// overBoth runs a test over plain TCP and over TLS.
func overBoth(t *testing.T, test func(t *testing.T, start func(linktest.PeerConfig) *linktest.Peer, dial func(*linktest.Peer) *client)) {
	t.Run("tcp", func(t *testing.T) {
		test(t, func(cfg linktest.PeerConfig) *linktest.Peer { return startPeer(t, cfg) },
			func(p *linktest.Peer) *client { return dial(t, p) })
	})
	t.Run("tls", func(t *testing.T) {
		server, config := tlsConfigs()
		test(t, func(cfg linktest.PeerConfig) *linktest.Peer {
			cfg.TLS = server
			return startPeer(t, cfg)
		}, func(p *linktest.Peer) *client {
			conn := tls.Client(dial(t, p).Conn, config)
			require.NoError(t, conn.Handshake())
			return newClient(t, conn)
		})
	})
}
