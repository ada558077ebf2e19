package linktest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

func TestPeerAnswersByDefault(t *testing.T) {
	overBoth(t, func(t *testing.T, start func(linktest.PeerConfig) *linktest.Peer, dial func(*linktest.Peer) *client) {
		seen := linktest.NewRecorder(lastTwo)
		p := start(linktest.PeerConfig{Recorder: seen})
		c := dial(p)
		c.send("0200-A1", "", "0210-zz", "0800-B2")
		assert.Equal(t, "0210-A1", c.receive())
		assert.Equal(t, "0810-B2", c.receive())

		var log []string
		for _, e := range seen.All() {
			log = append(log, fmt.Sprintf("%v %s-%s %d/%d", e.Kind, e.MTI, e.ID, e.Conn, e.Frame))
		}
		assert.Equal(t, []string{
			"received 0200-A1 1/1", "replied 0210-A1 1/0", "received 0210-zz 1/3",
			"received 0800-B2 1/4", "replied 0810-B2 1/0",
		}, log, "keep-alives are counted, but not logged; responses are not answered")
	})
}

func TestPeerCarriesHeaders(t *testing.T) {
	p := startPeer(t, linktest.PeerConfig{Framing: framing.Binary2{HeaderLen: 5}})
	c := dial(t, p)
	c.send("TPDU10200")
	assert.Equal(t, "TPDU10210", c.receive())
}

