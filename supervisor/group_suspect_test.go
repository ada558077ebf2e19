package supervisor_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// suspicious is a group that prefers "a", whose host answers from frame silent on.
func suspicious(t *testing.T, silent int, suspect supervisor.SuspectConfig) *rig {
	t.Helper()
	return startUpRig(t, 2, func(c *rigConfig) {
		c.hosts[0].Handle = linktest.StepsThen(linktest.Reply(), slices.Repeat([]linktest.Step{linktest.Drop()}, silent)...)
	}, func(c *rigConfig) {
		c.group.Strategy, c.group.Suspect = supervisor.PrimaryBackup(), suspect
	})
}

// suspects are the names of the suspect links.
func (r *rig) suspects() []string {
	var all []string
	s := r.Status()
	for _, l := range s.Links {
		if l.Suspect {
			all = append(all, l.Name)
		}
	}
	assert.Len(r.t, all, s.Suspect)
	return all
}

// TestGroupSuspectsInDoubt: After requests in doubt in a row, and no fewer, make a
// link suspect: what comes next goes elsewhere, until For has passed.
func TestGroupSuspectsInDoubt(t *testing.T) {
	r := suspicious(t, 3, supervisor.SuspectConfig{After: 3, For: time.Hour})
	for i := range 3 {
		assert.Empty(t, r.suspects())
		r.doubt(0, i)
	}
	assert.Equal(t, []string{"a"}, r.suspects())
	assert.Equal(t, 2, r.Status().Up, "it is up all the same")
	assert.False(t, r.Status().Degraded)
	for i := range 5 {
		r.works(10 + i)
	}
	require.NoError(t, r.PostFrame(patient(t), newFrame("0220", 1)))
	require.NoError(t, r.logs[1].WaitTotal(patient(t), 6))
	assert.Equal(t, []int{3, 6}, r.totals())
}

// TestGroupSuspectsInARow: an answer between starts the count anew; with a negative
// After nothing counts; what its caller cancelled does not count.
func TestGroupSuspectsInARow(t *testing.T) {
	t.Run("answers between", func(t *testing.T) {
		r := startUpRig(t, 1, func(c *rigConfig) {
			c.hosts[0].Handle = linktest.Steps(linktest.Drop(), linktest.Reply(), linktest.Drop())
		}, func(c *rigConfig) { c.group.Suspect.After = 2 })
		r.doubt(0, 1)
		r.works(2)
		r.doubt(0, 3)
		assert.Empty(t, r.suspects())
	})
	t.Run("off", func(t *testing.T) {
		r := suspicious(t, 8, supervisor.SuspectConfig{After: -1})
		for i := range 8 {
			r.doubt(0, i)
		}
		assert.Empty(t, r.suspects())
		r.works(9)
		assert.Equal(t, []int{9, 0}, r.totals())
	})
	t.Run("cancelled", func(t *testing.T) {
		r := suspicious(t, 1, supervisor.SuspectConfig{After: 1})
		ctx, cancel := context.WithCancel(context.Background())
		sent := r.background(ctx, newFrame("0200", 1))
		require.NoError(t, r.logs[0].WaitTotal(patient(t), 1))
		cancel()
		require.ErrorIs(t, awaitDone(t, "the send", sent), messages.ErrInDoubt)
		assert.Empty(t, r.suspects())
	})
}

// TestGroupSessionEndCountsOnce: all that was in doubt because one session ended is
// one mishap.
func TestGroupSessionEndCountsOnce(t *testing.T) {
	const sends = 10
	r := startUpRig(t, 1, func(c *rigConfig) { c.hosts[0].Handle = linktest.Drop() }, func(c *rigConfig) {
		c.group.Suspect = supervisor.SuspectConfig{After: 2, For: time.Hour}
	})
	for session := 1; session <= 2; session++ {
		require.Eventually(t, func() bool {
			s := r.manager.Link("a").Status()
			return s.State == messages.Up && s.Session == uint64(session)
		}, patience, time.Millisecond)
		assert.Empty(t, r.suspects())
		var sent []<-chan error
		for i := range sends {
			sent = append(sent, r.background(patient(t), newFrame("0200", session*sends+i)))
		}
		require.NoError(t, r.logs[0].WaitTotal(patient(t), session*sends))
		require.NoError(t, connOf(t, r.hosts[0], session).Reset())
		for _, out := range sent {
			require.ErrorIs(t, awaitDone(t, "the send", out), messages.ErrInDoubt)
		}
	}
	assert.Equal(t, []string{"a"}, r.suspects())
}

// TestGroupTrial: when For has passed, one request at a time is the trial, and no
// post; its answer ends the suspicion, and its failure prolongs it.
func TestGroupTrial(t *testing.T) {
	release := make(chan struct{})
	r := startUpRig(t, 2, func(c *rigConfig) {
		c.hosts[0].Handle = linktest.Steps(linktest.Drop(), linktest.Drop(), linktest.Hold(release, linktest.Reply()))
	}, func(c *rigConfig) {
		c.group.Strategy, c.group.Suspect = supervisor.PrimaryBackup(), supervisor.SuspectConfig{After: 1, For: 1}
	})
	r.doubt(0, 1)
	assert.Equal(t, []string{"a"}, r.suspects())
	require.NoError(t, r.PostFrame(patient(t), newFrame("0220", 1)))
	require.NoError(t, r.logs[1].WaitTotal(patient(t), 1))
	r.doubt(0, 2) // a trial that fails
	assert.Equal(t, []string{"a"}, r.suspects())

	trial := r.background(patient(t), newFrame("0200", 3))
	require.NoError(t, r.logs[0].WaitTotal(patient(t), 3))
	for i := range 5 {
		r.works(10 + i)
	}
	assert.Equal(t, []int{3, 6}, r.totals(), "one trial at a time")
	assert.Equal(t, []string{"a"}, r.suspects())
	close(release)
	require.NoError(t, awaitDone(t, "the trial", trial))
	assert.Empty(t, r.suspects())
	r.works(20)
	assert.Equal(t, []int{4, 6}, r.totals())
}

