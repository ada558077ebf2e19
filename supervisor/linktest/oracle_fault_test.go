package linktest_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/supervisor/linktest"
)

func TestOracleFailsAWriteAtEveryByte(t *testing.T) {
	stream := frames("0200-A1", "0200-B2", "0200-C3")
	for n := range len(stream) {
		seen := linktest.NewRecorder(lastTwo)
		p := startPeer(t, linktest.PeerConfig{Handle: linktest.Drop(), Recorder: seen})
		o := linktest.NewOracle(p.Dial)
		o.FailAt(1, int64(n), errInjected)
		c := watched(t, o)
		got, err := c.Write(stream)
		require.ErrorIs(t, err, errInjected)
		require.Equal(t, n, got)
		got, err = c.Write([]byte("x"))
		require.ErrorIs(t, err, errInjected)
		require.Zero(t, got)
		require.NoError(t, c.Close())
		served := conn(t, p, 1)
		ended(t, served)
		assert.Equal(t, int64(n), served.BytesRead())
		p.Close()
		for i, id := range []string{"A1", "B2", "C3"} {
			assert.Equal(t, n >= 9*(i+1), seen.Received(id) == 1)
		}
	}
}

func TestOracleKnowsWhichFramesAFailedWriteHandedOver(t *testing.T) {
	for n, want := range map[int64]map[string]string{
		0:  {"0200-A1": "none", "0200-B2": "none", "0200-C3": "none"},
		1:  {"0200-A1": "part", "0200-B2": "none", "0200-C3": "none"},
		9:  {"0200-A1": "whole", "0200-B2": "none", "0200-C3": "none"},
		17: {"0200-A1": "whole", "0200-B2": "part", "0200-C3": "none"},
		18: {"0200-A1": "whole", "0200-B2": "whole", "0200-C3": "none"},
		26: {"0200-A1": "whole", "0200-B2": "whole", "0200-C3": "part"},
		27: {"0200-A1": "whole", "0200-B2": "whole", "0200-C3": "whole"},
	} {
		o := silentOracle(t)
		o.FailAt(0, n, errInjected)
		c := watched(t, o)
		_, err := c.Write(frames("0200-A1", "0200-B2", "0200-C3"))
		assert.Equal(t, n < 27, err != nil)
		assert.Equal(t, want, states(t, o), "after %d bytes", n)
	}
}

func TestOracleFaultsFindTheirConnection(t *testing.T) {
	o := silentOracle(t)
	o.FailAt(2, 0, errInjected)
	first, second, third := watched(t, o), watched(t, o), watched(t, o)
	for _, c := range []net.Conn{first, third} {
		_, err := c.Write([]byte{0, 0})
		require.NoError(t, err)
	}
	_, err := second.Write([]byte{0, 0})
	require.ErrorIs(t, err, errInjected)
}

func TestOracleShortWrites(t *testing.T) {
	o := silentOracle(t)
	o.ShortWrites(0, 4, io.ErrShortWrite)
	c := watched(t, o)
	stream := frames("0200-A1")
	for len(stream) > 0 {
		n, err := c.Write(stream)
		if len(stream) > 4 {
			require.ErrorIs(t, err, io.ErrShortWrite)
			require.Equal(t, 4, n)
		} else {
			require.NoError(t, err)
		}
		stream = stream[n:]
	}
	assert.Equal(t, map[string]string{"0200-A1": "whole"}, states(t, o), "a caller that goes on repeats nothing")
	assert.Len(t, o.Writes(), 3)

	broken := silentOracle(t)
	broken.ShortWrites(1, 0, nil)
	n, err := watched(t, broken).Write(frames("0200-A1"))
	require.NoError(t, err)
	assert.Zero(t, n)
}

func TestOracleBlocksUntilReleased(t *testing.T) {
	p := startPeer(t, linktest.PeerConfig{})
	o := linktest.NewOracle(p.Dial)
	block := o.BlockAt(0, 9)
	c := watched(t, o)
	wrote := make(chan error, 1)
	go func() {
		_, err := c.Write(frames("0200-A1", "0200-B2"))
		wrote <- err
	}()
	wait(t, block.Reached())
	in := &client{t: t, Conn: c, in: bufio.NewReader(c)}
	assert.Equal(t, "0210-A1", in.receive(), "what lies before the block is on its way")
	select {
	case err := <-wrote:
		require.Fail(t, "the write has returned", "%v", err)
	default:
	}
	assert.Equal(t, map[string]string{"0200-A1": "whole", "0200-B2": "pending"}, states(t, o))
	pending := o.Writes()
	require.Len(t, pending, 1)
	assert.True(t, pending[0].Pending)
	assert.Equal(t, int64(9), pending[0].To)

	block.Release()
	block.Release()
	require.NoError(t, <-wrote)
	assert.Equal(t, "0210-B2", in.receive())
	in.send("0200-C3")
	assert.Equal(t, "0210-C3", in.receive(), "released once for all")
	assert.Equal(t, map[string]string{"0200-A1": "whole", "0200-B2": "whole", "0200-C3": "whole"}, states(t, o))
}