func TestPeerNumbersConnections(t *testing.T) {
	p := startPeer(t, linktest.PeerConfig{Handle: linktest.ByConn(
		linktest.Garbage(frames("first")),
		linktest.Garbage(frames("others")),
	)})
	for i, want := range []string{"first", "others", "others"} {
		c := dial(t, p)
		c.send("0800")
		assert.Equal(t, want, c.receive())
		assert.Equal(t, i+1, conn(t, p, i+1).Number())
	}
	assert.Equal(t, 3, p.Accepted())
	open := p.Conns()
	require.Len(t, open, 3)

	require.NoError(t, open[1].Close())
	ended(t, open[1])
	assert.Equal(t, []*linktest.Conn{open[0], open[2]}, p.Conns())
	assert.Same(t, open[1], conn(t, p, 2), "a closed connection is remembered")
	_, err := open[1].ReadFrame()
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestPeerAdmission(t *testing.T) {
	p := startPeer(t, linktest.PeerConfig{Admission: linktest.Refuse})
	_, err := net.Dial("tcp", p.Addr())
	require.ErrorIs(t, err, syscall.ECONNREFUSED)

	require.NoError(t, p.SetAdmission(linktest.CloseOnAccept))
	_, err = dial(t, p).read()
	require.ErrorIs(t, err, io.EOF)
	ended(t, conn(t, p, 1))

	require.NoError(t, p.SetAdmission(linktest.ResetOnAccept))
	_, err = exchange(t, p, frames("0800"))
	require.ErrorIs(t, err, syscall.ECONNRESET)

	require.NoError(t, p.SetAdmission(linktest.Admit))
	c := dial(t, p)
	c.send("0800")
	assert.Equal(t, "0810", c.receive())
	assert.Equal(t, 3, p.Accepted())
}

func TestPeerRefusesAndComesBackOnItsPort(t *testing.T) {
	p := startPeer(t, linktest.PeerConfig{})
	addr := p.Addr()
	up := dial(t, p)
	conn(t, p, 1) // one that is not accepted yet is reset with its listener
	for range 20 {
		require.NoError(t, p.SetAdmission(linktest.Refuse))
		_, err := net.Dial("tcp", addr)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		require.NoError(t, p.SetAdmission(linktest.Refuse), "twice is no error")

		require.NoError(t, p.SetAdmission(linktest.Admit))
		c := dial(t, p)
		c.send("0800")
		assert.Equal(t, "0810", c.receive())
	}
	assert.Equal(t, addr, p.Addr())
	up.send("0200")
	assert.Equal(t, "0210", up.receive(), "what was up has stayed up")
}

func TestAdmissionString(t *testing.T) {
	assert.Equal(t, "[admit close on accept reset on accept refuse unknown]", fmt.Sprint([]linktest.Admission{
		linktest.Admit, linktest.CloseOnAccept, linktest.ResetOnAccept, linktest.Refuse, linktest.Refuse + 1,
	}))
}

func TestPeerScriptSpeaksFirst(t *testing.T) {
	overBoth(t, func(t *testing.T, start func(linktest.PeerConfig) *linktest.Peer, dial func(*linktest.Peer) *client) {
		p := start(linktest.PeerConfig{
			Script: func(c *linktest.Conn) {
				if c.WriteFrame(linktest.Frame{Body: []byte("0800")}) != nil {
					return
				}
				if f, err := c.ReadFrame(); err == nil && string(f.Body) == "0810" {
					_ = c.Serve(nil)
				}
			},
			Handle: linktest.Echo(),
		})
		c := dial(p)
		assert.Equal(t, "0800", c.receive())
		c.send("0810", "0200-x")
		assert.Equal(t, "0200-x", c.receive())

		wrong := dial(p)
		wrong.send("0811")
		assert.Equal(t, "0800", wrong.receive())
		_, err := wrong.read()
		assert.ErrorIs(t, err, io.EOF, "the script's end closes the connection")
	})
}

func TestPeerKeepAlive(t *testing.T) {
	p := startPeer(t, linktest.PeerConfig{KeepAlive: linktest.Echo()})
	c := dial(t, p)
	c.send("", "0800")
	assert.Empty(t, c.receive())
	assert.Equal(t, "0810", c.receive())
}

func TestPeerCoalescesReplies(t *testing.T) {
	overBoth(t, func(t *testing.T, start func(linktest.PeerConfig) *linktest.Peer, dial func(*linktest.Peer) *client) {
		p := start(linktest.PeerConfig{Coalesce: true})
		o := linktest.NewOracle(nil)
		c := dial(p)
		c.Conn = o.Wrap(c.Conn)
		c = newClient(t, c.Conn)
		c.send("0200-A1", "0200-B2", "0200-C3")
		for _, id := range []string{"A1", "B2", "C3"} {
			assert.Equal(t, "0210-"+id, c.receive())
		}
		assert.Len(t, o.Reads(), 1, "one write of the peer is one read here")
	})
}

func TestPeerCoalescingIsBounded(t *testing.T) {
	big := string(make([]byte, 40_000))
	step := make(chan error, 1)
	p := startPeer(t, linktest.PeerConfig{Coalesce: true, Handle: linktest.All(
		linktest.Echo(),
		func(*linktest.Conn, linktest.Frame) error { return <-step },
	)})
	c := dial(t, p)
	c.send(big)
	assert.Equal(t, big, c.receive(), "it does not wait for the step that blocks")
	step <- nil
}

func TestPeerNotesWhyAConnectionEnded(t *testing.T) {
	boom := errors.New("boom")
	p := startPeer(t, linktest.PeerConfig{FrameLimit: 10, Handle: linktest.ByConn(
		linktest.Reply(), linktest.Reply(), linktest.Reply(), linktest.Reply(),
		func(*linktest.Conn, linktest.Frame) error { return boom },
	)})
	for i, tc := range []struct {
		do   func(*client)
		want error
	}{
		{func(c *client) { _ = c.Close() }, nil},
		{func(c *client) { _, _ = c.Write([]byte{0}); _ = c.Close() }, io.ErrUnexpectedEOF},
		{func(c *client) { c.send("0200-too-long") }, framing.ErrTooLarge},
		{func(c *client) { c.send("GET") }, linktest.ErrNoMTI},
		{func(c *client) { c.send("0200") }, boom},
	} {
		c := dial(t, p)
		served := conn(t, p, i+1)
		require.NoError(t, served.Err())
		tc.do(c)
		ended(t, served)
		if tc.want == nil {
			require.NoError(t, served.Err())
		} else {
			require.ErrorIs(t, served.Err(), tc.want)
		}
		require.Error(t, served.Context().Err())
	}
}

func TestPeerSurvivesAStepThatEndsItsGoroutine(t *testing.T) {
	p := startPeer(t, linktest.PeerConfig{Handle: func(*linktest.Conn, linktest.Frame) error {
		runtime.Goexit() // as a failed require does
		return nil
	}})
	c := dial(t, p)
	c.send("0200")
	_, err := c.read()
	require.ErrorIs(t, err, io.EOF)
	ended(t, conn(t, p, 1))
}

func TestPeerServesConnectionsFromElsewhere(t *testing.T) {
	p := startPeer(t, linktest.PeerConfig{})
	near, far := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Serve(far)
	}()
	c := newClient(t, near)
	c.send("0800")
	assert.Equal(t, "0810", c.receive())
	require.NoError(t, near.Close())
	wait(t, done)

	p.Close()
	_, far = net.Pipe()
	p.Serve(far)
	_, err := far.Write([]byte{1})
	assert.ErrorIs(t, err, io.ErrClosedPipe, "a closed peer closes what it is given")
}

