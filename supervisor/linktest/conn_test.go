package linktest_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/supervisor/linktest"
)

func TestResetReachesTheSocketUnderTLS(t *testing.T) {
	overBoth(t, func(t *testing.T, start func(linktest.PeerConfig) *linktest.Peer, dial func(*linktest.Peer) *client) {
		p := start(linktest.PeerConfig{Handle: linktest.ResetConn()})
		c := dial(p)
		c.send("0200")
		_, err := c.read()
		require.ErrorIs(t, err, syscall.ECONNRESET)
		ended(t, conn(t, p, 1))
		assert.NoError(t, conn(t, p, 1).Err(), "the end was the peer's own")
	})
}

func TestHalfClose(t *testing.T) {
	overBoth(t, func(t *testing.T, start func(linktest.PeerConfig) *linktest.Peer, dial func(*linktest.Peer) *client) {
		seen := linktest.NewRecorder(lastTwo)
		p := start(linktest.PeerConfig{
			Recorder: seen,
			Handle:   linktest.StepsThen(linktest.Drop(), linktest.All(linktest.Reply(), linktest.HalfClose())),
		})
		c := dial(p)
		c.send("0200-A1")
		assert.Equal(t, "0210-A1", c.receive())
		_, err := c.read()
		require.ErrorIs(t, err, io.EOF)
		c.send("0200-B2")
		require.NoError(t, seen.WaitTotal(deadline(t), 2), "the peer still reads")

		require.Error(t, conn(t, p, 1).WriteFrame(linktest.Frame{Body: []byte("0800")}))
	})
}

func TestHalfCloseWithinTheHandshakeIsRefused(t *testing.T) {
	server, config := tlsConfigs()
	server = server.Clone()
	within, goOn := make(chan struct{}), make(chan struct{})
	server.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		close(within)
		<-goOn
		return nil, nil
	}
	p := startPeer(t, linktest.PeerConfig{TLS: server})
	c := tls.Client(dial(t, p).Conn, config)
	shaken := make(chan error, 1)
	go func() { shaken <- c.Handshake() }()
	wait(t, within)
	require.Error(t, conn(t, p, 1).CloseWrite())
	_, complete := conn(t, p, 1).TLS()
	assert.False(t, complete)
	close(goOn)
	require.NoError(t, <-shaken)
}

func TestStopReadingFillsTheKernel(t *testing.T) {
	overBoth(t, func(t *testing.T, start func(linktest.PeerConfig) *linktest.Peer, dial func(*linktest.Peer) *client) {
		seen := linktest.NewRecorder(lastTwo)
		p := start(linktest.PeerConfig{Recorder: seen, Handle: linktest.Steps(
			linktest.Reply(), linktest.All(linktest.Reply(), linktest.StopReading()),
		)})
		c := dial(p)
		c.send("0200-A1", "0200-B2", "0200-C3") // the third is read ahead, and left
		assert.Equal(t, "0210-A1", c.receive())
		assert.Equal(t, "0210-B2", c.receive())
		fill(t, c)
		assert.Equal(t, 2, seen.Total())

		served := conn(t, p, 1)
		served.ResumeReading()
		served.ResumeReading() // once more is nothing
		assert.Equal(t, "0210-C3", c.receive())
	})
}

// fill writes frames until the kernel takes no more.
func fill(t *testing.T, c *client) {
	t.Helper()
	require.NoError(t, c.SetWriteDeadline(time.Now().Add(200*time.Millisecond)))
	stream := frames(string(make([]byte, 60_000)))
	for range 1_000 {
		if _, err := c.Write(stream); err != nil {
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			return
		}
	}
	require.FailNow(t, "60 MB were written to a peer that does not read")
}

func TestStopReadingInterruptsARead(t *testing.T) {
	overBoth(t, func(t *testing.T, start func(linktest.PeerConfig) *linktest.Peer, dial func(*linktest.Peer) *client) {
		seen := linktest.NewRecorder(lastTwo)
		p := start(linktest.PeerConfig{Recorder: seen})
		c := dial(p)
		c.send("0800-A1")
		assert.Equal(t, "0810-A1", c.receive())
		served := conn(t, p, 1)
		for i := range 50 {
			served.StopReading()
			served.StopReading()
			before := served.BytesRead()
			c.send("0200-B2")
			assert.Equal(t, before, served.BytesRead())
			assert.Equal(t, i+1, seen.Total())
			served.ResumeReading()
			assert.Equal(t, "0210-B2", c.receive())
		}
		served.StopReading()
		require.NoError(t, served.Close())
		ended(t, served)
		assert.NoError(t, served.Err())
	})
}

