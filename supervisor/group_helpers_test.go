package supervisor_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// rig is a group "all" of links "a", "b", …, each to a host of its own.
type rig struct {
	*supervisor.Group
	t       *testing.T
	manager *supervisor.Manager
	hosts   []*linktest.Peer
	logs    []*linktest.Recorder
}

// rigConfig is what a rig is made of; tests change what they are about.
type rigConfig struct {
	hosts []linktest.PeerConfig
	links []supervisor.LinkConfig
	group supervisor.GroupConfig
}

// linkName is the name of link i of a rig.
func linkName(i int) string { return string(rune('a' + i)) }

// startRig starts n links and their group, of which all have to be up. hosts is
// called before hosts are started, links before the manager is; either may be nil.
func startRig(t *testing.T, n int, hosts, links func(*rigConfig)) *rig {
	t.Helper()
	r := &rig{t: t}
	config := rigConfig{hosts: make([]linktest.PeerConfig, n), group: supervisor.GroupConfig{Name: "all", MinUp: n}}
	if hosts != nil {
		hosts(&config)
	}
	for i, c := range config.hosts {
		c.Recorder = newRecorder()
		host := startHost(t, c)
		r.hosts, r.logs = append(r.hosts, host), append(r.logs, c.Recorder)
		link := linkTo(linkName(i), host)
		if c.Framing != nil {
			link.Framing = c.Framing
		}
		config.links = append(config.links, link)
		config.group.Links = append(config.group.Links, linkName(i))
	}
	if links != nil {
		links(&config)
	}
	r.manager = startManager(t, supervisor.Config{Links: config.links, Groups: []supervisor.GroupConfig{config.group}})
	r.Group = r.manager.Group("all")
	return r
}

// startUpRig is startRig, and waits until all links are up.
func startUpRig(t *testing.T, n int, hosts, links func(*rigConfig)) *rig {
	t.Helper()
	r := startRig(t, n, hosts, links)
	for _, l := range r.manager.Links() {
		require.NoError(t, l.Await(patient(t), messages.Up))
	}
	return r
}

// strategy makes the group of a rig use it.
func strategy(s supervisor.Strategy) func(*rigConfig) {
	return func(c *rigConfig) { c.group.Strategy = s }
}

// works proves that the group answers.
func (r *rig) works(stan int) {
	r.t.Helper()
	frame := newFrame("0200", stan)
	reply, err := r.Exchange(patient(r.t), frame)
	require.NoError(r.t, err)
	require.Equal(r.t, string(response(frame)), string(reply))
}

// totals is how many messages each host has received.
func (r *rig) totals() []int {
	all := make([]int, len(r.logs))
	for i, log := range r.logs {
		all[i] = log.Total()
	}
	return all
}

// received is how often any host has received that message.
func (r *rig) received(id string) int {
	n := 0
	for _, log := range r.logs {
		n += log.Received(id)
	}
	return n
}

// background exchanges a frame in a goroutine of its own.
func (r *rig) background(ctx context.Context, frame []byte) <-chan error {
	out := make(chan error, 1)
	go func() {
		_, err := r.Exchange(ctx, frame)
		out <- err
	}()
	return out
}

// doubt leaves a request in doubt on the link to host i, which does not answer:
// its deadline passes there.
func (r *rig) doubt(i, stan int) {
	r.t.Helper()
	before := r.logs[i].Total()
	err := messages.ErrNotSent
	for errors.Is(err, messages.ErrNotSent) { // its deadline passed before it was written
		_, err = r.Exchange(within(r.t, short), newFrame("0200", stan))
	}
	require.ErrorIs(r.t, err, messages.ErrInDoubt)
	require.NoError(r.t, r.logs[i].WaitTotal(patient(r.t), before+1))
	require.Equal(r.t, before+1, r.logs[i].Total())
}

// groupLoad sends from several goroutines until it is stopped, and judges every
// outcome by what the hosts have seen.
type groupLoad struct {
	rig   *rig
	tally tally
	stop  chan struct{}
	wg    sync.WaitGroup
	mu    sync.Mutex
	sent  map[string]error // by id
}

// loadOn starts senders; STANs are unlike in all of them.
func loadOn(r *rig) *groupLoad {
	l := &groupLoad{rig: r, stop: make(chan struct{}), sent: make(map[string]error)}
	const senders = 8
	for i := range senders {
		l.wg.Go(func() {
			for stan := i; ; stan += senders {
				select {
				case <-l.stop:
					return
				default:
				}
				l.send(stan)
			}
		})
	}
	return l
}

func (l *groupLoad) send(stan int) {
	frame := newFrame("0200", stan)
	id := idOf(frame)
	_, err := l.rig.Exchange(context.Background(), frame)
	var e *messages.SendError
	if err == nil || errors.As(err, &e) {
		name := "all"
		if e != nil {
			name = e.Link
		}
		l.tally.note(l.rig.t, name, false, err)
	} else {
		l.rig.t.Errorf("%T is not a *messages.SendError: %v", err, err)
	}
	l.mu.Lock()
	l.sent[id] = err
	l.mu.Unlock()
}

// end stops the senders and closes the manager, so that hosts have seen what they
// will, and compares.
func (l *groupLoad) end() {
	t := l.rig.t
	t.Helper()
	close(l.stop)
	l.wg.Wait()
	closeManager(t, l.rig.manager)
	for _, h := range l.rig.hosts {
		h.Close()
	}
	for id, err := range l.sent {
		switch n := l.rig.received(id); {
		case err == nil && n != 1, isNotSent(err) && n != 0, n > 1:
			t.Errorf("%s was received %d times: %v", id, n, err)
		}
	}
	c := &l.tally
	assert.Equal(t, c.sends.Load(), c.answered.Load()+c.notSent.Load()+c.inDoubt.Load(), "one outcome each")
	t.Logf("%d sends: %d answered, %d not sent, %d in doubt, %d passed on", c.sends.Load(), c.answered.Load(),
		c.notSent.Load(), c.inDoubt.Load(), l.rig.Status().PassedOn)
}
