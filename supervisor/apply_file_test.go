package supervisor_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// reloadedText is the file of TestApplyFile. No link is meant to come up.
const reloadedText = `# a comment
stans: {s: {first: 1, last: 5000}}
networks: {n: {like: iso87}, other: {like: iso87}}
defaults: {spec: spec.json, framing: binary2, backoff: {minDelay: 10ms}}
links:
- {name: a, addrs: ["127.0.0.1:1"], stans: s, signOn: {network: n}}
- {name: b, addrs: ["${HOST:-127.0.0.1}:1"], sendTimeout: 5s}
- {name: c, addrs: ["127.0.0.1:1"], spec: Spec87ASCII, reject: baseI}
groups:
- {name: g, links: [a, b], strategy: {hashByFields: [41]}, stans: s}
- {name: h, links: [b, c], strategy: leastInFlight}
acceptors:
- {name: l, addr: "127.0.0.1:0", session: {echo: {network: other}}}
`

// TestApplyFile: of a file that is loaded again, what says something else changes, and
// nothing more, though the program makes its functions anew each time.
func TestApplyFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "switch.yaml")
	specFile := filepath.Join(filepath.Dir(file), "spec.json")
	spec, err := os.ReadFile("../testdata/config/issuer.json")
	require.NoError(t, err)
	writeFile(t, specFile, string(spec))
	writeFile(t, file, reloadedText)
	env := make(map[string]string)
	load := func() supervisor.Config {
		counter := new(atomic.Int64)
		c, err := supervisor.Load(file, supervisor.LoadOptions{
			Env: variables(env),
			Link: func(c *supervisor.LinkConfig) error {
				c.OnEvent = func(messages.Event) { counter.Add(1) }
				c.OnError = (&eventCounter{}).add
				return nil
			},
		})
		require.NoError(t, err)
		return c
	}
	first := load()
	m := startManager(t, first)
	links, groups := []string{"a", "b", "c"}, []string{"g", "h"}
	for _, c := range []struct {
		name             string
		text, spec, host string
		want             supervisor.Applied
	}{
		{name: "nothing", want: supervisor.Applied{
			Links:     supervisor.Changes{Unchanged: links},
			Groups:    supervisor.Changes{Unchanged: groups},
			Acceptors: supervisor.Changes{Unchanged: []string{"l"}},
		}},
		{
			name: "comments and order", text: strings.Replace(strings.Replace(reloadedText, "a comment", "another", 1),
				`name: b, addrs: ["${HOST:-127.0.0.1}:1"], sendTimeout: 5s`, `sendTimeout: 5s, addrs: ["${HOST:-127.0.0.1}:1"], name: b`, 1),
			want: supervisor.Applied{
				Links:     supervisor.Changes{Unchanged: links},
				Groups:    supervisor.Changes{Unchanged: groups},
				Acceptors: supervisor.Changes{Unchanged: []string{"l"}},
			},
		},
		{name: "a variable", host: "127.0.0.2", want: supervisor.Applied{
			Links:     supervisor.Changes{Changed: []string{"b"}, Unchanged: []string{"a", "c"}},
			Groups:    supervisor.Changes{Unchanged: groups},
			Acceptors: supervisor.Changes{Unchanged: []string{"l"}},
		}},
		{
			name: "a network", text: strings.Replace(reloadedText, "other: {like: iso87}", `other: {like: iso87, echo: "270"}`, 1),
			host: "127.0.0.2", want: supervisor.Applied{
				Links:     supervisor.Changes{Unchanged: links},
				Groups:    supervisor.Changes{Unchanged: groups},
				Acceptors: supervisor.Changes{Changed: []string{"l"}},
			},
		},
		{
			name: "a reject and a strategy", text: strings.Replace(strings.Replace(strings.Replace(reloadedText,
				"reject: baseI", `reject: {version9: "0"}`, 1), "leastInFlight", "roundRobin", 1),
				"other: {like: iso87}", `other: {like: iso87, echo: "270"}`, 1),
			host: "127.0.0.2", want: supervisor.Applied{
				Links:     supervisor.Changes{Changed: []string{"c"}, Unchanged: []string{"a", "b"}},
				Groups:    supervisor.Changes{Changed: []string{"h"}, Unchanged: []string{"g"}},
				Acceptors: supervisor.Changes{Unchanged: []string{"l"}},
			},
		},
		{
			name: "the specification", spec: strings.Replace(string(spec), "Issuer host", "Issuer", 1), host: "127.0.0.2",
			text: strings.Replace(strings.Replace(strings.Replace(reloadedText,
				"reject: baseI", `reject: {version9: "0"}`, 1), "leastInFlight", "roundRobin", 1),
				"other: {like: iso87}", `other: {like: iso87, echo: "270"}`, 1),
			want: supervisor.Applied{
				Links:     supervisor.Changes{Changed: []string{"a", "b"}, Unchanged: []string{"c"}},
				Groups:    supervisor.Changes{Changed: []string{"g"}, Unchanged: []string{"h"}},
				Acceptors: supervisor.Changes{Changed: []string{"l"}},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			env["HOST"] = c.host
			if c.text != "" {
				writeFile(t, file, c.text)
			}
			if c.spec != "" {
				writeFile(t, specFile, c.spec)
			}
			next := load()
			assert.Same(t, first.Links[0].STANs, next.Links[0].STANs, "its numbers go on")
			assert.Equal(t, c.want, applied(t, m, next))
		})
	}
	changed := load()
	changed.Links[0].OnError = func(messages.Event) {}
	changed.Links[1].OnEvent = nil
	assert.Equal(t, []string{"a", "b"}, applied(t, m, changed).Links.Changed, "other functions")
	assert.Equal(t, []string{"a", "b"}, applied(t, m, load()).Links.Changed, "and back")
	changed = load()
	changed.Links[2].MaxLate = 77
	assert.Equal(t, []string{"c"}, applied(t, m, changed).Links.Changed, "by the program")
	_, err = supervisor.LoadBytes(file, []byte("links: [{name: a}]"), supervisor.LoadOptions{})
	require.Error(t, err)
}

