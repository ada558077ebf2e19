package host_test

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/testdata/leaktest"

	"github.com/isolink-go/isolink/bench/internal/host"
	"github.com/isolink-go/isolink/bench/internal/sample"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func start(t *testing.T) (*host.Host, net.Conn) {
	t.Helper()
	h, err := host.Listen()
	require.NoError(t, err)
	conn, err := net.Dial("tcp", h.Addr())
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	t.Cleanup(func() { _ = conn.Close(); _ = h.Close() })
	return h, conn
}

func frame(dst []byte, shape *sample.Shape, stan uint32) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(shape.Size()))
	return shape.AppendBody(dst, stan)
}

func readFrame(t *testing.T, conn net.Conn) []byte {
	t.Helper()
	var length [2]byte
	_, err := io.ReadFull(conn, length[:])
	require.NoError(t, err)
	body := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err = io.ReadFull(conn, body)
	require.NoError(t, err)
	return body
}

func TestAnswersFramesInOrderHoweverTheyArrive(t *testing.T) {
	var stream []byte
	const frames = 40
	for stan := range uint32(frames) {
		stream = frame(stream, sample.Two, stan)
	}
	for _, piece := range []int{1, 7, len(stream)} {
		h, conn := start(t)
		go func() {
			for rest := stream; len(rest) > 0; {
				n := min(piece, len(rest))
				if _, err := conn.Write(rest[:n]); err != nil {
					return // the reading side fails with it
				}
				rest = rest[n:]
			}
		}()
		for stan := range uint32(frames) {
			require.NoError(t, sample.Two.Verify(readFrame(t, conn), stan), "pieces of %d", piece)
		}
		require.NoError(t, conn.Close())
		require.NoError(t, h.Close())
	}
}

func TestReportsWhatIsNoRequest(t *testing.T) {
	for name, stream := range map[string][]byte{
		"response":   append([]byte{0, 4}, "0210"...),
		"keep-alive": {0, 0},
		"too short":  append([]byte{0, 3}, "020"...),
	} {
		h, conn := start(t)
		_, err := conn.Write(stream)
		require.NoError(t, err)
		_, err = conn.Read(make([]byte, 1))
		require.Error(t, err, "%s: the host hangs up", name)
		assert.ErrorIs(t, h.Close(), host.ErrProtocol, name)
	}
}

func TestReportsAFrameThatWasCutOff(t *testing.T) {
	h, conn := start(t)
	_, err := conn.Write([]byte{0, 9, '0'})
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	assert.ErrorIs(t, h.Close(), io.EOF)
}

func TestCloseHangsUp(t *testing.T) {
	h, conn := start(t)
	_, err := conn.Write(frame(nil, sample.Two, 1))
	require.NoError(t, err)
	require.NoError(t, sample.Two.Verify(readFrame(t, conn), 1))
	require.NoError(t, h.Close())
	_, err = conn.Read(make([]byte, 1))
	require.Error(t, err)
	_, err = net.Dial("tcp", h.Addr())
	require.Error(t, err)
}

// The allocations of a benchmark are those of its process: they are the client's
// only if the host makes none.
func TestDoesNotAllocate(t *testing.T) {
	_, conn := start(t)
	request := frame(frame(nil, sample.Eighteen, 1), sample.Eighteen, 2)
	response := make([]byte, len(request))
	var failed error
	allocations := testing.AllocsPerRun(1000, func() {
		if _, err := conn.Write(request); err != nil {
			failed = err
		}
		if _, err := io.ReadFull(conn, response); err != nil {
			failed = err
		}
	})
	require.NoError(t, failed)
	require.NoError(t, sample.Eighteen.Verify(response[2:2+sample.Eighteen.Size()], 1))
	assert.Zero(t, allocations)
}
