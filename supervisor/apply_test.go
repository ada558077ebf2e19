package supervisor_test

import (
	"context"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// applied applies a configuration without an error.
func applied(t *testing.T, m *supervisor.Manager, c supervisor.Config) supervisor.Applied {
	t.Helper()
	got, err := m.Apply(patient(t), c)
	require.NoError(t, err)
	return got
}

// linksTo is a configuration with a link to each of the hosts, all in one group.
func linksTo(hosts ...*linktest.Peer) supervisor.Config {
	var c supervisor.Config
	group := supervisor.GroupConfig{Name: "all"}
	for i, h := range hosts {
		c.Links = append(c.Links, linkTo(linkName(i), h))
		group.Links = append(group.Links, linkName(i))
	}
	c.Groups = []supervisor.GroupConfig{group}
	return c
}

// TestApply: each link, group and acceptor is added, changed, removed or left alone, and
// what is left alone keeps its session and counters.
func TestApply(t *testing.T) {
	hosts := []*linktest.Peer{
		startHost(t, linktest.PeerConfig{}), startHost(t, linktest.PeerConfig{}), startHost(t, linktest.PeerConfig{}),
	}
	config := linksTo(hosts[:2]...)
	config.Acceptors = []supervisor.AcceptorConfig{acceptorAt("stays"), acceptorAt("changes"), acceptorAt("goes")}
	m := startManager(t, config)
	handles := map[string]*supervisor.Link{"a": m.Link("a"), "b": m.Link("b")}
	for _, l := range handles {
		require.NoError(t, l.Await(patient(t), messages.Up))
		_, err := l.Exchange(patient(t), newFrame("0200", 1))
		require.NoError(t, err)
	}
	group, pid, stays, changes := m.Group("all"), m.Group("all").PID(), m.Acceptor("stays"), m.Acceptor("changes")

	config = linksTo(hosts...)
	config.Links[1].SendTimeout = 7 * time.Second
	config.Groups[0].MinUp = 3
	config.Groups = append(config.Groups, supervisor.GroupConfig{Name: "new", Links: []string{"c", "a"}})
	config.Acceptors = []supervisor.AcceptorConfig{acceptorAt("stays"), acceptorAt("changes"), acceptorAt("comes")}
	config.Acceptors[1].MaxSessions = 7
	before := handles["a"].Status()
	assert.Equal(t, supervisor.Applied{
		Links:     supervisor.Changes{Added: []string{"c"}, Changed: []string{"b"}, Unchanged: []string{"a"}},
		Groups:    supervisor.Changes{Added: []string{"new"}, Changed: []string{"all"}},
		Acceptors: supervisor.Changes{Added: []string{"comes"}, Changed: []string{"changes"}, Removed: []string{"goes"}, Unchanged: []string{"stays"}},
	}, applied(t, m, config))

	require.NoError(t, group.Await(patient(t), messages.Up))
	assert.Equal(t, before.Session, handles["a"].Status().Session)
	assert.Equal(t, before.Counters, handles["a"].Status().Counters)
	assert.Same(t, group, m.Group("all"))
	assert.Equal(t, pid, m.Group("all").PID())
	var names []string
	for _, l := range group.Status().Links {
		names = append(names, l.Name)
	}
	assert.Equal(t, []string{"a", "b", "c"}, names)
	b := handles["b"].Status()
	assert.EqualValues(t, 2, b.Session, "its handle is that of the changed link, which goes on to number sessions")
	assert.EqualValues(t, 1, b.Counters.Attempts)
	assert.Zero(t, b.Counters.Requests)
	_, err := handles["b"].Exchange(patient(t), newFrame("0200", 2))
	require.NoError(t, err)
	require.NoError(t, m.Group("new").Await(patient(t), messages.Up))
	assert.Same(t, stays, m.Acceptor("stays"))
	assert.NotSame(t, changes, m.Acceptor("changes"))
	assert.Nil(t, m.Acceptor("goes"))
	dialRaw(t, m.Acceptor("changes")).works(1)
	dialRaw(t, m.Acceptor("comes")).works(1)

	gone := m.Group("new")
	assert.Equal(t, supervisor.Applied{
		Links:     supervisor.Changes{Removed: []string{"b", "c"}, Unchanged: []string{"a"}},
		Groups:    supervisor.Changes{Changed: []string{"all"}, Removed: []string{"new"}},
		Acceptors: supervisor.Changes{Removed: []string{"changes", "comes", "stays"}},
	}, applied(t, m, linksTo(hosts[:1]...)))
	_, err = gone.Exchange(patient(t), newFrame("0200", 3))
	require.ErrorIs(t, err, messages.ErrClosed)
	require.ErrorIs(t, err, messages.ErrNotSent)
	require.ErrorIs(t, gone.Add("a"), messages.ErrClosed)
	require.ErrorIs(t, m.Group("new").Add("a"), messages.ErrNoLink)
	_, err = handles["b"].Exchange(patient(t), newFrame("0200", 3))
	require.ErrorIs(t, err, messages.ErrClosed)
	assert.Equal(t, before.Session, handles["a"].Status().Session)
	assert.Empty(t, m.Acceptors())
	assert.Len(t, m.Links(), 1)

	// The names are free again.
	back := linksTo(hosts...)
	back.Groups = append(back.Groups, supervisor.GroupConfig{Name: "new", Links: []string{"a"}})
	assert.Equal(t, []string{"new"}, applied(t, m, back).Groups.Added)
	_, err = m.Group("new").Exchange(patient(t), newFrame("0200", 4))
	require.NoError(t, err)
	require.NoError(t, m.Close(patient(t)))
	_, err = m.Apply(patient(t), back)
	assert.ErrorIs(t, err, messages.ErrClosed)
}

// TestApplyFaults: a wrong configuration changes nothing, and all of its faults are told.
func TestApplyFaults(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	config := linksTo(host, host)
	config.Acceptors = []supervisor.AcceptorConfig{acceptorAt("acceptor")}
	m := startManager(t, config)
	require.NoError(t, m.Link("a").Await(patient(t), messages.Up))
	before := m.Link("a").Status()

	wrong := linksTo(host, host)
	wrong.Links[0].SendTimeout = -1
	wrong.Links[1].Framing = nil
	wrong.Groups[0].MinUp = 3
	wrong.Acceptors = []supervisor.AcceptorConfig{acceptorAt("all"), acceptorAt("acceptor")}
	wrong.Acceptors[1].MaxSessions = -1
	clash := supervisor.Config{
		Links:     []supervisor.LinkConfig{linkTo("all", host), linkTo("acceptor", host)},
		Groups:    []supervisor.GroupConfig{{Name: "a"}},
		Acceptors: []supervisor.AcceptorConfig{acceptorAt("b")},
	}
	for name, c := range map[string]struct {
		config supervisor.Config
		fields []string
	}{
		"by itself":        {wrong, []string{"SendTimeout", "Framing", "Groups[0].MinUp", "Name", "MaxSessions", "MaxPerAddr"}},
		"by what is there": {clash, []string{"Name", "Name", "Name", "Name"}},
	} {
		t.Run(name, func(t *testing.T) {
			done, err := m.Apply(patient(t), c.config)
			assert.Zero(t, done)
			var fields []string
			for _, e := range unwrapAll(err) {
				if fault, ok := e.(*messages.ConfigError); ok {
					fields = append(fields, fault.Field)
				}
			}
			assert.ElementsMatch(t, c.fields, fields)
			assert.Equal(t, before.Session, m.Link("a").Status().Session)
			assert.Len(t, m.Links(), 2)
			assert.Len(t, m.Groups(), 1)
			assert.Len(t, m.Acceptors(), 1)
		})
	}
}

// TestApplyCutShort: what has not settled when the context ends is reported, and the
// configuration is what was asked for all the same.
func TestApplyCutShort(t *testing.T) {
	rec := newRecorder()
	hosts := []*linktest.Peer{
		startHost(t, linktest.PeerConfig{Handle: linktest.Drop(), Recorder: rec}), startHost(t, linktest.PeerConfig{}),
	}
	m := startManager(t, linksTo(hosts...))
	l := m.Link("a")
	require.NoError(t, l.Await(patient(t), messages.Up))
	sent := make(chan error, 1)
	go func() {
		_, err := l.Exchange(patient(t), newFrame("0200", 1))
		sent <- err
	}()
	require.NoError(t, rec.WaitTotal(patient(t), 1))
	config := linksTo(hosts...)
	config.Links[0].MaxInFlight = 5
	got, err := m.Apply(within(t, short), config)
	var drain *messages.DrainError
	require.ErrorAs(t, err, &drain)
	assert.Equal(t, messages.DrainError{Link: "a", InDoubt: 1, Cause: context.DeadlineExceeded}, *drain)
	assert.Equal(t, supervisor.Changes{Changed: []string{"a"}, Unchanged: []string{"b"}}, got.Links)
	require.ErrorIs(t, awaitDone(t, "the send", sent), messages.ErrInDoubt)
	require.NoError(t, l.Await(patient(t), messages.Up))

	busy, cancel := context.WithCancel(t.Context())
	cancel()
	got, err = m.Apply(busy, linksTo(hosts...))
	if err != nil { // which of the two it saw first is chance
		require.ErrorIs(t, err, context.Canceled)
		assert.Zero(t, got)
	}
}

// TestApplyKeepsTheOperatorsWish: a link that is paused, or signed off, stays so when it
// changes.
func TestApplyKeepsTheOperatorsWish(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	m := startManager(t, linksTo(host, host))
	for _, l := range m.Links() {
		require.NoError(t, l.Await(patient(t), messages.Up))
	}
	paused, off := m.Link("a"), m.Link("b")
	require.NoError(t, paused.Pause(patient(t)))
	require.NoError(t, off.SignOff(patient(t)))
	config := linksTo(host, host)
	config.Links[0].MaxInFlight, config.Links[1].MaxInFlight = 5, 5
	assert.Equal(t, []string{"a", "b"}, applied(t, m, config).Links.Changed)
	require.NoError(t, paused.Await(patient(t), messages.Paused))
	require.NoError(t, off.Await(patient(t), messages.SignedOff))
	require.NoError(t, paused.Resume())
	require.NoError(t, off.SignOn(patient(t)))
	for _, l := range m.Links() {
		require.NoError(t, l.Await(patient(t), messages.Up))
	}
}

// TestApplyLeavesWhatWasClosed: a link that its handle has closed comes back by a change of
// its configuration, and not before.
func TestApplyLeavesWhatWasClosed(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	config := linksTo(host)
	m := startManager(t, config)
	require.NoError(t, m.Link("a").Await(patient(t), messages.Up))
	require.NoError(t, m.Link("a").Close(patient(t)))
	assert.Equal(t, []string{"a"}, applied(t, m, config).Links.Unchanged)
	assert.Equal(t, messages.Closed, m.Link("a").Status().State)

	changed := linksTo(host)
	changed.Links[0].MaxInFlight = 5
	assert.Equal(t, []string{"a"}, applied(t, m, changed).Links.Changed)
	require.NoError(t, m.Link("a").Await(patient(t), messages.Up))

	require.NoError(t, m.Link("a").Close(patient(t)))
	assert.Equal(t, []string{"a"}, applied(t, m, supervisor.Config{}).Links.Removed)
	assert.Equal(t, []string{"a"}, applied(t, m, changed).Links.Added)
	require.NoError(t, m.Link("a").Await(patient(t), messages.Up))
}

// TestApplyScope: links of one scope change in what they must agree in, and share one
// again.
func TestApplyScope(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	config := linksTo(host, host)
	scoped := func(timeout time.Duration) supervisor.Config {
		c := supervisor.Config{Links: slices.Clone(config.Links), Groups: config.Groups}
		for i := range c.Links {
			c.Links[i].Scope, c.Links[i].SendTimeout = "scope", timeout
		}
		return c
	}
	m := startManager(t, scoped(5*time.Second))
	for i, timeout := range []time.Duration{6 * time.Second, 7 * time.Second} {
		assert.Equal(t, []string{"a", "b"}, applied(t, m, scoped(timeout)).Links.Changed)
		for _, l := range m.Links() {
			require.NoError(t, l.Await(patient(t), messages.Up))
			_, err := l.Exchange(patient(t), newFrame("0200", i))
			require.NoError(t, err)
		}
	}
	_, err := m.AddLink(func() supervisor.LinkConfig { c := scoped(time.Second).Links[0]; c.Name = "c"; return c }())
	var fault *messages.ConfigError
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, "SendTimeout", fault.Field)
	mixed := scoped(time.Second)
	mixed.Links[1].SendTimeout = 2 * time.Second
	_, err = m.Apply(patient(t), mixed)
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, "SendTimeout", fault.Field)
}