// TestGroupTrialThatWasNotSent: it is no trial, and the next request is.
func TestGroupTrialThatWasNotSent(t *testing.T) {
	r := suspicious(t, 1, supervisor.SuspectConfig{After: 1, For: 1})
	r.doubt(0, 1)
	_, err := r.Exchange(patient(t), newFrame("0210", 2))
	require.ErrorIs(t, err, messages.ErrNoRequest)
	assert.Equal(t, []string{"a"}, r.suspects())
	r.works(3)
	assert.Empty(t, r.suspects())
	assert.Equal(t, []int{2, 0}, r.totals())
}

// TestGroupTrialThatEndsItsGoroutine: it is none either: the link is not left out for good.
func TestGroupTrialThatEndsItsGoroutine(t *testing.T) {
	var dislikes atomic.Bool
	r := startUpRig(t, 2, nil, func(c *rigConfig) {
		c.group.Strategy = supervisor.PrimaryBackup()
		c.group.Suspect = supervisor.SuspectConfig{After: 1, For: 1, Judge: func([]byte) bool { return !dislikes.Load() }}
		for i := range c.links {
			c.links[i].KeyFunc = func(m *messages.Received) (messages.Key, error) {
				if m.MTI.Class() == '4' {
					goexit()
				}
				return messages.NewKey(m.MTI, string(m.Frame[rrnEnd-12:rrnEnd]))
			}
		}
	})
	dislikes.Store(true)
	r.works(1)
	assert.Equal(t, []string{"a"}, r.suspects())
	dislikes.Store(false)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = r.Exchange(patient(t), newFrame("0400", 2))
	}()
	awaitDone(t, "the trial", ended)
	r.works(3)
	assert.Empty(t, r.suspects())
	assert.Equal(t, []int{2, 0}, r.totals())
}

// TestGroupAllSuspect: then all of them are used.
func TestGroupAllSuspect(t *testing.T) {
	r := startUpRig(t, 2, func(c *rigConfig) {
		c.hosts[0].Handle, c.hosts[1].Handle = linktest.Steps(linktest.Drop()), linktest.Steps(linktest.Drop())
	}, func(c *rigConfig) { c.group.Suspect = supervisor.SuspectConfig{After: 1, For: time.Hour} })
	r.doubt(0, 1)
	r.doubt(1, 2)
	assert.Equal(t, []string{"a", "b"}, r.suspects())
	for i := range 4 {
		r.works(3 + i)
	}
	require.NoError(t, r.PostFrame(patient(t), newFrame("0220", 1)))
	assert.Equal(t, []string{"a", "b"}, r.suspects(), "none was a trial")
}

// TestGroupJudge: responses that the judge does not like make a link suspect, and
// are the callers' all the same; one that panics has said nothing.
func TestGroupJudge(t *testing.T) {
	var likes atomic.Bool
	var panics atomic.Bool
	r := suspicious(t, 0, supervisor.SuspectConfig{After: 2, For: 1, Judge: func(response []byte) bool {
		if panics.Load() {
			panic(errors.New("no"))
		}
		return likes.Load() || string(response[:4]) != "0210"
	}})
	panics.Store(true)
	for i := range 4 {
		r.works(i)
	}
	assert.EqualValues(t, 4, r.Status().Panics)
	assert.Empty(t, r.suspects())
	panics.Store(false)
	r.works(5)
	assert.Empty(t, r.suspects())
	r.works(6)
	assert.Equal(t, []string{"a"}, r.suspects())
	r.works(7) // a trial that fails
	assert.Equal(t, []string{"a"}, r.suspects())
	likes.Store(true)
	r.works(8)
	assert.Empty(t, r.suspects())
	assert.Equal(t, []int{8, 0}, r.totals())
}

// TestGroupTrialsUnderLoad: trials of links that come and go in suspicion let at most
// one send at a time through.
func TestGroupTrialsUnderLoad(t *testing.T) {
	var likes atomic.Bool
	r := startUpRig(t, 2, nil, func(c *rigConfig) {
		c.group.Suspect = supervisor.SuspectConfig{After: 1, For: 1, Judge: func(response []byte) bool {
			return likes.Load() || stanOf(response)%3 != 0
		}}
	})
	load := loadOn(r)
	require.NoError(t, r.logs[0].WaitTotal(patient(t), 1000))
	likes.Store(true)
	require.Eventually(t, func() bool { return r.Status().Suspect == 0 }, patience, time.Millisecond)
	before := r.totals()
	require.NoError(t, r.logs[0].WaitTotal(patient(t), before[0]+100))
	require.NoError(t, r.logs[1].WaitTotal(patient(t), before[1]+100))
	load.end()
	assert.Equal(t, load.tally.sends.Load(), load.tally.answered.Load())
}
