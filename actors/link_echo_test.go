package actors

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
)

// TestEchoWhileSessionsBegin: who asks for an echo gets a session that is whole, or none.
func TestEchoWhileSessionsBegin(t *testing.T) {
	const sessions = 100
	var workers Workers
	defer closeWorkers(t, &workers)
	system := quietSystem()
	record, err := NewRecord(LinkConfig{
		Name: "link", Addrs: []string{"127.0.0.1:5001"}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{},
		Backoff: Backoff{MinDelay: 1, Base: 1, Cap: 1},
		Dial: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			time.AfterFunc(100*time.Microsecond, func() { _ = theirs.Close() })
			return ours, nil
		},
		Echo: NetworkManagement{Build: func() (*iso8583.Message, error) {
			msg := iso8583.NewMessage(specs.Spec87ASCII)
			msg.MTI("0800")
			return msg, msg.Field(11, "000001")
		}},
	}, system, &workers)
	require.NoError(t, err)
	require.NoError(t, record.notifier.spawn("notifier"))
	link := system.Root.Spawn(record.Props())
	for record.Status().Session < sessions {
		_ = record.Echo() // there may be no session
	}
	assert.Zero(t, record.Status().Counters.Panics)
	require.NoError(t, system.Root.StopFuture(link).Wait())
	require.NoError(t, system.Root.StopFuture(record.notifier.pid).Wait())
}
