package supervisor_test

import (
	"sync"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// withSTANs gives a link an allocator of that range.
func withSTANs(t *testing.T, first, last uint64) func(*supervisor.LinkConfig) {
	t.Helper()
	stans, err := messages.NewSTANs(messages.STANConfig{First: first, Last: last})
	require.NoError(t, err)
	return func(c *supervisor.LinkConfig) {
		c.STANs = stans
		c.MaxInFlight, c.MaxLate = 100, 100
	}
}

// unnumbered is a request without a STAN.
func unnumbered(t *testing.T, mti string) *iso8583.Message {
	t.Helper()
	msg := newMessage(t, mti, 0)
	msg.UnsetField(11)
	return msg
}

// TestSTANsAreGiven: to what has none, and to nothing else.
func TestSTANsAreGiven(t *testing.T) {
	rec := newRecorder()
	host := startHost(t, linktest.PeerConfig{Recorder: rec})
	l := startUp(t, host, withSTANs(t, 500, 599))
	seen := make(map[string]bool)
	for range 50 {
		msg := unnumbered(t, "0200")
		_, err := l.Send(patient(t), msg)
		require.NoError(t, err)
		stan, err := msg.GetString(11)
		require.NoError(t, err)
		assert.False(t, seen[stan], stan)
		assert.True(t, stan >= "000500" && stan <= "000599", stan)
		seen[stan] = true
	}
	own := newMessage(t, "0200", 7)
	_, err := l.Send(patient(t), own)
	require.NoError(t, err)
	stan, err := own.GetString(11)
	require.NoError(t, err)
	assert.Equal(t, "000007", stan)
	require.NoError(t, l.Post(patient(t), unnumbered(t, "0220")))
	c := newClient(t, l)
	c.send(&messages.Send{Message: unnumbered(t, "0200")})
	require.NoError(t, c.results.awaitSome(t, 1, "a result")[0].result.Err)
}

// TestReservedSTANsAreSkipped: those in flight and in doubt are not given again;
// when none is left, the send is refused, and counted once.
func TestReservedSTANsAreSkipped(t *testing.T) {
	const stans, held = 20, 15
	rec := newRecorder()
	release := make(chan struct{})
	free := sync.OnceFunc(func() { close(release) })
	defer free() // a test that fails does not wait
	host := startHost(t, linktest.PeerConfig{Recorder: rec, Handle: func(c *linktest.Conn, f linktest.Frame) error {
		if linktest.MTI(f.Body) == "0100" {
			return linktest.Async(linktest.Hold(release, linktest.Reply()))(c, f)
		}
		return linktest.Reply()(c, f)
	}})
	l := startUp(t, host, withSTANs(t, 1, stans))
	var holding sync.WaitGroup
	for range held {
		holding.Go(func() {
			_, err := l.Send(patient(t), unnumbered(t, "0100"))
			assert.NoError(t, err)
		})
	}
	require.NoError(t, rec.WaitTotal(patient(t), held))
	for range 3*stans + 4 { // round and round, to end among those that are held
		_, err := l.Send(patient(t), unnumbered(t, "0120"))
		require.NoError(t, err, "another function has keys of its own")
		_, err = l.Send(patient(t), unnumbered(t, "0200"))
		require.NoError(t, err, "so has another class")
	}
	for range stans - held {
		holding.Go(func() {
			_, err := l.Send(patient(t), unnumbered(t, "0100"))
			assert.NoError(t, err)
		})
	}
	s := l.awaitStatus("all of them", func(s supervisor.Status) bool { return s.InFlight == stans || s.Counters.NotSent > 0 })
	require.Zero(t, s.Counters.NotSent, "one that is held was given again")
	require.Eventually(t, func() bool {
		mtis := 0
		for _, e := range received(rec) {
			if e.MTI == "0100" {
				mtis++
			}
		}
		return mtis == stans
	}, patience, time.Millisecond)
	_, err := l.Send(patient(t), unnumbered(t, "0100"))
	require.ErrorIs(t, err, messages.ErrDuplicateKey, "none is left")
	assert.EqualValues(t, 1, l.Status().Counters.NotSent, "and that is one send")
	free()
	holding.Wait()
}
