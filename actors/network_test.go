package actors

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

// TestSignOnsThatBlock: a Build that does not return keeps no more goroutines than it
// may, however many sessions try it; and it is told why they fail.
func TestSignOnsThatBlock(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		var blocked atomic.Int64
		release := make(chan struct{})
		system := quietSystem()
		record, err := NewRecord(LinkConfig{
			Name: "link", Addrs: []string{"127.0.0.1:5001"}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{},
			Dial: func(context.Context, string, string) (net.Conn, error) {
				ours, _ := net.Pipe()
				return ours, nil
			},
			SignOn: NetworkManagement{Build: func() (*iso8583.Message, error) {
				blocked.Add(1)
				defer blocked.Add(-1)
				<-release
				return nil, nil
			}},
		}, system, workers)
		require.NoError(t, err)
		require.NoError(t, record.notifier.spawn("notifier"))
		link := system.Root.Spawn(record.Props())
		time.Sleep(time.Hour)
		synctest.Wait()
		status := record.Status()
		assert.Greater(t, status.Session, uint64(2*maxNetworking))
		assert.EqualValues(t, maxNetworking, blocked.Load())
		assert.ErrorIs(t, status.LastError, messages.ErrOverloaded)

		close(release)
		require.NoError(t, system.Root.StopFuture(link).Wait())
		require.NoError(t, system.Root.StopFuture(record.notifier.pid).Wait())
	})
}