func TestCutsAtEveryByteRead(t *testing.T) {
	request := frames("0200-A1")
	for _, reset := range []bool{false, true} {
		for n := range int64(len(request)) + 1 {
			seen := linktest.NewRecorder(lastTwo)
			p := startPeer(t, linktest.PeerConfig{Recorder: seen, OnAccept: func(c *linktest.Conn) {
				if reset {
					c.ResetAfterRead(n)
				} else {
					c.CloseAfterRead(n)
				}
			}})
			got, err := exchange(t, p, request)
			assert.Empty(t, got)
			if reset {
				require.ErrorIs(t, err, syscall.ECONNRESET)
			}
			served := conn(t, p, 1)
			ended(t, served)
			assert.Equal(t, n, served.BytesRead())
			assert.Zero(t, served.BytesWritten())
			assert.Equal(t, n == int64(len(request)), seen.Received("A1") == 1, "after %d bytes", n)
			p.Close()
		}
	}
}

func TestCutsAtEveryByteWritten(t *testing.T) {
	reply := frames("0210-A1")
	for _, reset := range []bool{false, true} {
		for n := range int64(len(reply)) + 1 {
			p := startPeer(t, linktest.PeerConfig{OnAccept: func(c *linktest.Conn) {
				if reset {
					c.ResetAfterWrite(n)
				} else {
					c.CloseAfterWrite(n)
				}
			}})
			got, err := exchange(t, p, frames("0200-A1"))
			served := conn(t, p, 1)
			ended(t, served)
			assert.Equal(t, n, served.BytesWritten())
			assert.Equal(t, string(reply[:len(got)]), string(got))
			if reset {
				require.ErrorIs(t, err, syscall.ECONNRESET)
			} else {
				assert.Len(t, got, int(n))
			}
			p.Close()
		}
	}
}

func TestCutIsSetAndTakenBackOnALiveConnection(t *testing.T) {
	p := startPeer(t, linktest.PeerConfig{})
	c := dial(t, p)
	c.send("0800-A1")
	assert.Equal(t, "0810-A1", c.receive())
	served := conn(t, p, 1)
	served.CloseAfterRead(served.BytesRead() + 3) // in the middle of a blocked read
	served.CloseAfterRead(-1)
	served.CloseAfterWrite(100)
	served.CloseAfterWrite(-1)
	c.send("0800-B2")
	assert.Equal(t, "0810-B2", c.receive())

	served.CloseAfterRead(served.BytesRead() + 3)
	c.send("0800-C3")
	_, err := c.read()
	require.Error(t, err)
	ended(t, served)
	assert.Equal(t, int64(2*len(frames("0800-A1"))+3), served.BytesRead())
	require.ErrorIs(t, served.WriteRaw([]byte("x")), net.ErrClosed)
	_, err = served.ReadFrame()
	require.ErrorIs(t, err, net.ErrClosed)
	require.NoError(t, served.Close(), "again")
}

func TestCutThatIsPassedClosesAtOnce(t *testing.T) {
	p := startPeer(t, linktest.PeerConfig{})
	for i, cut := range []func(*linktest.Conn){
		func(c *linktest.Conn) { c.CloseAfterRead(1) },
		func(c *linktest.Conn) { c.CloseAfterWrite(0) },
		func(c *linktest.Conn) { c.ResetAfterRead(0) },
		func(c *linktest.Conn) { c.ResetAfterWrite(1) },
	} {
		c := dial(t, p)
		c.send("0800")
		assert.Equal(t, "0810", c.receive())
		served := conn(t, p, i+1)
		cut(served)
		wait(t, served.Context().Done())
		_, err := c.read()
		require.Error(t, err)
	}
}

