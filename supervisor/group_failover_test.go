package supervisor_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestGroupWithoutAnyUp: a group sends over links that are up alone; without any it
// refuses at once, in its own name.
func TestGroupWithoutAnyUp(t *testing.T) {
	r := startUpRig(t, 2, nil, nil)
	for _, l := range r.manager.Links() {
		require.NoError(t, l.Pause(patient(t)))
	}
	_, err := r.Exchange(context.Background(), newFrame("0200", 1))
	var e *messages.SendError
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "all", e.Link)
	assert.ErrorIs(t, err, messages.ErrNotSent)
	assert.ErrorIs(t, err, messages.ErrLinkDown)
	require.NoError(t, r.manager.Close(patient(t)))
	_, err = r.Exchange(context.Background(), newFrame("0200", 1))
	assert.ErrorIs(t, err, messages.ErrNotSent)
	assert.ErrorIs(t, err, messages.ErrClosed)
	assert.Equal(t, []int{0, 0}, r.totals())
}

// TestGroupPassesOn: what a link refuses for its own reasons, the next one sends
// within the same call; when all refuse, the error is that of the last, and what no
// other link was offered is not counted as passed on.
func TestGroupPassesOn(t *testing.T) {
	release := make(chan struct{})
	r := startUpRig(t, 2, func(c *rigConfig) {
		for i := range c.hosts {
			c.hosts[i].Handle = linktest.Steps(linktest.Hold(release, linktest.Reply()))
		}
	}, func(c *rigConfig) {
		c.group.Strategy = supervisor.PrimaryBackup()
		c.links[0].MaxInFlight, c.links[1].MaxInFlight = 1, 1
	})
	first := r.background(patient(t), newFrame("0200", 1))
	require.NoError(t, r.logs[0].WaitTotal(patient(t), 1))
	second := r.background(patient(t), newFrame("0200", 2))
	require.NoError(t, r.logs[1].WaitTotal(patient(t), 1))
	assert.EqualValues(t, 1, r.Status().PassedOn)

	_, err := r.Exchange(patient(t), newFrame("0200", 3))
	var e *messages.SendError
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "b", e.Link)
	assert.ErrorIs(t, err, messages.ErrNotSent)
	assert.ErrorIs(t, err, messages.ErrOverloaded)
	err = r.PostFrame(patient(t), newFrame("0220", 4))
	assert.ErrorIs(t, err, messages.ErrOverloaded)
	assert.EqualValues(t, 3, r.Status().PassedOn)
	close(release)
	assert.NoError(t, awaitDone(t, "the first", first))
	assert.NoError(t, awaitDone(t, "the second", second))
	r.works(5)
	assert.Equal(t, []int{2, 1}, r.totals())
}

