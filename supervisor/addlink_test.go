package supervisor_test

import (
	"context"
	"errors"
	"fmt"
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

// TestAddLink: a link that was added is like one of the configuration; when it was
// removed, its handle answers that it is closed, and its name can be used again, at
// once.
func TestAddLink(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	m := startManager(t, supervisor.Config{Links: []supervisor.LinkConfig{linkTo("a", host)}})
	unknown := m.Link("b")
	for i := range 20 {
		l, err := m.AddLink(linkTo("b", host))
		require.NoError(t, err)
		require.NoError(t, l.Await(patient(t), messages.Up))
		require.Len(t, m.Links(), 2)
		assert.Equal(t, "b", m.Links()[1].Name())
		_, err = m.Link("b").Exchange(patient(t), newFrame("0200", i))
		require.NoError(t, err)
		_, err = unknown.Exchange(patient(t), newFrame("0200", i))
		assert.ErrorIs(t, err, messages.ErrNoLink)

		require.NoError(t, m.RemoveLink(patient(t), "b"))
		_, err = l.Exchange(patient(t), newFrame("0200", i))
		assert.ErrorIs(t, err, messages.ErrNotSent)
		assert.ErrorIs(t, err, messages.ErrClosed)
		assert.Equal(t, messages.Closed, l.Status().State)
		assert.ErrorIs(t, m.Link("b").Await(patient(t), messages.Up), messages.ErrNoLink)
		assert.ErrorIs(t, m.RemoveLink(patient(t), "b"), messages.ErrNoLink)
		assert.Len(t, m.Links(), 1)
	}
	assert.Eventually(t, func() bool { return doors(m.System()) < 8 }, patience, time.Millisecond, "names stay behind")
	require.NoError(t, m.RemoveLink(patient(t), "a"))
	assert.Empty(t, m.Links())
	require.Eventually(t, func() bool { return len(host.Conns()) == 0 }, patience, time.Millisecond)
}

// TestAddLinkFaults: what is at fault by itself or by what is there is refused, and
// nothing is started.
func TestAddLinkFaults(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{Admission: linktest.Refuse})
	m := startManager(t, supervisor.Config{
		Links: []supervisor.LinkConfig{linkTo("a", host)}, Groups: []supervisor.GroupConfig{{Name: "group"}},
	})
	listen(t, m)
	for name, test := range map[string]struct {
		config supervisor.LinkConfig
		fields []string
	}{
		"by itself":   {supervisor.LinkConfig{Name: "b"}, []string{"Addrs", "Spec", "Framing"}},
		"a link":      {linkTo("a", host), []string{"Name"}},
		"a group":     {linkTo("group", host), []string{"Name"}},
		"an acceptor": {linkTo("host", host), []string{"Name"}},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := m.AddLink(test.config)
			assert.Nil(t, l)
			var fields []string
			for _, e := range unwrapAll(err) {
				if fault, ok := e.(*messages.ConfigError); ok {
					assert.Equal(t, test.config.Name, fault.Link)
					fields = append(fields, fault.Field)
				}
			}
			assert.ElementsMatch(t, test.fields, fields)
		})
	}
	assert.Len(t, m.Links(), 1)
	require.NoError(t, m.Close(patient(t)))
	_, err := m.AddLink(linkTo("b", host))
	assert.ErrorIs(t, err, messages.ErrClosed)
	assert.ErrorIs(t, m.RemoveLink(patient(t), "a"), messages.ErrClosed)
	assert.Len(t, m.Links(), 1, "handles stay")
}

// TestAddLinkThatIsExpected: an acceptor that listens afterwards, or did before, gives
// it its peer; when it was removed, its peer is refused.
func TestAddLinkThatIsExpected(t *testing.T) {
	m := startManager(t, supervisor.Config{})
	config := supervisor.LinkConfig{Name: "bank", Accept: "host", Spec: spec, Framing: binary2, Handler: answering}
	l, err := m.AddLink(config)
	require.NoError(t, err)
	a := listen(t, m)
	dialRaw(t, a).works(1)
	require.NoError(t, l.Await(patient(t), messages.Up))
	assert.Empty(t, a.Sessions(), "it is the link's")
	require.NoError(t, m.RemoveLink(patient(t), "bank"))
	refuses(t, a, "127.0.0.1")
	l, err = m.AddLink(config)
	require.NoError(t, err)
	dialRaw(t, a).works(1)
	require.NoError(t, l.Await(patient(t), messages.Up))
	require.NoError(t, m.RemoveLink(patient(t), "bank"))

	require.NoError(t, a.Close(patient(t)))
	l, err = m.AddLink(config)
	require.NoError(t, err)
	a = listen(t, m)
	dialRaw(t, a).works(2)
	require.NoError(t, l.Await(patient(t), messages.Up))
}

