package supervisor_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/field"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// screen is what a tap writes to.
type screen struct {
	journal[string]
	before func() // each Write; nil: nothing
}

func (s *screen) Write(p []byte) (int, error) {
	if s.before != nil {
		s.before()
	}
	s.add(string(p))
	return len(p), nil
}

// TestTap shows what goes by, each message whole, as long as it is on.
func TestTap(t *testing.T) {
	l := startUp(t, startHost(t, linktest.PeerConfig{}))
	l.works(1)
	var first, second screen
	stop, err := l.Tap(&first)
	require.NoError(t, err)
	stopSecond, err := l.Tap(&second)
	require.NoError(t, err)
	l.works(1)
	shown := first.awaitSome(t, 2, "messages")
	assert.Equal(t, shown, second.awaitSome(t, 2, "messages"))
	assert.Contains(t, shown[0], l.Name()+" session 1: sent ")
	assert.Contains(t, shown[1], l.Name()+" session 1: received ")
	for _, text := range shown {
		assert.Equal(t, 1, strings.Count(text, "MTI"))
		assert.Contains(t, text, "F11")
	}
	require.NoError(t, l.Write(t.Context(), []byte{0, 0}))
	assert.Contains(t, first.awaitSome(t, 3, "bytes")[2], "sent 2 bytes\n")
	second.awaitSome(t, 3, "bytes")
	stop()
	stop()
	l.works(1)
	assert.Len(t, second.awaitSome(t, 5, "messages"), 5)
	assert.Len(t, first.list(), 3)
	stopSecond()
}

// TestTapHidesCardData, also of what cannot be unpacked; filters come on top.
func TestTapHidesCardData(t *testing.T) {
	const pan = "4111111111111111"
	l := startUp(t, startHost(t, linktest.PeerConfig{}))
	var out screen
	hide := iso8583.FilterField("11", func(string, field.Field) string { return "a STAN" })
	stop, err := l.Tap(&out, hide)
	require.NoError(t, err)
	defer stop()
	msg := iso8583.NewMessage(spec)
	msg.MTI("0200")
	for id, value := range map[int]string{2: pan, 11: "000017", 35: pan + "=2912"} {
		require.NoError(t, msg.Field(id, value))
	}
	_, err = l.Send(t.Context(), msg)
	require.NoError(t, err)
	require.NoError(t, l.Write(t.Context(), append([]byte{0, 16}, pan...)))
	all := strings.Join(out.awaitSome(t, 3, "messages"), "")
	assert.NotContains(t, all, pan)
	assert.Contains(t, all, "4111****1111")
	assert.Contains(t, all, ": a STAN")
}

// TestTapOfAcceptor shows the messages of all its sessions.
func TestTapOfAcceptor(t *testing.T) {
	acceptor := startAcceptor(t)
	var out screen
	stop := acceptor.Tap(&out)
	defer stop()
	for i := range 2 {
		l := linkedTo(t, acceptor)
		l.works(1)
		shown := out.awaitSome(t, 2*i+2, "messages")
		assert.Contains(t, shown[2*i], "host/")
		assert.Contains(t, shown[2*i], ": received ")
		assert.Contains(t, shown[2*i+1], ": sent ")
	}
}

// TestTapHoldsUpNothing: what its writer is too slow for is left out, and told.
func TestTapHoldsUpNothing(t *testing.T) {
	l := startUp(t, startHost(t, linktest.PeerConfig{}))
	step := make(chan struct{})
	out := screen{before: func() { <-step }}
	stop, err := l.Tap(&out)
	require.NoError(t, err)
	for stan := range 300 {
		l.works(stan + 1)
	}
	close(step)
	all := out.await(t, "what was left out", func(all []string) bool {
		return len(all) > 0 && strings.HasSuffix(all[len(all)-1], " messages left out: the writer is too slow\n")
	})
	assert.LessOrEqual(t, len(all), 2*256+2)
	stop()
}

// TestTapEndsWithItsWriter: one that fails, panics, or ends its goroutine.
func TestTapEndsWithItsWriter(t *testing.T) {
	for name, end := range map[string]func() error{
		"fails":  func() error { return errors.New("full") },
		"panics": func() error { panic("4111111111111111") },
		"exits":  func() error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			l := startUp(t, startHost(t, linktest.PeerConfig{}))
			var writes journal[int]
			stop, err := l.Tap(writerFunc(func(p []byte) (int, error) {
				writes.add(len(p))
				return 0, end()
			}))
			require.NoError(t, err)
			l.works(3)
			writes.awaitSome(t, 1, "a Write")
			stop()
			l.works(1)
			assert.Len(t, writes.list(), 1)
			if name == "panics" {
				l.awaitStatus("a panic", func(s supervisor.Status) bool { return s.Counters.Panics == 1 })
			}
		})
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestTapOfUnknownLink(t *testing.T) {
	mgr := startManager(t, supervisor.Config{})
	_, err := mgr.Link("nobody").Tap(&screen{})
	require.ErrorIs(t, err, messages.ErrNoLink)
}
