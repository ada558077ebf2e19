package linktest_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/supervisor/linktest"
)

func TestPipePeerInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := linktest.NewRecorder(lastTwo)
		p := linktest.NewPipePeer(linktest.PeerConfig{Framing: binary2, Recorder: seen, Handle: linktest.Steps(
			linktest.Delay(50*time.Millisecond, linktest.Reply()),
			linktest.Async(linktest.Delay(time.Hour, linktest.Reply())),
			linktest.Reply(),
			linktest.CloseConn(),
		)})
		defer p.Close()
		assert.Equal(t, "pipe.invalid:8583", p.Addr())
		conn, err := p.Dial(t.Context(), "tcp", p.Addr())
		require.NoError(t, err)
		defer conn.Close()
		c := &client{t: t, Conn: conn, in: bufio.NewReader(conn)}

		start := time.Now()
		c.send("0200-A1")
		assert.Equal(t, "0210-A1", c.receive())
		assert.Equal(t, 50*time.Millisecond, time.Since(start))

		start = time.Now()
		c.send("0200-B2", "0200-C3")
		assert.Equal(t, "0210-C3", c.receive())
		assert.Zero(t, time.Since(start))
		assert.Equal(t, "0210-B2", c.receive())
		assert.Equal(t, time.Hour, time.Since(start))

		c.send("0200-D4")
		_, err = c.read()
		require.ErrorIs(t, err, io.EOF)
		assert.Equal(t, 4, seen.Total())
		assert.Equal(t, 0, seen.Replied("D4"))
	})
}

func TestPipePeerDelaysEndWithTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := linktest.NewPipePeer(linktest.PeerConfig{
			Framing: binary2, Handle: linktest.Delay(time.Hour, linktest.Reply()),
		})
		conn, err := p.Dial(t.Context(), "tcp", "")
		require.NoError(t, err)
		defer conn.Close()
		start := time.Now()
		(&client{t: t, Conn: conn}).send("0200")
		synctest.Wait()
		p.Close()
		assert.Zero(t, time.Since(start))
	})
}

func TestPipePeerStopsReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := linktest.NewPipePeer(linktest.PeerConfig{Framing: binary2})
		defer p.Close()
		conn, err := p.Dial(t.Context(), "tcp", "")
		require.NoError(t, err)
		defer conn.Close()
		served, err := p.WaitConn(t.Context(), 1)
		require.NoError(t, err)
		synctest.Wait() // it blocks in a read
		served.StopReading()
		require.NoError(t, conn.SetWriteDeadline(time.Now().Add(time.Second)))
		n, err := conn.Write(frames("0800"))
		require.Error(t, err)
		assert.Zero(t, n)
		assert.Zero(t, served.BytesRead())

		served.ResumeReading()
		require.NoError(t, conn.SetWriteDeadline(time.Time{}))
		c := &client{t: t, Conn: conn, in: bufio.NewReader(conn)}
		c.send("0800")
		assert.Equal(t, "0810", c.receive())
	})
}

func TestPipePeerKnowsNoHalfCloseAndNoReset(t *testing.T) {
	p := linktest.NewPipePeer(linktest.PeerConfig{Framing: binary2})
	defer p.Close()
	conn, err := p.Dial(t.Context(), "tcp", "")
	require.NoError(t, err)
	served, err := p.WaitConn(t.Context(), 1)
	require.NoError(t, err)
	require.ErrorIs(t, served.CloseWrite(), errors.ErrUnsupported)
	require.NoError(t, served.Reset())
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	<-served.Done()
	assert.NoError(t, served.Err())
}

func TestPipePeerAdmission(t *testing.T) {
	p := linktest.NewPipePeer(linktest.PeerConfig{Framing: binary2, Admission: linktest.Refuse})
	_, err := p.Dial(t.Context(), "tcp", "")
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	assert.EqualError(t, err, "dial tcp: connection refused")
	require.NoError(t, p.SetAdmission(linktest.CloseOnAccept))
	conn, err := p.Dial(t.Context(), "tcp", "")
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	p.Close()
	_, err = p.Dial(t.Context(), "tcp", "")
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestPipePeerNumbersInTheOrderOfDialling(t *testing.T) {
	p := linktest.NewPipePeer(linktest.PeerConfig{Framing: binary2, Script: func(c *linktest.Conn) {
		_ = c.WriteRaw([]byte{byte(c.Number())})
	}})
	defer p.Close()
	var conns []net.Conn
	for range 20 {
		conn, err := p.Dial(t.Context(), "tcp", "")
		require.NoError(t, err)
		conns = append(conns, conn)
	}
	for i, conn := range conns {
		b := make([]byte, 1)
		_, err := io.ReadFull(conn, b)
		require.NoError(t, err)
		assert.Equal(t, i+1, int(b[0]))
	}
}

func TestPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := linktest.NewPipe(func(conn net.Conn) {
			var b [4]byte
			for {
				if _, err := io.ReadFull(conn, b[:]); err != nil {
					return
				}
				if string(b[:]) == "quit" {
					return
				}
				_, _ = conn.Write(b[:])
			}
		})
		one, err := p.Dial(t.Context(), "tcp", "anywhere:1")
		require.NoError(t, err)
		two, err := p.Dial(t.Context(), "tcp", "anywhere:1")
		require.NoError(t, err)
		b := make([]byte, 4)
		for _, conn := range []net.Conn{one, two} {
			_, err = conn.Write([]byte("echo"))
			require.NoError(t, err)
			_, err = io.ReadFull(conn, b)
			require.NoError(t, err)
			assert.Equal(t, "echo", string(b))
		}
		_, err = one.Write([]byte("quit"))
		require.NoError(t, err)
		_, err = one.Read(b)
		require.ErrorIs(t, err, io.EOF, "a handler's return closes its end")

		p.Close()
		p.Close()
		_, err = two.Read(b)
		require.ErrorIs(t, err, io.EOF)
		_, err = p.Dial(t.Context(), "tcp", "")
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = p.Dial(ctx, "tcp", "")
		require.ErrorIs(t, err, context.Canceled)
	})
}
