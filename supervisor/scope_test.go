package supervisor_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

func onOther(i int) int { return 1 - i }
func onNone(int) int    { return nowhere }

// TestScopeAnswersOnSiblings: two hosts that answer on each other's connections
// leave nothing in doubt.
func TestScopeAnswersOnSiblings(t *testing.T) {
	r := startScope(t, 2, onOther, nil)
	const callers, sends = 10, 50
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for i := range sends {
				frame := newFrame("0200", caller*1_000+i)
				reply, err := r.Exchange(patient(t), frame)
				assert.NoError(t, err)
				assert.Equal(t, string(response(frame)), string(reply))
			}
		})
	}
	wg.Wait()
	for i := range 2 {
		c := r.link(i).Status().Counters
		assert.EqualValues(t, callers*sends/2, c.Answered, "each link counts what it has sent")
		assert.Zero(t, c.InDoubt+c.Unmatched+c.Late)
	}
}

// TestScopeRefusesAKeyOfASibling: nobody could tell whose the response is.
func TestScopeRefusesAKeyOfASibling(t *testing.T) {
	r := startScope(t, 2, onNone, nil)
	first := r.send(0, newFrame("0200", 7))
	_, err := r.link(1).Exchange(patient(t), newFrame("0200", 7))
	require.ErrorIs(t, err, messages.ErrDuplicateKey)
	r.answerHeld(0)
	require.NoError(t, awaitDone(t, "the first one", first))
	second := r.send(1, newFrame("0200", 7))
	r.answerHeld(0)
	require.NoError(t, awaitDone(t, "the second one", second))
}

// TestScopeWaitsForASibling: what was written when its session ended is answered on
// another link.
func TestScopeWaitsForASibling(t *testing.T) {
	r := startScope(t, 2, onNone, nil)
	sent := r.send(0, newFrame("0200", 7))
	r.breaks(0)
	r.answerHeld(1)
	require.NoError(t, awaitDone(t, "the send", sent))
	assert.EqualValues(t, 1, r.link(0).Status().Counters.Answered)
}

// TestScopeSettles: with Settle the caller is told at once, and the answer on another
// link is a late reply of the link that was asked.
func TestScopeSettles(t *testing.T) {
	var lates lateLog
	r := startScope(t, 2, onNone, func(c *rigConfig) {
		for i := range c.links {
			c.links[i].OnDisconnect = supervisor.Settle
		}
		lates.over(&c.links[0])
	})
	sent := r.send(0, newFrame("0200", 7))
	r.breaks(0)
	require.ErrorIs(t, awaitDone(t, "the send", sent), messages.ErrInDoubt)
	r.answerHeld(1)
	late := lates.hook.awaitSome(t, 1, "a late reply")[0]
	assert.Equal(t, [2]string{"a", "b"}, [2]string{late.Link, late.ReceivedLink})
}

// TestWaitForTheNextSession: a link of its own may wait, too.
func TestWaitForTheNextSession(t *testing.T) {
	r := startScope(t, 1, onNone, func(c *rigConfig) {
		c.links[0].Scope, c.links[0].OnDisconnect = "", supervisor.Wait
	})
	sent := r.send(0, newFrame("0200", 7))
	require.NoError(t, connOf(t, r.hosts[0], 1).Reset())
	r.isBack(0, 2)
	r.answerHeld(0)
	require.NoError(t, awaitDone(t, "the send", sent))
}

// TestWaitEndsByTheDeadline, though no link has a session; then the key is reserved
// for the late window, and a late reply is told.
func TestWaitEndsByTheDeadline(t *testing.T) {
	var lates lateLog
	r := startScope(t, 2, onNone, func(c *rigConfig) {
		for i := range c.links {
			c.links[i].SendTimeout = 6 * short
		}
		lates.over(&c.links[0])
	})
	start := time.Now()
	sent := r.send(0, newFrame("0200", 7))
	r.breaks(0)
	r.breaks(1)
	err := awaitDone(t, "the send", sent)
	require.ErrorIs(t, err, messages.ErrInDoubt)
	require.ErrorIs(t, err, messages.ErrTimeout)
	assert.GreaterOrEqual(t, time.Since(start), 6*short)

	require.NoError(t, r.hosts[1].SetAdmission(linktest.Admit))
	r.isBack(1, 2)
	_, err = r.link(1).Exchange(patient(t), newFrame("0200", 7))
	require.ErrorIs(t, err, messages.ErrDuplicateKey)
	r.answerHeld(1)
	assert.Equal(t, "b", lates.hook.awaitSome(t, 1, "a late reply")[0].ReceivedLink)
}

// TestWaitIsCancelled: the caller's context ends the wait, and the key is reserved.
func TestWaitIsCancelled(t *testing.T) {
	var lates lateLog
	r := startScope(t, 2, onNone, func(c *rigConfig) { lates.over(&c.links[0]) })
	ctx, cancel := context.WithCancel(context.Background())
	sent := r.sendWith(ctx, 0, newFrame("0200", 7))
	r.breaks(0)
	cancel()
	require.ErrorIs(t, awaitDone(t, "the send", sent), messages.ErrInDoubt)
	r.answerHeld(1)
	assert.Equal(t, "a", lates.hook.awaitSome(t, 1, "a late reply")[0].Link)
	r.close(t, 0)
}

// close ends link i, which must have nothing to wait for.
func (r *scopeRig) close(t *testing.T, i int) {
	t.Helper()
	require.NoError(t, r.link(i).Close(patient(t)))
	assert.Zero(t, r.link(i).Status().InFlight)
}

