package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

const (
	resetLinks    = 8
	resetRounds   = 1_000 // of all links together
	resetSends    = 50    // of a round
	resetTimeout  = 20 * time.Millisecond
	resetMinimum  = resetRounds / 100
	resetAtLatest = 25 * time.Millisecond // after the first frame of a connection
)

// TestF2SendsTimeOutWhileTheConnectionFails: 1,000 times, 50 sends with 20 ms
// each meet a reset of their connection, at about the time at which they time
// out. None hangs, and each settles once.
func TestF2SendsTimeOutWhileTheConnectionFails(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{Handle: resetSometime()})
	var config supervisor.Config
	for i := range resetLinks {
		c := linkTo(fmt.Sprintf("host-%d", i), host)
		c.Backoff.MinDelay, c.Backoff.Base, c.Backoff.Cap = time.Millisecond, time.Millisecond, 2*time.Millisecond
		config.Links = append(config.Links, c)
	}
	m := startManager(t, config)
	var seen resetCounts
	var wg sync.WaitGroup
	for _, c := range config.Links {
		l := linkOf(t, m, c.Name)
		actor := newClient(t, l)
		wg.Go(func() { assert.NoError(t, resetLink(t, l, actor, &seen)) })
	}
	wg.Wait()
	assert.Greater(t, seen.answered.Load(), int64(resetMinimum))
	assert.Greater(t, seen.timedOut.Load(), int64(resetMinimum))
	assert.Greater(t, seen.lost.Load(), int64(resetMinimum))
	assert.Greater(t, seen.refused.Load(), int64(resetMinimum))
	assert.Greater(t, host.Accepted(), resetRounds/4) // a busy machine has fewer: sends time out before they are written
	t.Logf("answered %d, in doubt by time %d and by reset %d, not sent %d, connections %d", seen.answered.Load(),
		seen.timedOut.Load(), seen.lost.Load(), seen.refused.Load(), host.Accepted())
}

type resetCounts struct {
	answered, timedOut, lost, refused atomic.Int64
}

func (c *resetCounts) note(err error) {
	switch {
	case err == nil:
		c.answered.Add(1)
	case isNotSent(err):
		c.refused.Add(1)
	case errors.Is(err, messages.ErrTimeout):
		c.timedOut.Add(1)
	default:
		c.lost.Add(1)
	}
}

// resetSometime answers every fourth frame, and resets each connection at some
// time after its first.
func resetSometime() linktest.Step {
	return func(c *linktest.Conn, f linktest.Frame) error {
		if f.Seq == 1 {
			after := rand.N(resetAtLatest)
			if err := linktest.Async(linktest.Delay(after, linktest.ResetConn()))(c, f); err != nil {
				return err
			}
		}
		if f.Seq%4 != 0 {
			return nil
		}
		return linktest.Reply()(c, f)
	}
}

// resetLink does one link's rounds: half of the sends are calls, half commands
// of an actor.
func resetLink(t *testing.T, l *testLink, c *client, seen *resetCounts) error {
	for round := range resetRounds / resetLinks {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := l.Await(ctx, messages.Up); err != nil {
			return err
		}
		var wg sync.WaitGroup
		for i := range resetSends {
			frame := newFrame("0200", round*resetSends+i)
			if i%2 == 0 {
				c.send(&messages.Send{Frame: frame, Timeout: resetTimeout, Batch: i%4 == 0})
				continue
			}
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), resetTimeout)
				defer cancel()
				_, err := l.Exchange(ctx, frame)
				seen.note(err)
			})
		}
		returned := make(chan struct{})
		go func() {
			wg.Wait()
			close(returned)
		}()
		select {
		case <-returned:
		case <-ctx.Done():
			return fmt.Errorf("round %d: sends hang", round)
		}
	}
	all := c.results.awaitSome(t, resetRounds/resetLinks*resetSends/2, "results of commands")
	for _, r := range all {
		seen.note(r.result.Err)
	}
	return nil
}

// TestF6InFlightSettleWhenTheSocketIsGone: requests in flight are in doubt as
// soon as the connection is, not at their timeout of 30 s.
func TestF6InFlightSettleWhenTheSocketIsGone(t *testing.T) {
	const sends = 100
	for name, end := range map[string]func(*linktest.Conn) error{
		"reset": (*linktest.Conn).Reset,
		"close": (*linktest.Conn).Close,
	} {
		t.Run(name, func(t *testing.T) {
			rec := newRecorder()
			host := startHost(t, linktest.PeerConfig{Handle: linktest.Drop(), Recorder: rec})
			l := startUp(t, host)
			var sent []<-chan outcome
			for i := range sends {
				sent = append(sent, l.background(context.Background(), newFrame("0200", i)))
			}
			require.NoError(t, rec.WaitTotal(patient(t), sends))
			gone := time.Now()
			require.NoError(t, end(connOf(t, host, 1)))
			for _, s := range sent {
				out := awaitDone(t, "a send", s)
				assert.ErrorIs(t, out.err, messages.ErrInDoubt)
				assert.ErrorIs(t, out.err, messages.ErrLinkDown)
				assert.NotErrorIs(t, out.err, messages.ErrTimeout)
			}
			assert.Less(t, time.Since(gone), 10*time.Second, "a third of their timeout")
			l.awaitSession(2)
		})
	}
}
