package supervisor_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// byStan is the hash of these tests.
func byStan(frame []byte) uint64 { return uint64(stanOf(frame)) }

// named is a strategy of the embedding program.
func named(name string) supervisor.Strategy {
	return func(c *supervisor.Choice) int {
		for i := range c.Len() {
			if c.Name(i) == name {
				return i
			}
		}
		return -1
	}
}

// TestGroupStrategies: each strategy gives each link its part, of all kinds of
// sends; with a link less, of what is left.
func TestGroupStrategies(t *testing.T) {
	for name, test := range map[string]struct {
		strategy     supervisor.Strategy
		all, without []int // of 60, with all links, and without "b"
	}{
		"default":        {nil, []int{20, 20, 20}, []int{30, 0, 30}},
		"RoundRobin":     {supervisor.RoundRobin(), []int{20, 20, 20}, []int{30, 0, 30}},
		"LeastInFlight":  {supervisor.LeastInFlight(), []int{20, 20, 20}, []int{30, 0, 30}},
		"PrimaryBackup":  {supervisor.PrimaryBackup(), []int{60, 0, 0}, []int{60, 0, 0}},
		"one's own":      {named("c"), []int{0, 0, 60}, []int{0, 0, 60}},
		"HashBy, of one": {supervisor.HashBy(func([]byte) uint64 { return 7 }), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := startUpRig(t, 3, nil, strategy(test.strategy))
			before := r.totals()
			r.sendSixty()
			got := difference(r.totals(), before)
			if test.all != nil {
				assert.Equal(t, test.all, got)
			} else {
				assert.Contains(t, got, 60)
			}
			require.NoError(t, r.manager.Link("b").Pause(patient(t)))
			before = r.totals()
			r.sendSixty()
			got = difference(r.totals(), before)
			if test.without != nil {
				assert.Equal(t, test.without, got)
			} else {
				assert.Contains(t, got, 60)
				assert.Zero(t, got[1])
			}
			assert.Zero(t, r.Status().PassedOn)
		})
	}
}

// sendSixty sends 60 messages, one after the other, by all methods; posts are
// waited for.
func (r *rig) sendSixty() {
	r.t.Helper()
	ctx := patient(r.t)
	for i := range 10 {
		r.works(i)
		reply, err := r.Send(ctx, newMessage(r.t, "0200", i))
		require.NoError(r.t, err)
		stan, err := reply.GetString(11)
		require.NoError(r.t, err)
		require.Equal(r.t, stanText(i), stan)
		_, _, err = r.ExchangeWith(ctx, nil, newFrame("0420", i))
		require.NoError(r.t, err)
		posts := [][]byte{newFrame("0220", i), newFrame("0220", i)}
		require.NoError(r.t, r.PostFrame(ctx, posts[0]))
		require.NoError(r.t, r.PostWith(ctx, nil, posts[1]))
		msg := newMessage(r.t, "0220", i)
		require.NoError(r.t, r.Post(ctx, msg))
		packed, err := msg.Pack()
		require.NoError(r.t, err)
		for _, frame := range append(posts, packed) {
			require.Eventually(r.t, func() bool { return r.received(idOf(frame)) == 1 }, patience, time.Millisecond)
		}
	}
}

func difference(now, before []int) []int {
	all := make([]int, len(now))
	for i := range now {
		all[i] = now[i] - before[i]
	}
	return all
}

// TestGroupLeastInFlight: what waits for an answer counts, and so does what did
// not come by the group.
func TestGroupLeastInFlight(t *testing.T) {
	release := make(chan struct{})
	r := startUpRig(t, 3, func(c *rigConfig) {
		for i := range c.hosts {
			c.hosts[i].Handle = linktest.Async(linktest.Hold(release, linktest.Reply()))
		}
	}, strategy(supervisor.LeastInFlight()))
	var sent []<-chan error
	send := func(stan int, exchange func(context.Context, []byte) ([]byte, error), before int) {
		out, frame := make(chan error, 1), newFrame("0200", stan)
		go func() {
			_, err := exchange(patient(t), frame)
			out <- err
		}()
		sent = append(sent, out)
		require.Eventually(t, func() bool { return sum(r.totals()) == before+1 }, patience, time.Millisecond)
	}
	for i := range 9 {
		send(i, r.Exchange, i)
	}
	assert.Equal(t, []int{3, 3, 3}, r.totals())
	for i := range 4 {
		send(100+i, r.manager.Link("b").Exchange, 9+i)
	}
	for i := range 8 {
		send(200+i, r.Exchange, 13+i)
	}
	assert.Equal(t, []int{7, 7, 7}, r.totals())
	close(release)
	for _, out := range sent {
		assert.NoError(t, awaitDone(t, "an answer", out))
	}
}