func TestCutsWithinATLSHandshake(t *testing.T) {
	server, config := tlsConfigs()
	var read, written int64
	measured := make(chan struct{})
	p := startPeer(t, linktest.PeerConfig{TLS: server, Script: func(c *linktest.Conn) {
		read, written = c.BytesRead(), c.BytesWritten()
		close(measured)
	}})
	whole := tls.Client(dial(t, p).Conn, config)
	require.NoError(t, whole.Handshake())
	wait(t, measured)
	p.Close()
	require.Positive(t, read)

	// Every byte would take a second or two; a stride that is prime meets the
	// record headers at different places. The last few bytes are left out:
	// a signature's length varies from one handshake to the next.
	for _, tc := range []struct {
		bytes int64
		cut   func(*linktest.Conn, int64)
	}{
		{read - 8, (*linktest.Conn).CloseAfterRead},
		{read - 8, (*linktest.Conn).ResetAfterRead},
		{written - 8, (*linktest.Conn).CloseAfterWrite},
		{written - 8, (*linktest.Conn).ResetAfterWrite},
	} {
		for n := int64(0); n <= tc.bytes; n = next(n, 97, tc.bytes) {
			handshakeWithCut(t, func(c *linktest.Conn) { tc.cut(c, n) }, func(f linktest.HandshakeError) int64 {
				return max(min(f.BytesRead, n), min(f.BytesWritten, n))
			}, n)
		}
	}
}

// next steps from 0 to last and includes both.
func next(n, stride, last int64) int64 {
	if n < last {
		return min(n+stride, last)
	}
	return last + 1
}

func handshakeWithCut(t *testing.T, cut func(*linktest.Conn), at func(linktest.HandshakeError) int64, n int64) {
	t.Helper()
	server, config := tlsConfigs()
	p := startPeer(t, linktest.PeerConfig{TLS: server, OnAccept: cut})
	defer p.Close()
	raw, err := p.Dial(t.Context(), "tcp", "")
	if err == nil {
		c := tls.Client(newClient(t, raw), config)
		err = c.Handshake()
		if err == nil { // TLS 1.3: the client is done before the server
			_, err = c.Read(make([]byte, 1))
		}
	}
	require.Error(t, err)
	served := conn(t, p, 1)
	ended(t, served)
	failed := p.HandshakeErrors()
	require.Len(t, failed, 1)
	require.ErrorIs(t, failed[0].Err, net.ErrClosed)
	assert.Equal(t, 1, failed[0].Conn)
	assert.Equal(t, n, at(failed[0]))
	assert.Equal(t, failed[0].Err, served.Err())
}

func TestHandshakeErrorsAreKept(t *testing.T) {
	server, _ := tlsConfigs()
	p := startPeer(t, linktest.PeerConfig{TLS: server})
	c := tls.Client(dial(t, p).Conn, &tls.Config{ServerName: "127.0.0.1"}) // trusts nobody
	require.Error(t, c.Handshake())
	plain := dial(t, p)
	plain.send("0800, a message that is no TLS")
	ended(t, conn(t, p, 1))
	ended(t, conn(t, p, 2))
	failed := p.HandshakeErrors()
	require.Len(t, failed, 2)
	var header tls.RecordHeaderError
	assert.True(t, errors.As(failed[0].Err, &header) != errors.As(failed[1].Err, &header), "one of them is no TLS")
	for _, f := range failed {
		require.Error(t, f.Err)
		assert.Positive(t, f.BytesRead)
	}
}

func TestBytesBeforeTheHandshake(t *testing.T) {
	server, config := tlsConfigs()
	p := startPeer(t, linktest.PeerConfig{TLS: server, OnAccept: func(c *linktest.Conn) {
		_ = c.WriteRaw([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	}})
	c := tls.Client(dial(t, p).Conn, config)
	assert.ErrorAs(t, c.Handshake(), new(tls.RecordHeaderError))
}

func TestWriteFrameRefusesWhatTheFramingCannotSay(t *testing.T) {
	seen := linktest.NewRecorder(nil)
	for _, coalesce := range []bool{false, true} {
		p := startPeer(t, linktest.PeerConfig{Recorder: seen, Coalesce: coalesce, Handle: linktest.ReplyWith(
			func(linktest.Frame) (linktest.Frame, error) {
				return linktest.Frame{Body: make([]byte, 70_000)}, nil
			},
		)})
		c := dial(t, p)
		c.send("0200")
		_, err := c.read()
		require.ErrorIs(t, err, io.EOF)
		ended(t, conn(t, p, 1))
		require.Error(t, conn(t, p, 1).Err())
	}
	assert.Zero(t, seen.Replied(""), "it was not logged")
}
