package actors

import (
	"bufio"
	"context"
	"net"
	"runtime"
	"sync"
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

// brokenFraming is a framer of the embedding program that cannot frame.
type brokenFraming struct{}

func (brokenFraming) Read(r *bufio.Reader, maxFrame int) (header, body []byte, err error) {
	return framing.Binary2{}.Read(r, maxFrame)
}

func (brokenFraming) Append(_, _, body []byte) ([]byte, error) {
	panic("cannot frame " + string(body))
}

// TestPanicOfChildIsTold: an actor of the link that panics ends the session.
// What it had is settled, the link comes back, and the panic is an event, with
// the actor's name and the type of the reason.
func TestPanicOfChildIsTold(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		var mu sync.Mutex
		var told []messages.Panicked
		system := quietSystem()
		record, err := NewRecord(LinkConfig{
			Name: "link", Addrs: []string{"127.0.0.1:5001"}, Spec: specs.Spec87ASCII, Framing: brokenFraming{},
			Dial: func(context.Context, string, string) (net.Conn, error) {
				ours, _ := net.Pipe()
				return ours, nil
			},
			OnEvent: func(e messages.Event) {
				if p, ok := e.(*messages.Panicked); ok {
					mu.Lock()
					defer mu.Unlock()
					told = append(told, *p)
				}
			},
		}, system, workers)
		require.NoError(t, err)
		require.NoError(t, record.notifier.spawn("notifier"))
		link := system.Root.Spawn(record.Props())
		synctest.Wait()
		require.Equal(t, messages.Up, record.Status().State)

		msg := iso8583.NewMessage(specs.Spec87ASCII)
		msg.MTI("0800")
		require.NoError(t, msg.Field(11, "000001"))
		start := time.Now()
		_, err = record.Door().Send(t.Context(), msg)
		require.ErrorIs(t, err, messages.ErrNotSent)
		assert.Less(t, time.Since(start), DefaultSendTimeout, "it waited for its deadline")
		synctest.Wait()
		mu.Lock()
		assert.Equal(t, []messages.Panicked{{Link: "link", Where: "writer", Reason: "string"}}, told)
		mu.Unlock()
		assert.EqualValues(t, 1, record.Status().Counters.Panics)

		<-time.After(DefaultMinDelay + DefaultBase)
		synctest.Wait()
		assert.Equal(t, messages.Up, record.Status().State)
		assert.EqualValues(t, 2, record.Status().Session)
		require.NoError(t, system.Root.StopFuture(link).Wait())
		require.NoError(t, system.Root.StopFuture(record.notifier.pid).Wait())
	})
}

// TestHookThatEndsItsGoroutine: an observer that ends its goroutine, as a failed
// test's does, loses no event but the one it was told.
func TestHookThatEndsItsGoroutine(t *testing.T) {
	bubble(t, func(t *testing.T, workers *Workers) {
		const events = 25 // Proto.Actor's default strategy gives up after 10 failures
		var told []uint64
		system := quietSystem()
		record, err := NewRecord(LinkConfig{
			Name: "link", Addrs: []string{"127.0.0.1:5001"}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{},
			OnEvent: func(e messages.Event) {
				if d, ok := e.(*messages.EventsDropped); ok {
					told = append(told, d.Count)
					runtime.Goexit()
				}
			},
		}, system, workers)
		require.NoError(t, err)
		require.NoError(t, record.notifier.spawn("notifier"))
		var want []uint64
		for i := range uint64(events) {
			record.notifier.event(&messages.EventsDropped{Link: "link", Count: i})
			want = append(want, i)
		}
		synctest.Wait()
		assert.Equal(t, want, told)
		assert.EqualValues(t, events, record.Status().Counters.Panics)
		require.NoError(t, system.Root.StopFuture(record.notifier.pid).Wait())
	})
}
