package supervisor_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// asker is an actor that sends commands to a rig's group.
type asker struct {
	rig     *rig
	pid     *actor.PID
	sent    int
	results journal[*messages.Result]
}

// newAsker starts an asker; at the end of the test each command has to have got one
// result, and each link its slots back.
func newAsker(r *rig) *asker {
	a := &asker{rig: r}
	system := r.manager.System()
	a.pid = system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		switch m := ctx.Message().(type) {
		case *messages.Result:
			a.results.add(m)
		case *messages.Results:
			for _, result := range m.Results {
				a.results.add(result)
			}
		}
	}))
	r.t.Cleanup(func() {
		closeManager(r.t, r.manager)
		require.NoError(r.t, system.Root.PoisonFuture(a.pid).Wait())
		assert.Len(r.t, a.results.list(), a.sent, "one result for each command")
		for _, l := range r.manager.Links() {
			assert.Zero(r.t, l.Status().InFlight)
			assert.Zero(r.t, l.Status().InFlightBytes)
		}
	})
	return a
}

// send gives the group a command.
func (a *asker) send(c messages.Command) {
	a.sent++
	a.rig.manager.System().Root.RequestWithCustomSender(a.rig.PID(), c, a.pid)
}

// ask gives the group a command and waits for all results until then.
func (a *asker) ask(c messages.Command) *messages.Result {
	a.rig.t.Helper()
	a.send(c)
	all := a.results.awaitSome(a.rig.t, a.sent, "a result")
	return all[a.sent-1]
}

// failedBy wants the error of that link or group.
func failedBy(t *testing.T, name string, err error, causes ...error) {
	t.Helper()
	var e *messages.SendError
	require.ErrorAs(t, err, &e)
	assert.Equal(t, name, e.Link)
	for _, cause := range causes {
		assert.ErrorIs(t, err, cause)
	}
}

// TestGroupCommands: an actor sends requests and posts to a group's PID, and gets
// one result for each, with its tag; links take turns.
func TestGroupCommands(t *testing.T) {
	const sends = 300
	r := startUpRig(t, 3, nil, nil)
	a := newAsker(r)
	frames := make(map[int][]byte)
	for i := range sends {
		switch i % 10 {
		case 0:
			a.send(&messages.Post{Frame: newFrame("0220", i), Tag: i, Batch: i%4 == 0})
		case 1:
			a.send(&messages.Send{Message: newMessage(t, "0200", i), Tag: i})
		default:
			frames[i] = newFrame("0200", i)
			a.send(&messages.Send{Frame: frames[i], Tag: i, Batch: i%2 == 0})
		}
	}
	seen := make(map[int]bool)
	for _, result := range a.results.awaitSome(t, sends, "results") {
		i := result.Tag.(int)
		assert.False(t, seen[i], "a second result")
		seen[i] = true
		require.NoError(t, result.Err)
		msg, err := result.Message()
		require.NoError(t, err)
		assert.Equal(t, i%10 == 0, msg == nil)
		if want := frames[i]; want != nil {
			assert.Equal(t, string(response(want)), string(result.Frame))
		}
	}
	for _, log := range r.logs { // a post may still be on its way
		require.NoError(t, log.WaitTotal(patient(t), sends/3))
	}
	assert.Equal(t, []int{sends / 3, sends / 3, sends / 3}, r.totals())
	assert.Zero(t, r.Status().PassedOn)
}

// TestGroupCommandPassedOn: what a link refuses, at its door or after a wait, the
// next one sends; when all refuse, the result is that of the last, and what no other
// link was offered is not counted as passed on.
func TestGroupCommandPassedOn(t *testing.T) {
	release := make(chan struct{})
	r := startUpRig(t, 2, func(c *rigConfig) {
		for i := range c.hosts {
			c.hosts[i].Handle = linktest.Steps(linktest.Hold(release, linktest.Reply()))
		}
	}, func(c *rigConfig) {
		c.group.Strategy = supervisor.PrimaryBackup()
		c.links[0].MaxInFlight, c.links[1].MaxInFlight = 1, 1
	})
	a := newAsker(r)
	a.send(&messages.Send{Frame: newFrame("0200", 1), Tag: "a"})
	require.NoError(t, r.logs[0].WaitTotal(patient(t), 1))
	a.send(&messages.Send{Frame: newFrame("0200", 2), Tag: "b"})
	require.NoError(t, r.logs[1].WaitTotal(patient(t), 1))
	assert.EqualValues(t, 1, r.Status().PassedOn)
	a.send(&messages.Send{Frame: newFrame("0200", 3), Tag: "none"})
	none := a.results.awaitSome(t, 1, "the refusal")[0]
	assert.Equal(t, "none", none.Tag)
	failedBy(t, "b", none.Err, messages.ErrNotSent, messages.ErrOverloaded)
	assert.EqualValues(t, 2, r.Status().PassedOn)
	// Nobody wants its result: it is passed on all the same.
	r.manager.System().Root.Send(r.PID(), &messages.Post{Frame: newFrame("0220", 4)})
	require.Eventually(t, func() bool { return r.manager.Link("b").Status().Counters.NotSent == 2 }, patience, time.Millisecond)
	assert.EqualValues(t, 3, r.Status().PassedOn)
	close(release)
	for _, result := range a.results.awaitSome(t, 3, "answers")[1:] {
		assert.NoError(t, result.Err)
	}
	assert.Equal(t, []int{1, 1}, r.totals())
}