// TestApplyExpectedLink: a link that its peer connects to gets its connections from the
// acceptor that listens already, whatever of it changes.
func TestApplyExpectedLink(t *testing.T) {
	config := supervisor.Config{
		Links:     []supervisor.LinkConfig{{Name: "bank", Accept: "host", Spec: spec, Framing: binary2, Handler: answering}},
		Acceptors: []supervisor.AcceptorConfig{acceptorAt("host")},
	}
	m := startManager(t, config)
	for turn := 1; turn <= 3; turn++ {
		c := dialRaw(t, m.Acceptor("host"))
		c.works(turn)
		require.NoError(t, m.Link("bank").Await(patient(t), messages.Up))
		config.Links = slices.Clone(config.Links)
		config.Links[0].MaxInFlight = turn
		assert.Equal(t, []string{"bank"}, applied(t, m, config).Links.Changed)
		c.ends()
	}
	assert.Empty(t, m.Acceptor("host").Sessions())
}

// TestApplyFailsToListen: an acceptor that cannot listen is removed; all else is done.
func TestApplyFailsToListen(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	config := supervisor.Config{Acceptors: []supervisor.AcceptorConfig{acceptorAt("moves"), acceptorAt("stops")}}
	m := startManager(t, config)
	config = supervisor.Config{Acceptors: []supervisor.AcceptorConfig{acceptorAt("moves"), acceptorAt("comes"), acceptorAt("fails")}}
	config.Acceptors[0].Addr, config.Acceptors[2].Addr = taken.Addr().String(), taken.Addr().String()
	got, err := m.Apply(patient(t), config)
	var fault *net.OpError
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, supervisor.Changes{Added: []string{"comes"}, Changed: []string{}, Removed: []string{"moves", "stops"}}, got.Acceptors)
	dialRaw(t, m.Acceptor("comes")).works(1)

	_, err = supervisor.New(nil, config)
	require.ErrorAs(t, err, &fault, "New starts all or nothing")
}

// TestApplyRestoresGroups: who has added and removed links of a group by hand gets those
// of the configuration again.
func TestApplyRestoresGroups(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	m := startManager(t, linksTo(host, host, host))
	require.NoError(t, m.Group("all").Remove("a"))
	got := applied(t, m, linksTo(host, host, host))
	assert.Equal(t, []string{"all"}, got.Groups.Changed)
	assert.Equal(t, []string{"a", "b", "c"}, got.Links.Unchanged)
	assert.Len(t, m.Group("all").Status().Links, 3)
	got = applied(t, m, linksTo(host, host, host))
	assert.Equal(t, []string{"all"}, got.Groups.Unchanged)
	added := linkTo("d", host)
	_, err := m.AddLink(added)
	require.NoError(t, err)
	assert.Equal(t, []string{"d"}, applied(t, m, linksTo(host, host, host)).Links.Removed)
}