// TestGroupDoesNotPassOn: what no other link would send either, and what may have
// been sent, is told at once.
func TestGroupDoesNotPassOn(t *testing.T) {
	r := startUpRig(t, 2, func(c *rigConfig) {
		c.hosts[0].Handle, c.hosts[1].Handle = linktest.Drop(), linktest.Drop()
	}, func(c *rigConfig) {
		c.group.Strategy, c.group.Suspect.After = supervisor.PrimaryBackup(), -1
		c.links[0].MaxFrame = 200
		c.links[0].SendTimeout, c.links[1].SendTimeout = 2*patience, 2*patience
	})
	why := errors.New("the cardholder left")
	gone, cancel := context.WithCancelCause(context.Background())
	cancel(why)
	exchange := func(ctx context.Context, frame []byte) error {
		_, err := r.Exchange(ctx, frame)
		return err
	}
	r.doubt(0, 1) // keeps its key
	for name, test := range map[string]struct {
		send  func() error
		cause error
	}{
		"no message":     {func() error { _, err := r.Send(patient(t), nil); return err }, messages.ErrPack},
		"no key":         {func() error { return exchange(patient(t), []byte("0200")) }, messages.ErrNoKey},
		"no request":     {func() error { return exchange(patient(t), newFrame("0210", 2)) }, messages.ErrNoRequest},
		"too large":      {func() error { return exchange(patient(t), newLongFrame("0200", 2, 201)) }, messages.ErrFrameTooLarge},
		"key in use":     {func() error { return exchange(patient(t), newFrame("0200", 1)) }, messages.ErrDuplicateKey},
		"cancelled":      {func() error { return exchange(gone, newFrame("0200", 2)) }, why},
		"deadline":       {func() error { return exchange(within(t, -time.Second), newFrame("0200", 2)) }, messages.ErrTimeout},
		"post, no frame": {func() error { return r.PostFrame(patient(t), nil) }, messages.ErrNoKey},
		"post, nil":      {func() error { return r.Post(patient(t), nil) }, messages.ErrPack},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.send()
			assert.ErrorIs(t, err, messages.ErrNotSent)
			assert.ErrorIs(t, err, test.cause)
		})
	}
	ctx, leave := context.WithCancel(context.Background())
	sent := r.background(ctx, newFrame("0200", 3))
	require.NoError(t, r.logs[0].WaitTotal(patient(t), 2))
	leave()
	assert.ErrorIs(t, awaitDone(t, "the send", sent), messages.ErrInDoubt)
	assert.Zero(t, r.Status().PassedOn)
	assert.Equal(t, []int{2, 0}, r.totals())
}

// TestGroupInDoubtStays: what a link has sent goes to no other, though the session
// ended and the call has time left.
func TestGroupInDoubtStays(t *testing.T) {
	r := startUpRig(t, 2, func(c *rigConfig) { c.hosts[0].Handle = linktest.ResetConn() },
		strategy(supervisor.PrimaryBackup()))
	_, err := r.Exchange(patient(t), newFrame("0200", 1))
	require.ErrorIs(t, err, messages.ErrInDoubt)
	require.ErrorIs(t, err, messages.ErrLinkDown)
	assert.Zero(t, r.Status().PassedOn)
	assert.Equal(t, []int{1, 0}, r.totals())
}

// TestGroupSendTimeout: without a context's deadline, a send ends by the group's
// SendTimeout though its links' is longer.
func TestGroupSendTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer := linktest.NewPipePeer(linktest.PeerConfig{Framing: binary2, Handle: linktest.Drop()})
		defer peer.Close()
		m, err := supervisor.New(nil, supervisor.Config{
			Logger: quiet,
			Links: []supervisor.LinkConfig{{
				Name: "a", Addrs: []string{"pipe:1"}, Spec: spec, Framing: binary2, Dial: peer.Dial, SendTimeout: time.Hour,
			}},
			Groups: []supervisor.GroupConfig{{Name: "all", Links: []string{"a"}, SendTimeout: 7 * time.Second}},
		})
		require.NoError(t, err)
		require.NoError(t, m.Group("all").Await(t.Context(), messages.Up))
		start := time.Now()
		_, err = m.Group("all").Exchange(context.Background(), newFrame("0200", 1))
		assert.ErrorIs(t, err, messages.ErrInDoubt)
		assert.ErrorIs(t, err, messages.ErrTimeout)
		assert.Equal(t, 7*time.Second, time.Since(start))
		require.NoError(t, m.Close(t.Context()))
		time.Sleep(time.Minute) // fake: what timers are left run out
	})
}

// stalledRig is a group of two links that prefers the first, whose peer takes
// nothing; its SendTimeout is 4 × short.
func stalledRig(t *testing.T) *rig {
	t.Helper()
	return startUpRig(t, 2, func(c *rigConfig) {
		for i := range c.hosts {
			c.hosts[i].Framing, c.hosts[i].FrameLimit = framing.Binary4{}, 2*long
		}
		c.hosts[0].OnAccept = func(c *linktest.Conn) { smallBuffer(t, c) }
		c.hosts[0].Script = func(c *linktest.Conn) {
			c.StopReading()
			_ = c.Serve(nil)
		}
	}, func(c *rigConfig) {
		c.group.Strategy, c.group.Suspect.After = supervisor.PrimaryBackup(), -1
		for i := range c.links {
			c.links[i].MaxFrame, c.links[i].WriteTimeout = 2*long, 2*patience
			c.links[i].Dial = dialBuffered
		}
		c.links[0].SendTimeout = 4 * short
	})
}