func TestPeerCloseEndsEverything(t *testing.T) {
	overBoth(t, func(t *testing.T, start func(linktest.PeerConfig) *linktest.Peer, dial func(*linktest.Peer) *client) {
		never := make(chan struct{})
		p := start(linktest.PeerConfig{Handle: linktest.ByConn(
			linktest.StopReading(),
			linktest.Hold(never, linktest.Reply()),
			linktest.Async(linktest.Hold(never, linktest.Reply())),
			linktest.Reply(),
		)})
		var clients []*client
		for range 4 {
			c := dial(p)
			c.send("0200")
			clients = append(clients, c)
		}
		assert.Equal(t, "0210", clients[3].receive())
		p.Close()
		p.Close()
		assert.Empty(t, p.Conns())
		for i, c := range clients {
			_, err := c.read()
			require.Error(t, err)
			ended(t, conn(t, p, i+1))
		}
		_, err := p.Dial(t.Context(), "tcp", "")
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		require.ErrorIs(t, p.SetAdmission(linktest.Admit), net.ErrClosed)
		_, err = p.WaitConn(t.Context(), 5)
		require.ErrorIs(t, err, net.ErrClosed)
	})
}

func TestWaitConn(t *testing.T) {
	p := startPeer(t, linktest.PeerConfig{})
	_, err := p.WaitConn(t.Context(), 0)
	require.ErrorContains(t, err, "numbered from 1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = p.WaitConn(ctx, 1)
	require.ErrorIs(t, err, context.Canceled)

	got := make(chan int, 1)
	go func() {
		c, err := p.WaitConn(deadline(t), 2)
		if err != nil {
			got <- -1
			return
		}
		got <- c.Number()
	}()
	dial(t, p)
	dial(t, p)
	assert.Equal(t, 2, <-got)

	// Close ends a wait.
	go func() {
		_, err := p.WaitConn(deadline(t), 9)
		if errors.Is(err, net.ErrClosed) {
			got <- 9
			return
		}
		got <- -1
	}()
	p.Close()
	assert.Equal(t, 9, <-got)
}

func TestPeerConfiguration(t *testing.T) {
	for name, cfg := range map[string]linktest.PeerConfig{
		"no framing":        {},
		"negative limit":    {Framing: binary2, FrameLimit: -1},
		"unknown admission": {Framing: binary2, Admission: 9},
		"no such address":   {Framing: binary2, Addr: "127.0.0.1:port"},
		"not our address":   {Framing: binary2, Addr: "192.0.2.1:0"},
	} {
		assert.Panics(t, func() { linktest.NewPeer(cfg) }, name)
	}
	assert.PanicsWithError(t,
		"linktest: PeerConfig.Framing is required\nlinktest: PeerConfig.FrameLimit is negative",
		func() { linktest.NewPipePeer(linktest.PeerConfig{FrameLimit: -1}) })

	taken := startPeer(t, linktest.PeerConfig{})
	assert.Panics(t, func() { linktest.NewPeer(linktest.PeerConfig{Framing: binary2, Addr: taken.Addr()}) }, "taken")
}

func TestPeerAddresses(t *testing.T) {
	for _, addr := range []string{"localhost:0", "127.0.0.1:0"} {
		p := startPeer(t, linktest.PeerConfig{Addr: addr})
		c := dial(t, p)
		c.send("0800")
		assert.Equal(t, "0810", c.receive())
	}
}

func TestTLSStateOfAConnection(t *testing.T) {
	server, config := tlsConfigs()
	p := startPeer(t, linktest.PeerConfig{TLS: server})
	c := tls.Client(dial(t, p).Conn, config)
	newClient(t, c).send("0800")
	_, err := c.Read(make([]byte, 1))
	require.NoError(t, err)
	state, ok := conn(t, p, 1).TLS()
	assert.True(t, ok)
	assert.Equal(t, uint16(tls.VersionTLS13), state.Version)
	assert.IsType(t, new(net.TCPConn), conn(t, p, 1).NetConn())

	plain := startPeer(t, linktest.PeerConfig{})
	dial(t, plain)
	_, ok = conn(t, plain, 1).TLS()
	assert.False(t, ok)
}