// TestRemoveLinkCutShort: what has not settled when its context ends is reported, and
// the link is gone.
func TestRemoveLinkCutShort(t *testing.T) {
	r := startUpRig(t, 2, func(c *rigConfig) { c.hosts[0].Handle = linktest.Drop() }, strategy(supervisor.PrimaryBackup()))
	sent := r.background(patient(t), newFrame("0200", 1))
	require.NoError(t, r.logs[0].WaitTotal(patient(t), 1))
	var drain *messages.DrainError
	require.ErrorAs(t, r.manager.RemoveLink(within(t, short), "a"), &drain)
	assert.Equal(t, messages.DrainError{Link: "a", InDoubt: 1, Cause: context.DeadlineExceeded}, *drain)
	assert.ErrorIs(t, awaitDone(t, "the send", sent), messages.ErrInDoubt)
	assert.Len(t, r.manager.Links(), 1)
	assert.Len(t, r.Status().Links, 1)
	r.works(2)
	assert.Equal(t, []int{1, 1}, r.totals())
}

// TestGroupPassesOnFromARemovedLink: a link that is removed between the choice and
// the send costs nothing: another one sends it. One that joins meanwhile will do.
func TestGroupPassesOnFromARemovedLink(t *testing.T) {
	var r *rig
	r = startUpRig(t, 3, nil, strategy(func(c *supervisor.Choice) int {
		if c.Name(0) == "a" {
			require.NoError(t, r.manager.RemoveLink(patient(t), "a"))
			require.NoError(t, r.Remove("b"))
			require.NoError(t, r.Remove("c"))
			require.NoError(t, r.Add("c"))
		}
		return 0
	}))
	r.works(1)
	assert.Equal(t, []int{0, 0, 1}, r.totals())
	assert.EqualValues(t, 1, r.Status().PassedOn)
}

// TestGroupAddRemoveUnderLoad: links that join and leave a group, and its manager,
// cost no send anything: all are answered, none twice.
func TestGroupAddRemoveUnderLoad(t *testing.T) {
	for name, s := range map[string]supervisor.Strategy{
		"RoundRobin": supervisor.RoundRobin(), "LeastInFlight": supervisor.LeastInFlight(),
		"HashBy": supervisor.HashBy(byStan),
	} {
		t.Run(name, func(t *testing.T) {
			r := startUpRig(t, 3, nil, strategy(s))
			load := loadOn(r)
			for i := range 20 {
				require.NoError(t, r.manager.RemoveLink(patient(t), "b"))
				require.NoError(t, r.Remove("c"))
				assert.ErrorIs(t, r.Add("b"), messages.ErrNoLink)
				before := r.totals()
				require.NoError(t, r.logs[0].WaitTotal(patient(t), before[0]+10))
				l, err := r.manager.AddLink(linkTo("b", r.hosts[1]))
				require.NoError(t, err)
				require.NoError(t, r.Add("b"))
				require.NoError(t, r.Add("c"))
				require.NoError(t, r.Add("c"), "again is nothing")
				require.NoError(t, l.Await(patient(t), messages.Up))
				require.NoError(t, r.logs[1].WaitTotal(patient(t), before[1]+10), "turn %d", i)
				require.NoError(t, r.logs[2].WaitTotal(patient(t), before[2]+10), "turn %d", i)
			}
			close(load.stop)
			load.wg.Wait()
			load.stop = make(chan struct{})
			load.end()
			assert.Equal(t, load.tally.sends.Load(), load.tally.answered.Load(), "all were answered")
			assert.EqualValues(t, load.tally.sends.Load(), sum(r.totals()))
		})
	}
}

// TestAddLinkFromAllSides: adding, removing and closing at the same time leave
// nothing behind, and end.
func TestAddLinkFromAllSides(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	m := startManager(t, supervisor.Config{Groups: []supervisor.GroupConfig{{Name: "all"}}})
	var wg sync.WaitGroup
	var adds atomic.Int64
	for i := range 6 {
		wg.Go(func() {
			for turn, open := 0, true; open; turn++ {
				name := fmt.Sprintf("link-%d", (i+turn)%4)
				_, added := m.AddLink(linkTo(name, host))
				if added == nil {
					adds.Add(1)
				}
				open = !errors.Is(added, messages.ErrClosed)
				joined := m.Group("all").Add(name)
				removed := m.RemoveLink(patient(t), name)
				var fault *messages.ConfigError
				if added != nil && open && !errors.As(added, &fault) {
					t.Errorf("add: %v", added)
				}
				for _, err := range []error{joined, removed} {
					if err != nil && !errors.Is(err, messages.ErrNoLink) && !errors.Is(err, messages.ErrClosed) {
						t.Errorf("join or remove: %v", err)
					}
				}
			}
		})
	}
	require.Eventually(t, func() bool { return adds.Load() > 200 }, patience, time.Millisecond)
	require.NoError(t, m.Close(patient(t)))
	wg.Wait()
	for _, l := range m.Links() {
		assert.Equal(t, messages.Closed, l.Status().State)
	}
	require.Eventually(t, func() bool { return len(host.Conns()) == 0 }, patience, time.Millisecond)
}
