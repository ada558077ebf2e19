package floor_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/testdata/leaktest"

	"github.com/isolink-go/isolink/bench/internal/floor"
	"github.com/isolink-go/isolink/bench/internal/sample"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var stanAt = sample.Two.STANAt

// peer is the other end of a connection, played by hand.
type peer struct {
	t    testing.TB
	conn net.Conn
}

// connect returns the two ends of a TCP connection.
func connect(t testing.TB) (net.Conn, peer) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	server, err := l.Accept()
	require.NoError(t, err)
	require.NoError(t, server.SetDeadline(time.Now().Add(time.Minute)))
	t.Cleanup(func() { _ = client.Close(); _ = server.Close() })
	return client, peer{t, server}
}

// pipe is connect without a network: usable in a synctest bubble, and without any
// buffer, so that a write ends when the peer has read it.
func pipe(t testing.TB) (net.Conn, peer) {
	t.Helper()
	client, server := net.Pipe()
	t.Cleanup(func() { _ = client.Close(); _ = server.Close() })
	return client, peer{t, server}
}

// read returns the next body.
func (p peer) read() []byte {
	p.t.Helper()
	body, err := readBody(p.conn)
	require.NoError(p.t, err)
	return body
}

func readBody(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	body := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(r, body)
	return body, err
}

// send writes bodies as one write.
func (p peer) send(bodies ...[]byte) {
	p.t.Helper()
	var stream []byte
	for _, body := range bodies {
		stream = binary.BigEndian.AppendUint16(stream, uint16(len(body)))
		stream = append(stream, body...)
	}
	_, err := p.conn.Write(stream)
	require.NoError(p.t, err)
}

func request(stan uint32) []byte { return sample.Two.AppendBody(nil, stan) }

func response(stan uint32) []byte {
	body := request(stan)
	sample.Answer(body)
	return body
}

// stanOf reads the STAN of a body.
func stanOf(t testing.TB, body []byte) uint32 {
	t.Helper()
	var stan uint32
	_, err := fmt.Sscanf(string(body[stanAt:stanAt+6]), "%06d", &stan)
	require.NoError(t, err)
	return stan
}

// result is what an exchange came back with.
type result struct {
	response []byte
	err      error
}

// both are the two clients, for what they have in common.
var both = []struct {
	name string
	make func(net.Conn) client
}{
	{"bare", func(conn net.Conn) client { return bareClient{floor.NewBare(conn, stanAt)} }},
	{"contract", func(conn net.Conn) client {
		return contractClient{floor.NewContract(conn, floor.Config{STANAt: stanAt, Timeout: timeout})}
	}},
}

type client interface {
	exchange(t testing.TB, body []byte) result
	Close() error
}

type bareClient struct{ *floor.Bare }

func (c bareClient) exchange(_ testing.TB, body []byte) result {
	response, err := c.Exchange(floor.NewWaiter(), body)
	return result{response, err}
}

type contractClient struct{ *floor.Contract }

func (c contractClient) exchange(t testing.TB, body []byte) result {
	response, err := c.Exchange(t.Context(), body)
	return result{response, err}
}

// start makes an exchange in a goroutine of its own.
func start(t testing.TB, c client, body []byte) <-chan result {
	done := make(chan result, 1)
	go func() { done <- c.exchange(t, body) }()
	return done
}