// eventCounter has a method that is a hook.
type eventCounter struct{ atomic.Int64 }

func (c *eventCounter) add(messages.Event) { c.Add(1) }

// TestApplySame: configurations of a program are compared field by field, pointers and
// functions by identity.
func TestApplySame(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	var with int
	handler := func(context.Context, *messages.Inbound) { with++ }
	make2 := func(n int) func(context.Context, *messages.Inbound) {
		return func(context.Context, *messages.Inbound) { with += n }
	}
	made := make2(1)
	base := func() supervisor.LinkConfig {
		c := linkTo("a", host)
		c.ClassKeyFields, c.Handler, c.SignOn.Then = map[byte][]int{'8': {11}}, handler, nil
		return c
	}
	m := startManager(t, supervisor.Config{Links: []supervisor.LinkConfig{base()}})
	other := *spec
	for i, c := range []struct {
		change func(*supervisor.LinkConfig)
		same   bool
	}{
		{func(*supervisor.LinkConfig) {}, true},
		{func(c *supervisor.LinkConfig) { c.KeyFields = []int{} }, true},
		{func(c *supervisor.LinkConfig) { c.ClassKeyFields['8'] = []int{7, 11} }, false},
		{func(c *supervisor.LinkConfig) { c.ClassKeyFields = map[byte][]int{'6': {11}} }, false},
		{func(c *supervisor.LinkConfig) { c.Spec = &other }, false},
		{func(c *supervisor.LinkConfig) { c.Handler = made }, false},
		{func(c *supervisor.LinkConfig) { c.Handler = made }, true},
		{func(c *supervisor.LinkConfig) { c.Handler = make2(2) }, false},
		{func(c *supervisor.LinkConfig) { c.Handler = nil }, false},
		{func(c *supervisor.LinkConfig) { c.Backoff.Cap++ }, false},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			next := base()
			c.change(&next)
			got := applied(t, m, supervisor.Config{Links: []supervisor.LinkConfig{next}})
			assert.Equal(t, c.same, len(got.Links.Unchanged) == 1)
			assert.Equal(t, c.same, len(got.Links.Changed) == 0)
		})
	}
}