// stall leaves a part of a message with the first link, whose peer takes no more.
func (r *rig) stall() {
	r.t.Helper()
	err := messages.ErrNotSent
	for errors.Is(err, messages.ErrNotSent) { // its deadline passed before it was written
		_, err = r.manager.Link("a").Exchange(patient(r.t), newLongFrame("0200", 0, long))
	}
	require.ErrorIs(r.t, err, messages.ErrInDoubt, "a part of it was written")
}

// TestGroupLeavesAStalledLink: what waited in the queue of a link whose peer takes
// nothing, until that link's SendTimeout, goes over another one. The frame is read
// by both.
func TestGroupLeavesAStalledLink(t *testing.T) {
	r := stalledRig(t)
	r.stall()
	var sent []<-chan error
	for i := range 20 {
		sent = append(sent, r.background(context.Background(), newFrame("0200", 1+i)))
	}
	for _, out := range sent {
		assert.NoError(t, awaitDone(t, "an answer", out))
	}
	assert.EqualValues(t, 20, r.Status().PassedOn)
	assert.Equal(t, []int{0, 20}, r.totals())
}

// TestGroupUnreadableResponse: a response that cannot be unpacked leaves the
// request in doubt, and it goes nowhere else.
func TestGroupUnreadableResponse(t *testing.T) {
	r := startUpRig(t, 2, func(c *rigConfig) {
		c.hosts[0].Handle = linktest.ReplyWith(func(f linktest.Frame) (linktest.Frame, error) {
			return linktest.Frame{Body: response(f.Body)[:rrnEnd]}, nil
		})
	}, strategy(supervisor.PrimaryBackup()))
	_, err := r.Send(patient(t), newMessage(t, "0200", 1))
	var e *messages.SendError
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "a", e.Link)
	assert.EqualValues(t, 1, e.Session)
	assert.ErrorIs(t, err, messages.ErrInDoubt)
	assert.ErrorIs(t, err, messages.ErrUnpack)
	assert.Equal(t, []int{1, 0}, r.totals())
	counters := r.manager.Link("a").Status().Counters
	assert.EqualValues(t, 1, counters.InDoubt, "the link says the same")
	assert.Zero(t, counters.Answered)
}

// TestGroupUnderLoad: hosts that break their connections again and again, and one
// that goes down for good, cost no send its one outcome; what was not sent goes
// elsewhere; no host receives anything twice.
func TestGroupUnderLoad(t *testing.T) {
	for name, s := range map[string]supervisor.Strategy{
		"RoundRobin": supervisor.RoundRobin(), "LeastInFlight": supervisor.LeastInFlight(),
		"PrimaryBackup": supervisor.PrimaryBackup(), "HashBy": supervisor.HashBy(byStan),
	} {
		t.Run(name, func(t *testing.T) {
			r := startUpRig(t, 3, func(c *rigConfig) {
				c.hosts[0].OnAccept = resetSoon
			}, func(c *rigConfig) {
				c.group.Strategy = s
				for i := range c.links {
					hasty(&c.links[i])
				}
			})
			load := loadOn(r)
			for session := 2; session <= 20; session += 3 {
				connOf(t, r.hosts[0], session)
			}
			require.NoError(t, r.logs[1].WaitTotal(patient(t), 1), "before it goes down")
			require.NoError(t, r.hosts[1].SetAdmission(linktest.Refuse))
			for _, c := range r.hosts[1].Conns() {
				_ = c.Reset()
			}
			connOf(t, r.hosts[0], 25)
			load.end()
			assert.Less(t, load.tally.notSent.Load(), load.tally.sends.Load()/10, "most go elsewhere")
		})
	}
}
