package floor_test

import (
	"context"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// held is a TCP connection whose attempts to write without waiting the test holds
// after they were made.
type held struct {
	*net.TCPConn
	attempts *atomic.Int64
	release  chan struct{}
}

func (h held) SyscallConn() (syscall.RawConn, error) {
	raw, err := h.TCPConn.SyscallConn()
	return heldRaw{raw, h}, err
}

type heldRaw struct {
	syscall.RawConn
	h held
}

func (r heldRaw) Write(f func(fd uintptr) bool) error {
	err := r.RawConn.Write(f)
	r.h.attempts.Add(1)
	<-r.h.release
	return err
}

// A caller that writes for others goes home when its own exchange is settled: else a
// busy link would hold it beyond its deadline.
func TestCallerDoesNotWriteForOthersOnceItIsAnswered(t *testing.T) {
	conn, p := connect(t)
	h := held{TCPConn: conn.(*net.TCPConn), attempts: new(atomic.Int64), release: make(chan struct{})}
	c := newContract(h, 0)
	first := start(t, c, request(1))
	assert.Equal(t, request(1), p.read())
	second := start(t, c, request(2))
	p.send(response(1), []byte("not a message of ours"))
	require.Eventually(t, func() bool {
		return c.Counts().Unmatched == 1 && c.Queued() == 1
	}, time.Minute, time.Millisecond, "the first is answered, the second queued")
	close(h.release)
	requireAnswered(t, <-first, 1)
	assert.Equal(t, request(2), p.read())
	p.send(response(2))
	requireAnswered(t, <-second, 2)
	assert.EqualValues(t, 1, h.attempts.Load(), "the second was written in the background")
	require.NoError(t, c.Close())
}

// An exchange that is answered and cancelled before its caller looks is answered,
// and its signal does not reach the next exchange.
func TestAnswerBeatsCancel(t *testing.T) {
	conn, p := connect(t)
	h := held{TCPConn: conn.(*net.TCPConn), attempts: new(atomic.Int64), release: make(chan struct{})}
	c := newContract(h, 0)
	for i := range uint32(40) { // which of two that are ready a select takes is left to chance
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan result, 1)
		go func() {
			response, err := c.Exchange(ctx, request(i))
			done <- result{response, err}
		}()
		p.read()
		p.send(response(i), []byte("not a message of ours"))
		require.Eventually(t, func() bool {
			return c.Counts().Unmatched == uint64(i)+1
		}, time.Minute, time.Millisecond, "the exchange is answered")
		cancel()
		h.release <- struct{}{}
		requireAnswered(t, <-done, i)
	}
	require.NoError(t, c.Close())
}
