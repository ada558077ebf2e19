package actors

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

// lateConn does something between its making and its arrival at the link.
type lateConn struct {
	net.Conn
	once      sync.Once
	meanwhile func()
}

// NetConn is asked for when the socket options are set.
func (c *lateConn) NetConn() net.Conn {
	c.once.Do(c.meanwhile)
	return c.Conn
}

// TestDialOutlivesLink: a connection that is made while its link stops is
// closed, though no actor is left to take it (P10).
func TestDialOutlivesLink(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		system := quietSystem()
		spawned := make(chan *actor.PID, 1)
		ours, theirs := net.Pipe()
		made := &lateConn{Conn: ours, meanwhile: func() {
			assert.NoError(t, system.Root.StopFuture(<-spawned).Wait())
		}}
		record, err := NewRecord(LinkConfig{
			Name: "link", Addrs: []string{"127.0.0.1:5001"}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{},
			Dial: func(context.Context, string, string) (net.Conn, error) { return made, nil },
		}, system, workers)
		require.NoError(t, err)
		require.NoError(t, record.notifier.spawn("notifier"))
		spawned <- system.Root.Spawn(record.Props())
		synctest.Wait()

		closed := make(chan error, 1)
		go func() {
			_, err := theirs.Read(make([]byte, 1))
			closed <- err
		}()
		synctest.Wait()
		select {
		case err := <-closed:
			assert.ErrorIs(t, err, io.EOF)
		default:
			assert.Fail(t, "the socket was left open")
			require.NoError(t, theirs.Close())
		}
		require.NoError(t, system.Root.StopFuture(record.notifier.pid).Wait())
	})
}

// TestLongestKeepAlive: what Validate lets pass, a socket takes.
func TestLongestKeepAlive(t *testing.T) {
	conn, _ := loopback(t)
	for _, period := range []time.Duration{1, maxKeepAlive, -1} {
		assert.NoError(t, tune(&LinkConfig{KeepAlive: period, WriteTimeout: MaxDuration}, conn), "%v", period)
	}
}
