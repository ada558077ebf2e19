package main

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/supervisor"
)

const (
	interopCallers = 20
	interopEach    = 50 // exchanges of each caller
	// interopCrossed of the exchanges are crossed by requests of the host: those
	// whose STAN ends in 0.
	interopCrossed = interopCallers * interopEach / 10
	// neverAnswered is how long a request lives that nobody answers.
	neverAnswered = 300 * time.Millisecond
)

// TestInteroperation connects ends of ours with ends of the peer's, in both roles,
// plain and with certificates on both sides, in every framing that the peer has, by
// its own length functions, and by its own pair for whole messages.
func TestInteroperation(t *testing.T) {
	for _, roles := range []struct {
		name    string
		peer    bool
		connect func(*testing.T, *place, string) clientSide
		listen  func(*testing.T, *place) hostSide
	}{
		{"our link to the peer's server", true, connectOurs, listenMoov},
		{"the peer's client to our acceptor", true, connectMoov, listenOurs},
		{"our link to our acceptor", false, connectOurs, listenOurs},
	} {
		t.Run(roles.name, func(t *testing.T) {
			for _, framed := range interopFramings() {
				if framed.borrowed && !roles.peer {
					continue
				}
				for _, secure := range []bool{false, true} {
					name := framed.name + "/plain"
					if secure {
						name = framed.name + "/mtls"
					}
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						at := newPlace(t, framed, secure)
						h := roles.listen(t, at)
						interoperate(t, at, h, roles.connect(t, at, h.address()))
						endByHost(t, at, h, roles.connect(t, at, h.address()))
					})
				}
			}
		})
	}
}

// interoperate exchanges in both directions, and ends the connection at the client.
func interoperate(t *testing.T, at *place, h hostSide, c clientSide) {
	served := h.accepted(t)
	cross := func(stan string) {
		if stan[len(stan)-1] == '0' {
			assert.NoError(t, served.tell(at.ctx, echo(t, "0820", "host", stan)))
			ask(t, at, served, "host", stan)
		}
	}
	at.atHost.before.Store(&cross)

	var unanswered sync.WaitGroup
	var unsent [2]uint64
	for i, end := range []end{c, served} {
		unanswered.Go(func() { unsent[i] = neverAnswer(t, at, end) })
	}
	for _, d := range []*desk{at.atHost, at.atClient} {
		assert.Contains(t, receive(t, at.ctx, d.ignored), "9000")
	}

	var callers sync.WaitGroup
	for n := range interopCallers {
		callers.Go(func() {
			for i := range interopEach {
				ask(t, at, c, "client", fmt.Sprintf("%06d", n*interopEach+i))
			}
		})
	}
	callers.Wait()
	noticed := make(map[string]bool)
	for range interopCrossed {
		noticed[receive(t, at.ctx, at.atClient.notices)] = true
	}
	assert.Len(t, noticed, interopCrossed)
	unanswered.Wait()

	c.close(t)
	_, err := c.exchange(at.ctx, echo(t, "0800", "client", "000001"))
	c.isClosed(t, err)
	served.isLeft(t)
	assertCounters(t, c, supervisor.Counters{
		Answered: interopCallers * interopEach, InDoubt: 1, NotSent: 1 + unsent[0], // that on the closed link
		Requests: 2*interopCrossed + 1, Replied: interopCrossed, Sessions: 1, Attempts: 1,
	})
	assertCounters(t, served, supervisor.Counters{
		Answered: interopCrossed, Posted: interopCrossed, InDoubt: 1, NotSent: unsent[1],
		Requests: interopCallers*interopEach + 1, Replied: interopCallers * interopEach, Sessions: 1,
	})
}

// neverAnswer sends a request that nobody answers, and again, with another STAN, where
// the machine stood still until its time was over; it returns how many were not sent.
func neverAnswer(t *testing.T, at *place, e end) (unsent uint64) {
	for {
		ctx, cancel := context.WithTimeout(at.ctx, neverAnswered)
		_, err := e.exchange(ctx, echo(t, "0800", "none", fmt.Sprintf("%06d", 900_001+unsent)))
		cancel()
		if !e.isUnanswered(t, err) || at.ctx.Err() != nil {
			return unsent
		}
		unsent++
	}
}

// endByHost ends another connection at the host.
func endByHost(t *testing.T, at *place, h hostSide, c clientSide) {
	served := h.accepted(t)
	ask(t, at, c, "client", "000001")
	ask(t, at, served, "host", "000001")
	h.close(t)
	c.isLeft(t)
	c.close(t)
}

// ask makes one exchange, and judges that the answer is its own: not that of
// another caller, nor that of a request with the same STAN in the other direction.
func ask(t *testing.T, at *place, e end, who, stan string) {
	t.Helper()
	request := echo(t, "0800", who, stan)
	reply, err := e.exchange(at.ctx, request)
	if !assert.NoError(t, err, "%s %s", who, stan) {
		return
	}
	var got [3]string
	for i, field := range []int{0, 11, 37} {
		got[i], err = reply.GetString(field)
		assert.NoError(t, err)
	}
	assert.Equal(t, [3]string{"0810", stan, mark(who, stan)}, got)
}

// assertCounters judges what an end has counted, where it is one of ours.
func assertCounters(t *testing.T, e any, want supervisor.Counters) {
	t.Helper()
	var ours *ourEnd
	switch e := e.(type) {
	case *ourEnd:
		ours = e
	case *ourClient:
		ours = &e.ourEnd
	default:
		return
	}
	assert.Equal(t, want, ours.link.Status().Counters)
}

// receive waits for a value of a channel.
func receive[T any](t *testing.T, ctx context.Context, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-ctx.Done():
		require.FailNow(t, "nothing came")
		panic("not reached")
	}
}
