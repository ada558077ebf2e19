package linktest_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

var errInjected = errors.New("injected")

// watched connects to a peer that answers nothing, through the oracle.
func watched(t *testing.T, o *linktest.Oracle) net.Conn {
	t.Helper()
	conn, err := o.Dial(t.Context(), "tcp", "")
	require.NoError(t, err)
	return newClient(t, conn)
}

func silentOracle(t *testing.T) *linktest.Oracle {
	t.Helper()
	return linktest.NewOracle(startPeer(t, linktest.PeerConfig{Handle: linktest.Drop()}).Dial)
}

// stateOf names what became of a frame.
func stateOf(f linktest.WrittenFrame) string {
	switch {
	case f.Whole:
		return "whole"
	case f.Pending:
		return "pending"
	case f.Handed > 0:
		return "part"
	}
	return "none"
}

func states(t *testing.T, o *linktest.Oracle) map[string]string {
	t.Helper()
	written, err := o.Frames(binary2)
	require.NoError(t, err)
	got := map[string]string{}
	for _, f := range written {
		got[string(f.Body)] = stateOf(f)
	}
	return got
}

func TestOracleRecordsReadsAndWrites(t *testing.T) {
	p := startPeer(t, linktest.PeerConfig{})
	o := linktest.NewOracle(nil)
	before := time.Now()
	for number := 1; number <= 2; number++ {
		conn, err := o.Dial(t.Context(), "tcp", p.Addr())
		require.NoError(t, err)
		c := newClient(t, conn)
		c.send("0200-A1", "0200-B2")
		assert.Equal(t, "0210-A1", c.receive())
		assert.Equal(t, "0210-B2", c.receive())
		c.send("0200-C3")
		assert.Equal(t, "0210-C3", c.receive())
		require.NoError(t, conn.Close())
		_, err = conn.Write([]byte("late"))
		require.ErrorIs(t, err, net.ErrClosed)
		_, err = conn.Read(make([]byte, 1))
		require.ErrorIs(t, err, net.ErrClosed)
		assert.Equal(t, number, o.Conns()[number-1].Number())
	}

	writes := o.Writes()
	require.Len(t, writes, 6)
	for i, w := range writes {
		assert.False(t, w.Start.Before(before))
		assert.False(t, w.End.Before(w.Start))
		writes[i].Start, writes[i].End = time.Time{}, time.Time{}
	}
	assert.Equal(t, linktest.WriteRecord{Conn: 1, From: 0, To: 18, Asked: 18}, writes[0])
	assert.Equal(t, linktest.WriteRecord{Conn: 1, From: 18, To: 27, Asked: 9}, writes[1])
	require.ErrorIs(t, writes[2].Err, net.ErrClosed)
	writes[2].Err = nil
	assert.Equal(t, linktest.WriteRecord{Conn: 1, From: 27, To: 27, Asked: 4}, writes[2])
	assert.Equal(t, 2, writes[3].Conn)

	var at int64
	reads := o.Conns()[0].Reads()
	for _, r := range reads {
		assert.Equal(t, []any{1, at}, []any{r.Conn, r.From})
		at = r.To
	}
	assert.Equal(t, int64(27), at)
	assert.ErrorIs(t, reads[len(reads)-1].Err, net.ErrClosed)
	assert.Equal(t, len(o.Reads()), len(reads)+len(o.Conns()[1].Reads()))
}

func TestOracleFrames(t *testing.T) {
	o := silentOracle(t)
	first, second := watched(t, o), watched(t, o)
	_, err := first.Write(frames("0200-A1", "", "0200-B2"))
	require.NoError(t, err)
	_, err = second.Write(frames("0200-C3")[:5])
	require.NoError(t, err)

	written, err := o.Frames(binary2)
	require.NoError(t, err)
	for i := range written {
		written[i].Body = []byte(string(written[i].Body)) // a keep-alive's may be nil
	}
	assert.Equal(t, []linktest.WrittenFrame{
		{Conn: 1, From: 0, To: 9, Handed: 9, Whole: true, Body: []byte("0200-A1")},
		{Conn: 1, From: 9, To: 11, Handed: 2, Whole: true, Body: []byte{}},
		{Conn: 1, From: 11, To: 20, Handed: 9, Whole: true, Body: []byte("0200-B2")},
		{Conn: 2, From: 0, To: 5, Handed: 5, Body: []byte{}},
	}, written)

	_, err = second.Write(frames("0200-C3")[5:])
	require.NoError(t, err)
	assert.Equal(t, "whole", states(t, o)["0200-C3"])
}