// TestScopeDrains: a link that is paused or closed waits for what its siblings bring,
// with and without a session of its own.
func TestScopeDrains(t *testing.T) {
	for name, breaks := range map[string]bool{"with a session": false, "without": true} {
		t.Run(name, func(t *testing.T) {
			r := startScope(t, 2, onNone, nil)
			sent := r.send(0, newFrame("0200", 7))
			state := messages.Draining
			if breaks {
				r.breaks(0)
				state = messages.Closed
			}
			closed := make(chan error, 1)
			go func() { closed <- r.link(0).Close(patient(t)) }()
			require.NoError(t, r.link(0).Await(patient(t), state))
			assert.Empty(t, closed)
			r.answerHeld(1)
			require.NoError(t, awaitDone(t, "the send", sent))
			require.NoError(t, awaitDone(t, "Close", closed))
		})
	}
}

// TestScopeDrainIsCut: when the context ends, what waits is in doubt, and reported.
func TestScopeDrainIsCut(t *testing.T) {
	for name, test := range map[string]struct {
		breaks bool
		order  func(*supervisor.Link, context.Context) error
	}{
		"close":                      {false, (*supervisor.Link).Close},
		"close, without a session":   {true, (*supervisor.Link).Close},
		"pause":                      {false, (*supervisor.Link).Pause},
		"restart":                    {false, (*supervisor.Link).Restart},
		"its removal, and its names": {true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := startScope(t, 2, onNone, nil)
			sent := r.send(0, newFrame("0200", 7))
			if test.breaks {
				r.breaks(0)
			}
			order := func() error { return test.order(r.link(0), within(t, short)) }
			if test.order == nil {
				order = func() error { return r.manager.RemoveLink(within(t, short), "a") }
			}
			var report *messages.DrainError
			require.ErrorAs(t, order(), &report)
			assert.EqualValues(t, 1, report.InDoubt)
			require.ErrorIs(t, awaitDone(t, "the send", sent), messages.ErrInDoubt)
		})
	}
}

// TestLateReplyOfARemovedLink is told by the link that it came on.
func TestLateReplyOfARemovedLink(t *testing.T) {
	var lates lateLog
	r := startScope(t, 2, onNone, func(c *rigConfig) { lates.over(&c.links[1]) })
	sent := r.send(0, newFrame("0200", 7))
	require.Error(t, r.manager.RemoveLink(within(t, short), "a"))
	require.ErrorIs(t, awaitDone(t, "the send", sent), messages.ErrInDoubt)
	r.answerHeld(1)
	assert.Equal(t, "a", lates.hook.awaitSome(t, 1, "a late reply")[0].Link)
}

// TestScopeUnderLoad: hosts that answer on any connection, and break them again and
// again, cost no send its one outcome.
func TestScopeUnderLoad(t *testing.T) {
	r := startScope(t, 3, func(int) int { return rand.IntN(3) }, func(c *rigConfig) {
		for i := range c.links {
			c.links[i].SendTimeout = 4 * short
			hasty(&c.links[i])
		}
	})
	load := loadOn(r.rig)
	for session := range 20 {
		_ = connOf(t, r.hosts[session%3], session/3+1).Reset()
		require.NoError(t, r.link(session%3).Await(patient(t), messages.Up))
		before := load.tally.answered.Load()
		require.Eventually(t, func() bool { return load.tally.answered.Load() >= before+200 }, patience, time.Millisecond)
	}
	load.end()
	assert.Positive(t, load.tally.inDoubt.Load(), "some answers were lost with their connection")
	assert.Less(t, load.tally.inDoubt.Load(), load.tally.sends.Load()/5)
}

func TestScopeConfig(t *testing.T) {
	link := func(name string, change func(*supervisor.LinkConfig)) supervisor.LinkConfig {
		c := supervisor.LinkConfig{Name: name, Addrs: []string{"127.0.0.1:1"}, Spec: spec, Framing: binary2, Scope: "pair"}
		if change != nil {
			change(&c)
		}
		return c
	}
	another := *spec
	for field, change := range map[string]func(*supervisor.LinkConfig){
		"Spec":           func(c *supervisor.LinkConfig) { c.Spec = &another },
		"KeyFields":      func(c *supervisor.LinkConfig) { c.KeyFields = []int{11, 41} },
		"ClassKeyFields": func(c *supervisor.LinkConfig) { c.ClassKeyFields = map[byte][]int{'2': {11, 41}} },
		"KeyFunc":        func(c *supervisor.LinkConfig) { c.KeyFunc = messages.HeaderKey(0, 2) },
		"NormalizeKeys":  func(c *supervisor.LinkConfig) { c.NormalizeKeys = true },
		"VerifyFields":   func(c *supervisor.LinkConfig) { c.VerifyFields = []int{41} },
		"SendTimeout":    func(c *supervisor.LinkConfig) { c.SendTimeout = time.Second },
		"LateWindow":     func(c *supervisor.LinkConfig) { c.LateWindow = time.Second },
	} {
		_, err := supervisor.New(nil, supervisor.Config{Links: []supervisor.LinkConfig{link("a", nil), link("b", change)}})
		var fault *messages.ConfigError
		require.ErrorAs(t, err, &fault, field)
		assert.Equal(t, [2]string{"b", field}, [2]string{fault.Link, fault.Field})

		m := startManager(t, supervisor.Config{Links: []supervisor.LinkConfig{link("a", nil)}})
		_, err = m.AddLink(link("b", change))
		require.ErrorAs(t, err, &fault, field)
		require.NoError(t, m.RemoveLink(patient(t), "a"))
		_, err = m.AddLink(link("b", change))
		require.NoError(t, err, "the scope has gone with its last link")
	}
}
