package supervisor_test

import (
	"bytes"
	"context"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// Write is that of the link, counted.
func (l *testLink) Write(ctx context.Context, p []byte) error {
	err := l.Link.Write(ctx, p)
	l.tally.note(l.t, l.Name(), true, err)
	return err
}

// TestWriteAsItStands: bytes arrive unframed, whole, and in the order of their
// writer's sends, whatever other callers send at the same time.
func TestWriteAsItStands(t *testing.T) {
	const writers, rounds, size = 8, 50, 20_000 // a write of the link is shorter
	got := make(chan []byte, 1)
	host := startHost(t, linktest.PeerConfig{Script: func(c *linktest.Conn) {
		all, _ := io.ReadAll(c.NetConn())
		got <- all
	}})
	l := startUp(t, host)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range rounds {
				raw := bytes.Repeat([]byte{byte('a' + w)}, size)
				assert.NoError(t, l.Write(patient(t), raw))
				assert.NoError(t, l.PostFrame(patient(t), newFrame("0220", 1_000*w+i)))
			}
		})
	}
	wg.Wait()
	require.NoError(t, l.Close(patient(t)))
	rest := awaitDone(t, "the end of the stream", got)
	var next [writers]int // of each writer: its writes and posts so far
	for len(rest) > 0 {
		if rest[0] >= 'a' {
			w := rest[0] - 'a'
			require.Equal(t, size, len(rest[:size])-len(bytes.TrimLeft(rest[:size], string(rest[:1]))), "in one piece")
			require.Zero(t, next[w]%2, "its post comes first")
			next[w]++
			rest = rest[size:]
			continue
		}
		n := 2 + int(rest[0])<<8 + int(rest[1])
		w := stanOf(rest[2:n]) / 1_000
		require.Equal(t, 2*(stanOf(rest[2:n])%1_000)+1, next[w])
		next[w]++
		rest = rest[n:]
	}
	for w := range next {
		assert.Equal(t, 2*rounds, next[w])
	}
	assert.EqualValues(t, 2*writers*rounds, l.Status().Counters.Posted)
}

// TestWriteRefused: by the limits and states that refuse a post.
func TestWriteRefused(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	l := startUp(t, host, func(c *supervisor.LinkConfig) { c.MaxFrame = bodySize })
	refused := func(want, err error) {
		t.Helper()
		assert.ErrorIs(t, err, messages.ErrNotSent)
		assert.ErrorIs(t, err, want)
		var e *messages.SendError
		assert.ErrorAs(t, err, &e)
	}
	require.NoError(t, l.Link.Write(patient(t), nil))
	require.NoError(t, l.Write(patient(t), make([]byte, 2))) // a frame of no bytes: a keep-alive
	l.works(1)
	refused(messages.ErrFrameTooLarge, l.Write(patient(t), make([]byte, bodySize+1)))
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	refused(context.Canceled, l.Write(gone, []byte("x")))
	require.NoError(t, l.Pause(patient(t)))
	refused(messages.ErrLinkDown, l.Write(patient(t), []byte("x")))
	refused(messages.ErrNoLink, l.manager.Link("nobody").Write(patient(t), []byte("x")))
}

// TestWriteToAPeerThatStalls: what was given up is not sent, or in doubt once part
// of it was; slots come back.
func TestWriteToAPeerThatStalls(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	host := startHost(t, linktest.PeerConfig{Script: func(c *linktest.Conn) {
		smallBuffer(t, c)
		_, err := io.ReadFull(c.NetConn(), make([]byte, 1))
		assert.NoError(t, err)
		close(begun)
		<-release
	}})
	l := startUp(t, host, func(c *supervisor.LinkConfig) {
		c.Dial, c.MaxFrame, c.MaxInFlight = dialBuffered, 16<<20, 2
		c.WriteTimeout = time.Minute
	})
	defer close(release)
	ctx, cancel := context.WithCancel(patient(t))
	defer cancel()
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- l.Write(ctx, make([]byte, 8<<20)) }()
	awaitDone(t, "the first byte", begun)
	go func() { second <- l.Write(ctx, []byte("x")) }()
	l.awaitStatus("in flight", func(s supervisor.Status) bool { return s.InFlight == 2 })
	assert.ErrorIs(t, l.Write(patient(t), []byte("x")), messages.ErrOverloaded)
	cancel()
	assert.ErrorIs(t, awaitDone(t, "the first", first), messages.ErrInDoubt)
	assert.ErrorIs(t, awaitDone(t, "the second", second), messages.ErrNotSent)
}