func TestOracleOverTLSSeesMessages(t *testing.T) {
	server, config := tlsConfigs()
	p := startPeer(t, linktest.PeerConfig{TLS: server})
	o := linktest.NewOracle((&tls.Dialer{Config: config}).DialContext)
	conn, err := o.Dial(t.Context(), "tcp", p.Addr())
	require.NoError(t, err)
	c := newClient(t, conn)
	c.send("0200-A1")
	assert.Equal(t, "0210-A1", c.receive())
	assert.Equal(t, map[string]string{"0200-A1": "whole"}, states(t, o))
	below, ok := conn.(*linktest.OracleConn).NetConn().(*tls.Conn)
	require.True(t, ok)
	assert.IsType(t, new(net.TCPConn), below.NetConn())
	require.NoError(t, conn.(*linktest.OracleConn).CloseWrite())
	_, err = c.read()
	assert.ErrorIs(t, err, io.EOF)
}

func TestOracleCloseWrite(t *testing.T) {
	o := linktest.NewOracle(startPeer(t, linktest.PeerConfig{}).Dial)
	c := watched(t, o)
	_, err := c.Write(frames("0200-A1"))
	require.NoError(t, err)
	require.NoError(t, o.Conns()[0].CloseWrite())
	got, err := io.ReadAll(c)
	require.NoError(t, err)
	assert.Equal(t, frames("0210-A1"), got)

	near, far := net.Pipe()
	defer far.Close()
	defer near.Close()
	assert.ErrorIs(t, o.Wrap(near).CloseWrite(), errors.ErrUnsupported)
}

func TestOracleDialFails(t *testing.T) {
	o := linktest.NewOracle(func(context.Context, string, string) (net.Conn, error) { return nil, errInjected })
	conn, err := o.Dial(t.Context(), "tcp", "")
	require.ErrorIs(t, err, errInjected)
	assert.Nil(t, conn)
	assert.Empty(t, o.Conns())
}

func TestOracleStreamThatIsNotFramed(t *testing.T) {
	o := silentOracle(t)
	for _, s := range []string{"0003abc", "GET / HTTP/1.1"} {
		_, err := watched(t, o).Write([]byte(s))
		require.NoError(t, err)
	}
	written, err := o.Frames(framing.ASCII{})
	require.ErrorIs(t, err, framing.ErrLength)
	require.ErrorContains(t, err, "connection 2, written byte 0")
	require.Len(t, written, 1)
	assert.Equal(t, "abc", string(written[0].Body))

	_, err = o.Frames(idleFramer{})
	assert.ErrorContains(t, err, "connection 1: the framer takes no bytes")
}

// idleFramer reads frames out of nothing.
type idleFramer struct{ framing.Binary2 }

func (idleFramer) Read(*bufio.Reader, int) (header, body []byte, err error) {
	return nil, nil, nil
}

// Real partial writes: a peer that stops reading, a write that runs into its
// deadline, and a peer that reads what the kernel had taken.
func TestOracleAgreesWithTheKernel(t *testing.T) {
	seen := linktest.NewRecorder(func(f linktest.Frame) string { return string(f.Body[:8]) })
	p := startPeer(t, linktest.PeerConfig{
		Handle: linktest.Drop(), Recorder: seen,
		OnAccept: func(c *linktest.Conn) { c.StopReading() },
	})
	o := linktest.NewOracle(p.Dial)
	c := watched(t, o)
	padding := string(make([]byte, 30_000))
	var failed error
	for i := 0; failed == nil && i < 1_000; i++ {
		if i > 0 { // the kernel takes the first one, however long that lasts
			require.NoError(t, c.SetWriteDeadline(time.Now().Add(200*time.Millisecond)))
		}
		_, failed = c.Write(frames(fmt.Sprintf("0200%04d", 2*i)+padding, fmt.Sprintf("0200%04d", 2*i+1)+padding))
	}
	require.ErrorIs(t, failed, os.ErrDeadlineExceeded)
	require.NoError(t, c.Close())
	served := conn(t, p, 1)
	served.ResumeReading()
	ended(t, served)

	writes := o.Writes()
	assert.Equal(t, writes[len(writes)-1].To, served.BytesRead())
	written, err := o.Frames(binary2)
	require.NoError(t, err)
	count := map[string]int{}
	for _, f := range written {
		count[stateOf(f)]++
		assert.Equal(t, f.Whole, seen.Received(string(f.Body[:8])) == 1)
	}
	assert.Positive(t, count["whole"])
	assert.Positive(t, count["part"]+count["none"])
	assert.Zero(t, count["pending"])
}