func TestOracleBlockThenFail(t *testing.T) {
	o := silentOracle(t)
	block := o.BlockAt(1, 4)
	o.FailAt(1, 4, errInjected)
	o.ShortWrites(1, 6, io.ErrShortWrite)
	block.Release()
	n, err := watched(t, o).Write(frames("0200-A1"))
	require.ErrorIs(t, err, errInjected)
	assert.Equal(t, 4, n)
}

func TestOracleShortWriteCountsWhatABlockLetThrough(t *testing.T) {
	o := silentOracle(t)
	block := o.BlockAt(1, 4)
	o.ShortWrites(1, 6, io.ErrShortWrite)
	c := watched(t, o)
	got := make(chan int, 1)
	go func() {
		n, _ := c.Write(frames("0200-A1"))
		got <- n
	}()
	wait(t, block.Reached())
	block.Release()
	assert.Equal(t, 6, <-got)
}

// A blocked write ends as one that the kernel holds would.
func TestOracleBlockEndsWithItsConnection(t *testing.T) {
	server, config := tlsConfigs()
	plain := startPeer(t, linktest.PeerConfig{})
	secure := startPeer(t, linktest.PeerConfig{TLS: server})
	pipe := linktest.NewPipePeer(linktest.PeerConfig{Framing: binary2})
	t.Cleanup(pipe.Close)
	overTLS := &tls.Dialer{Config: config}
	for name, dial := range map[string]linktest.DialFunc{
		"tcp":  plain.Dial,
		"pipe": pipe.Dial,
		"tls": func(ctx context.Context, network, _ string) (net.Conn, error) {
			return overTLS.DialContext(ctx, network, secure.Addr())
		},
	} {
		for how, end := range map[string]struct {
			do   func(*linktest.OracleConn) error
			want []error
		}{
			"close":       {func(c *linktest.OracleConn) error { return c.Close() }, []error{net.ErrClosed, io.ErrClosedPipe}},
			"close below": {func(c *linktest.OracleConn) error { return c.NetConn().Close() }, []error{net.ErrClosed, io.ErrClosedPipe}},
			"deadline":    {func(c *linktest.OracleConn) error { return c.SetDeadline(time.Now()) }, []error{os.ErrDeadlineExceeded}},
			"write deadline": {
				func(c *linktest.OracleConn) error { return c.SetWriteDeadline(time.Now().Add(time.Millisecond)) },
				[]error{os.ErrDeadlineExceeded},
			},
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				o := linktest.NewOracle(dial)
				block := o.BlockAt(1, 0)
				c, err := o.Dial(t.Context(), "tcp", "")
				require.NoError(t, err)
				defer c.Close()
				wrote := make(chan error, 1)
				go func() {
					_, err := c.Write(frames("0800"))
					wrote <- err
				}()
				wait(t, block.Reached())
				require.NoError(t, end.do(o.Conns()[0]))
				err = <-wrote
				assert.True(t, errors.Is(err, end.want[0]) || errors.Is(err, end.want[len(end.want)-1]), "%v", err)
				assert.Equal(t, map[string]string{"0800": "none"}, states(t, o))
			})
		}
	}
}

func TestOracleInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := linktest.NewPipePeer(linktest.PeerConfig{Framing: binary2})
		defer p.Close()
		o := linktest.NewOracle(p.Dial)
		block := o.BlockAt(1, 3)
		conn, err := o.Dial(t.Context(), "tcp", "")
		require.NoError(t, err)
		defer conn.Close()
		time.AfterFunc(5*time.Second, block.Release)
		start := time.Now()
		c := &client{t: t, Conn: conn, in: bufio.NewReader(conn)}
		c.send("0800")
		assert.Equal(t, 5*time.Second, time.Since(start).Truncate(time.Second))
		assert.Equal(t, "0810", c.receive())
	})
}

func TestOracleFaultsAreChecked(t *testing.T) {
	o := linktest.NewOracle(nil)
	assert.Panics(t, func() { o.FailAt(0, 0, nil) })
	assert.Panics(t, func() { o.ShortWrites(0, -1, nil) })
}