// TestGroupCommandLeavesAStalledLink: as TestGroupLeavesAStalledLink, and the
// whole ends by its own Timeout.
func TestGroupCommandLeavesAStalledLink(t *testing.T) {
	r := stalledRig(t)
	a := newAsker(r)
	r.stall()
	start := time.Now()
	late := a.ask(&messages.Send{Frame: newFrame("0200", 99), Timeout: short})
	failedBy(t, "a", late.Err, messages.ErrNotSent, messages.ErrTimeout)
	assert.Less(t, time.Since(start), short+busy)
	assert.Zero(t, r.Status().PassedOn)
	for i := range 20 {
		a.send(&messages.Send{Frame: newFrame("0200", 1+i)})
	}
	for _, result := range a.results.awaitSome(t, a.sent, "answers")[1:] {
		assert.NoError(t, result.Err)
	}
	assert.EqualValues(t, 20, r.Status().PassedOn)
	assert.Equal(t, []int{0, 20}, r.totals())
}

// TestGroupCommandInDoubtStays: what a link has sent goes to no other.
func TestGroupCommandInDoubtStays(t *testing.T) {
	r := startUpRig(t, 2, func(c *rigConfig) { c.hosts[0].Handle = linktest.ResetConn() },
		strategy(supervisor.PrimaryBackup()))
	result := newAsker(r).ask(&messages.Send{Frame: newFrame("0200", 1), Tag: 1})
	failedBy(t, "a", result.Err, messages.ErrInDoubt, messages.ErrLinkDown)
	assert.Equal(t, 1, result.Tag)
	assert.Zero(t, r.Status().PassedOn)
	assert.Equal(t, []int{1, 0}, r.totals())
}

// TestGroupCommandRefused: in the group's name, where no link was given it; what is
// no command becomes a dead letter.
func TestGroupCommandRefused(t *testing.T) {
	r := startUpRig(t, 2, nil, nil)
	a := newAsker(r)
	failedBy(t, "all", a.ask(&messages.Answer{Tag: 1}).Err, messages.ErrNotSent, messages.ErrNoLink)
	msg := newMessage(t, "0200", 1)
	require.NoError(t, msg.Field(37, "far too long for this field"))
	failedBy(t, "all", a.ask(&messages.Post{Message: msg}).Err, messages.ErrNotSent, messages.ErrPack)
	err := a.ask(&messages.Send{Frame: newFrame("0210", 1)}).Err
	assert.ErrorIs(t, err, messages.ErrNoRequest)
	assert.Zero(t, r.Status().PassedOn)
	for _, l := range r.manager.Links() {
		require.NoError(t, l.Pause(patient(t)))
	}
	failedBy(t, "all", a.ask(&messages.Send{Frame: newFrame("0200", 1)}).Err, messages.ErrNotSent, messages.ErrLinkDown)

	system := r.manager.System()
	var dead atomic.Int64
	subscription := system.EventStream.Subscribe(func(event any) {
		if e, ok := event.(*actor.DeadLetterEvent); ok && e.PID.Id == r.PID().Id && e.Message == "hello" {
			dead.Add(1)
		}
	})
	defer system.EventStream.Unsubscribe(subscription)
	system.Root.Send(r.PID(), "hello")
	assert.EqualValues(t, 1, dead.Load())
	assert.Nil(t, r.manager.Group("none").PID())
	assert.Equal(t, []int{0, 0}, r.totals())
}

// TestGroupCommandForeignCode: a Judge that panics, ends its goroutine or blocks
// costs nobody else a result, and its own requester none either.
func TestGroupCommandForeignCode(t *testing.T) {
	const sends = 30
	var calls atomic.Int64
	release := make(chan struct{})
	r := startUpRig(t, 2, nil, func(c *rigConfig) {
		c.group.Suspect.Judge = func([]byte) bool {
			switch calls.Add(1) % 3 {
			case 0:
				goexit()
			case 1:
				panic("judge")
			}
			if calls.Load() > sends {
				<-release
			}
			return true
		}
	})
	first := newAsker(r)
	for i := range sends {
		first.send(&messages.Send{Frame: newFrame("0200", i), Batch: i%2 == 0})
	}
	for _, result := range first.results.awaitSome(t, sends, "results") {
		assert.NoError(t, result.Err)
	}
	for i := range 6 { // until it blocks
		first.send(&messages.Send{Frame: newFrame("0200", 100+i)})
	}
	other := newAsker(r)
	other.ask(&messages.Post{Frame: newFrame("0220", 200)}) // is not judged
	close(release)
	first.results.awaitSome(t, first.sent, "results")
	assert.Positive(t, r.Status().Panics)
}

// TestGroupCommandsUnderLoad: links that lose their sessions again and again cost no
// command its one result, and no host gets anything twice.
func TestGroupCommandsUnderLoad(t *testing.T) {
	r := startUpRig(t, 3, func(c *rigConfig) { c.hosts[0].OnAccept = resetSoon }, func(c *rigConfig) {
		for i := range c.links {
			hasty(&c.links[i])
			c.links[i].MaxInFlight = 100
		}
	})
	a := newAsker(r)
	ids := make(map[int]string)
	for r.hosts[0].Accepted() < 20 || r.Status().PassedOn == 0 {
		for range 50 {
			frame := newFrame("0200", a.sent)
			ids[a.sent] = idOf(frame)
			a.send(&messages.Send{Frame: frame, Tag: a.sent, Batch: a.sent%2 == 0})
		}
		a.results.awaitSome(t, a.sent-25, "results")
	}
	a.results.awaitSome(t, a.sent, "results")
	require.NoError(t, r.manager.Close(patient(t)))
	for _, h := range r.hosts {
		h.Close()
	}
	answered := 0
	for _, result := range a.results.list() {
		switch n := r.received(ids[result.Tag.(int)]); {
		case result.Err == nil && n != 1, isNotSent(result.Err) && n != 0, n > 1:
			t.Errorf("received %d times: %v", n, result.Err)
		case result.Err == nil:
			answered++
		}
	}
	assert.Greater(t, answered, a.sent/2)
}
