package supervisor_test

import (
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// echoing makes a link send echoes, with STANs that count down from 899,999.
func echoing(idle, timeout time.Duration) func(*supervisor.LinkConfig) {
	var stan atomic.Int64
	stan.Store(899_999)
	return func(c *supervisor.LinkConfig) {
		c.IdleTime, c.Echo.Timeout, c.MaxMissedEchoes = idle, timeout, echoMost
		c.Echo.Build = func() (*iso8583.Message, error) {
			msg := iso8583.NewMessage(spec)
			msg.MTI("0800")
			for id, value := range map[int]string{
				3: "000000", 4: "000000000000", 7: "0704123456",
				11: strconv.FormatInt(stan.Add(-1), 10), 37: nextID(), 41: "TERM0001",
			} {
				if err := msg.Field(id, value); err != nil {
					return nil, err
				}
			}
			return msg, nil
		}
	}
}

const (
	echoIdle    = 150 * time.Millisecond
	echoTimeout = 100 * time.Millisecond
	echoMost    = 3
)

// TestF9UnansweredEchoesFailTheLink: a peer that is silent, or that sends what
// nobody asked for, is noticed within IdleTime + MaxMissedEchoes × Echo.Timeout.
func TestF9UnansweredEchoesFailTheLink(t *testing.T) {
	chatter := func(c *linktest.Conn) {
		go func() {
			for i := 0; c.Delay(20*time.Millisecond) == nil; i++ {
				mti := "0810"
				if i%2 == 0 {
					mti = "0800"
				}
				if c.WriteFrame(linktest.Frame{Body: newFrame(mti, i)}) != nil {
					return
				}
			}
		}()
	}
	for name, accept := range map[string]func(*linktest.Conn){
		"silent": func(*linktest.Conn) {}, "chatting": chatter,
	} {
		t.Run(name, func(t *testing.T) {
			var watch backoffWatch
			host := startHost(t, linktest.PeerConfig{Handle: linktest.Drop(), OnAccept: accept})
			l := startLink(t, host, echoing(echoIdle, echoTimeout), watch.over)
			up, ended := awaitEnd(t, &watch.events)
			const bound = echoIdle + echoMost*echoTimeout
			assert.GreaterOrEqual(t, ended.Sub(watch.dials.list()[0].begin), bound)
			assert.Less(t, ended.Sub(up), bound+busy)
			missed := awaitEvents[*messages.EchoFailed](t, &watch.events, echoMost)
			for i, e := range missed[:echoMost] {
				assert.Equal(t, i+1, e.Missed)
				assert.EqualValues(t, 1, e.Session)
				assert.ErrorIs(t, e.Reason, messages.ErrTimeout)
			}
			assert.GreaterOrEqual(t, l.Status().Counters.Missed, uint64(echoMost))
			assert.ErrorIs(t, l.Status().LastError, messages.ErrNoEcho)
			l.awaitStatus("another session", func(s supervisor.Status) bool { return s.Session >= 2 })
			assert.Zero(t, l.Status().Counters.Echoes)
		})
	}
}

// awaitEnd waits until the first session ends, and returns its times.
func awaitEnd(t *testing.T, events *journal[messages.Event]) (up, end time.Time) {
	t.Helper()
	events.await(t, "the end of the first session", func(all []messages.Event) bool {
		for _, e := range eventsOf[*messages.StateChanged](all) {
			switch {
			case e.To == messages.Up && e.Session == 1:
				up = e.At
			case e.From == messages.Up && e.Session == 1:
				end = e.At
			}
		}
		return !end.IsZero()
	})
	return up, end
}

// TestF9AnsweredEchoesKeepTheLinkUp: as long as the peer answers, an idle link
// stays up.
func TestF9AnsweredEchoesKeepTheLinkUp(t *testing.T) {
	rec := newRecorder()
	host := startHost(t, linktest.PeerConfig{Recorder: rec})
	l := startUp(t, host, echoing(10*time.Millisecond, time.Second))
	l.awaitStatus("answered echoes", func(s supervisor.Status) bool { return s.Counters.Echoes >= 2 })
	s := l.Status()
	assert.EqualValues(t, 1, s.Session)
	require.Equal(t, "0800", rec.All()[0].MTI)
}