func sum(all []int) int {
	n := 0
	for _, v := range all {
		n += v
	}
	return n
}

// TestGroupHashBy: equal messages go to one link; when a link leaves, only what was
// its own goes elsewhere, and comes back with it.
func TestGroupHashBy(t *testing.T) {
	const keys = 90
	r := startUpRig(t, 3, nil, strategy(supervisor.HashBy(byStan)))
	where := func() []int {
		all := make([]int, keys)
		for stan := range all {
			frame := newFrame("0200", stan)
			_, err := r.Exchange(patient(t), frame)
			require.NoError(t, err)
			for i, log := range r.logs {
				if log.Received(idOf(frame)) == 1 {
					all[stan] = i
				}
			}
		}
		return all
	}
	first := where()
	assert.Equal(t, first, where())
	for i, n := range r.totals() {
		assert.GreaterOrEqual(t, n, 2*keys/6, "link %d", i)
	}
	require.NoError(t, r.manager.Link("b").Pause(patient(t)))
	for stan, link := range where() {
		if first[stan] == 1 {
			assert.NotEqual(t, 1, link)
		} else {
			assert.Equal(t, first[stan], link)
		}
	}
	require.NoError(t, r.manager.Link("b").Resume())
	require.NoError(t, r.Await(patient(t), messages.Up))
	assert.Equal(t, first, where())
}

// TestHashByFields: all of a terminal's messages go to one link, whatever their MTI, and
// however the field is padded; those without one take turns.
func TestHashByFields(t *testing.T) {
	byTerminal, err := supervisor.HashByFields(spec, 41)
	require.NoError(t, err)
	r := startUpRig(t, 3, nil, strategy(byTerminal))
	const terminals = 60
	stan := 0
	where := func(mti, terminal string) int {
		stan++
		frame := newFrame(mti, stan)
		copy(frame[rrnEnd:], terminal)
		_, err := r.Exchange(patient(t), frame)
		require.NoError(t, err)
		for i, log := range r.logs {
			if log.Received(idOf(frame)) == 1 {
				return i
			}
		}
		return -1
	}
	for i := range terminals {
		name := stanText(100_000 + i)
		link := where("0200", name+"  ")
		assert.Equal(t, link, where("0420", name+"  "))
		assert.Equal(t, link, where("0800", "  "+name))
	}
	for i, n := range r.totals() {
		assert.GreaterOrEqual(t, n, 3*terminals/6, "link %d", i)
	}

	before := r.totals()
	for i := range 30 {
		frame := stanFrame("0200", 900_000+i)
		reply, err := r.Exchange(patient(t), frame)
		require.NoError(t, err)
		assert.Equal(t, string(response(frame)), string(reply))
	}
	assert.Equal(t, []int{10, 10, 10}, difference(r.totals(), before))
	assert.Zero(t, r.Status().Panics)

	for _, fields := range [][]int{nil, {2}, {41, 35}, {199}} {
		_, err := supervisor.HashByFields(spec, fields...)
		require.Error(t, err, fields)
	}
	_, err = supervisor.HashByFields(spec, 41, 35)
	require.ErrorIs(t, err, messages.ErrKeyFieldRefused)
	_, err = supervisor.HashByFields(nil, 41)
	require.ErrorContains(t, err, "no message specification")
}

// TestGroupForeignStrategy: one that chooses nothing, or panics, refuses the send,
// and is called again for the next.
func TestGroupForeignStrategy(t *testing.T) {
	var frame []byte
	results := []func() int{
		func() int { return -1 }, func() int { return 2 }, func() int { panic("no") }, func() int { return 1 },
	}
	calls := 0
	r := startUpRig(t, 2, nil, strategy(func(c *supervisor.Choice) int {
		assert.Equal(t, 2, c.Len())
		assert.Equal(t, string(frame), string(c.Frame()))
		assert.Zero(t, c.InFlight(0))
		calls++
		return results[calls-1]()
	}))
	for i := range 3 {
		frame = newFrame("0200", i)
		_, err := r.Exchange(patient(t), frame)
		var e *messages.SendError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, "all", e.Link)
		assert.ErrorIs(t, err, messages.ErrNotSent)
		assert.NotErrorIs(t, err, messages.ErrLinkDown)
	}
	assert.EqualValues(t, 1, r.Status().Panics)
	frame = newFrame("0200", 3)
	_, err := r.Exchange(patient(t), frame)
	require.NoError(t, err)
	assert.Equal(t, []int{0, 1}, r.totals())
}
