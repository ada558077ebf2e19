package supervisor_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

const goodLink = `{name: a, addrs: ["h:1"], spec: Spec87ASCII, framing: binary2}`

// TestLoadFaults: each fault is told with its place, field and way out, and without a
// value that may be a secret.
func TestLoadFaults(t *testing.T) {
	secret := variables(map[string]string{"SECRET": "hunter2"})
	link := func(more string) string {
		return "links:\n- name: a\n  addrs: [\"h:1\"]\n  spec: Spec87ASCII\n  framing: binary2\n" + more
	}
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"no YAML":             {"a: b\n\tc: d", []string{"f.yaml:2:1: it cannot be read as YAML: found character '\t' that cannot start any token"}},
		"no YAML, and quoted": {"a: \"hunter2", []string{"f.yaml:1:4: it cannot be read as YAML: could not find end character of double-quoted text"}},
		"no mapping":          {"- a", []string{"f.yaml:1:1: give a mapping with links, groups, acceptors, defaults, networks, stans"}},
		"two documents":       {"links: []\n---\ngroups: []", []string{"f.yaml:3:7: a second document: give one"}},
		"a section":           {"link: []", []string{`f.yaml:1:1: link: there is no such section: "link": did you mean links?, or a name that begins with x-, for anchors`}},
		"no list":             {"links: 5", []string{"f.yaml:1:8: links: give a list"}},
		"no mapping in it":    {"links: [a]", []string{"f.yaml:1:9: links[0]: give a mapping: fields and their values"}},
		"unknown":             {link("  sendTimeot: 5s"), []string{`f.yaml:6:3: links[0].sendTimeot: there is no such field: "sendTimeot": did you mean sendTimeout?`}},
		"in another case":     {link("  OnDisconnect: wait"), []string{`f.yaml:6:3: links[0].OnDisconnect: there is no such field: "OnDisconnect": did you mean onDisconnect?`}},
		"unknown and secret":  {link("  ? hunter2 hunter2\n  : 5"), []string{"f.yaml:6:3: links[0]: give a plain word as a key"}},
		"twice":               {link("  maxLate: 5\n  maxLate: 5"), []string{"f.yaml:7:3: links[0].maxLate: it is there twice"}},
		"of a program":        {link("  handler: x"), []string{"f.yaml:6:3: links[0].handler: only a program can give it: see LoadOptions.Link"}},
		"types": {
			link("  sendTimeout: 5\n  maxLate: hunter2\n  maxFrame: \"100\"\n  ordered: yes\n  keyFields: 11\n  classKeyFields: {80: [11], 2: [x]}\n  signOffOnStop: [true]\n  backoff: 5s\n  maxEvents: 99999999999999999999"),
			[]string{
				"f.yaml:6:16: links[0].sendTimeout: give a duration, with its unit: 5s, 100ms, 1m30s",
				"f.yaml:7:12: links[0].maxLate: give a number, such as 1000",
				"f.yaml:8:13: links[0].maxFrame: give a number, such as 1000",
				"f.yaml:9:12: links[0].ordered: give true or false",
				"f.yaml:10:14: links[0].keyFields: give a list",
				"f.yaml:11:20: links[0].classKeyFields.80: give a class, the second digit of its MTIs, as the key: 0 to 9",
				"f.yaml:11:34: links[0].classKeyFields.2[0]: give a number, such as 1000",
				"f.yaml:12:3: links[0].signOffOnStop: give true or false",
				"f.yaml:13:12: links[0].backoff: give a mapping: fields and their values",
				"f.yaml:14:14: links[0].maxEvents: the number is out of range",
			},
		},
		"TLS that a variable has taken away": {
			link("  tlsFiles: {ca: \"${NONE:-}\", cert: '', key: ~}"),
			[]string{"f.yaml:6:3: links[0].tlsFiles: is empty, which would be plain TCP: give one of its fields a value, or leave it out"},
		},
		"names": {
			link("  onDisconnect: waits\n  onSecond: ${SECRET}\n  stans: x\n  reject: baseII"),
			[]string{
				`f.yaml:6:17: links[0].onDisconnect: there is no such name: "waits": did you mean wait?`,
				"f.yaml:7:13: links[0].onSecond: there is no such name: give one of refuse, replace",
				`f.yaml:8:10: links[0].stans: there is no such name: "x": there is none`,
				`f.yaml:9:11: links[0].reject: there is no such name: "baseII": did you mean baseI?`,
			},
		},
		"framing and spec": {
			"links:\n- {name: a, addrs: [\"h:1\"], spec: Spec87ASCI, framing: binary3}\n- {name: b, addrs: [\"h:1\"], spec: none.json, framing: \"${SECRET}\"}",
			[]string{
				`f.yaml:2:35: links[0].spec: there is no such specification: "Spec87ASCI": did you mean Spec87ASCII?, or a .json file`,
				`f.yaml:2:56: links[0].framing: framing: unknown framing: "binary3": did you mean "binary2"? the names are `,
				"f.yaml:3:35: links[1].spec: open none.json: no such file or directory",
				"f.yaml:3:55: links[1].framing: give a framing, such as binary2",
			},
		},
		"missing": {
			"links:\n- name: a\n- addrs: [\"h:1\"]\n  spec: Spec87ASCII\n  framing: binary2",
			[]string{
				`f.yaml:2:3: links[0].addrs: empty: give at least one "host:port"`,
				"f.yaml:2:3: links[0].spec: nil: give the message specification of the peer",
				"f.yaml:2:3: links[0].framing: nil: give the peer's framing, for instance framing.Binary2{}",
				`f.yaml:3:3: links[1].name: "": give 1 to 64 letters, digits, dots, hyphens or underscores`,
			},
		},
		"judged": {
			link("  maxLate: -5\n  backoff: {base: 2m}\n  addrs: [\"h:1\", \"h\"]") + "\n- " + goodLink,
			[]string{
				"f.yaml:6:12: links[0].maxLate: -5: give a positive number, or 0 for the default",
				"f.yaml:7:19: links[0].backoff.base: 2m0s is above Backoff.Cap, 30s",
				"f.yaml:8:3: links[0].addrs: it is there twice",
				`f.yaml:9:10: links[1].name: "a" is there twice`,
			},
		},
		"judged by its fields": {
			"links:\n- name: b\n  addrs: [\"h:1\", h]\n  spec: Spec87ASCII\n  framing: binary2\n  maxLate: -5\n  backoff: {base: 2m}\n  readIdle: -1s\n- " + goodLink + "\n- " + goodLink,
			[]string{
				`f.yaml:3:18: links[0].addrs[1]: "h": give "host:port"`,
				"f.yaml:6:12: links[0].maxLate: -5: give a positive number, or 0 for the default",
				"f.yaml:7:19: links[0].backoff.base: 2m0s is above Backoff.Cap, 30s",
				"f.yaml:8:13: links[0].readIdle: -1s: give a positive duration, or 0 for none",
				`f.yaml:10:10: links[2].name: "a" is there twice`,
			},
		},
		"judged and secret": {
			"links:\n- {name: a, addrs: [\"${SECRET}\"], spec: Spec87ASCII, framing: binary2}",
			[]string{`f.yaml:2:21: links[0].addrs[0]: "…": give "host:port"`},
		},
		"groups": {
			"links: [" + goodLink + "]\ngroups:\n- {name: g, links: [a, b], minUp: 3, strategy: {hashByFields: [2]}}\n- {name: a, strategy: {hashByFields: [41]}}",
			[]string{
				`f.yaml:3:24: groups[0].links[1]: "b": no link of that name is configured`,
				"f.yaml:3:35: groups[0].minUp: 3: give at most 2, the number of Links",
				"f.yaml:3:38: groups[0].strategy: supervisor: HashByFields: key reader: key field 2: cannot be part of a key: it holds the PAN",
				`f.yaml:4:10: groups[1].name: "a" is the name of a link: errors would not tell them apart`,
				"f.yaml:4:13: groups[1].strategy: give spec: that of the group's links",
			},
		},
		"acceptors": {
			"acceptors:\n- name: x\n  addr: y\n  onlyLink: true\n  session:\n    spec: Spec87ASCII\n    framing: binary2\n    addrs: [\"h:1\"]\n    accept: x\n    maxLate: -2",
			[]string{
				`f.yaml:3:9: acceptors[0].addr: "y": give "host:port", or ":port" for all addresses`,
				`f.yaml:4:3: acceptors[0].onlyLink: there is no such field: "onlyLink": did you mean onlyLinks?`,
				"f.yaml:8:5: acceptors[0].session.addrs: is of no use: the peer connects",
				"f.yaml:9:13: acceptors[0].session.accept: are for links",
				"f.yaml:10:14: acceptors[0].session.maxLate: -2: give a positive number, or 0 for the default",
			},
		},
		"network management": {
			link("  signOn: {network: iso88, fields: {33: hunter2}}\n  signOff: {}\n  echo: {network: iso87, value: hunter2}"),
			[]string{
				`f.yaml:6:21: links[0].signOn.network: there is no such network: "iso88": did you mean iso87?`,
				"f.yaml:7:3: links[0].signOff.network: there is no such network: give one of iso2003, iso87, iso93, mastercard, visa",
				"f.yaml:8:3: links[0].echo: the specification cannot express its request: message cannot be packed: field 70",
			},
		},
		"its fields": {
			"links:\n- name: a\n  addrs: [\"h:1\"]\n  spec: ../testdata/config/issuer.json\n  framing: binary2\n  signOn:\n    network: iso87\n    accepted: [\"\"]\n  echo: {network: iso87, fields: {11: 5, 33: hunter2, 70: hunter2hunter2, 37: now}, then: [{}]}",
			[]string{
				"f.yaml:6:3: links[0].signOn.accepted: an empty value: give codes of field 39, or an empty list for any",
				"f.yaml:9:39: links[0].echo.fields.11: the link gives field 11",
				"f.yaml:9:46: links[0].echo.fields.33: the specification has no such field",
				"f.yaml:9:79: links[0].echo.fields.37: now is for field 7",
				"f.yaml:9:92: links[0].echo.then[0]: give value: that of field 70, which says what the request is for",
			},
		},
		"networks and stans": {
			"networks: {a: {like: iso88}, b: 5, c: {mti: \"0800\"}}\nstans: {a: {digits: 13}, b: {block: 5}, c: [], d: {frist: 1}}\nlinks: [{name: a, addrs: [\"h:1\"], spec: Spec87ASCII, framing: binary2, stans: a}]",
			[]string{
				`f.yaml:1:12: networks.a: give mti, function, code and accepted, or like: the name of a network that has them`,
				`f.yaml:1:22: networks.a.like: there is no such name: "iso88": did you mean iso87?`,
				"f.yaml:1:30: networks.b: give mti, function, code and accepted, or like: the name of a network that has them",
				"f.yaml:1:33: networks.b: give a mapping: like, and what differs",
				"f.yaml:1:36: networks.c: give mti, function, code and accepted, or like: the name of a network that has them",
				"f.yaml:2:21: stans.a.digits: 13: give 1 to 12, or 0 for 6",
				"f.yaml:2:37: stans.b.block: is of no use: there is no Store",
				"f.yaml:2:41: stans.c: give a mapping: fields and their values",
				`f.yaml:2:52: stans.d.frist: there is no such field: "frist": did you mean first?`,
			},
		},
		"variables": {
			link("  scope: ${NONE}\n  localAddr: ${SECRET\n  accept: ${1}"),
			[]string{
				"f.yaml:6:10: links[0].scope: the variable NONE is not set: set it, or give ${NONE:-default}",
				"f.yaml:7:14: links[0].localAddr: a variable that is none: give ${NAME}, ${NAME:-default}, or $$ for a dollar",
				"f.yaml:8:11: links[0].accept: a variable that is none: give ${NAME}, ${NAME:-default}, or $$ for a dollar",
			},
		},
		"anchors": {
			link("  keyFields: *none\n  <<: [5]\n  backoff: &b {base: *b}\n  maxLate: !!int 5"),
			[]string{
				"f.yaml:6:14: links[0].keyFields: an alias without an anchor before it",
				"f.yaml:7:3: links[0]: <<: give an alias of a mapping, or a list of such",
				"f.yaml:8:22: links[0].backoff.base: an alias without an anchor before it",
				"f.yaml:9:12: links[0].maxLate: give a value, a list or a mapping: tags and the like are not used",
			},
		},
		"defaults, told once": {
			"defaults: {sendTimeout: 5, maxLat: 3, maxFrame: -1}\nlinks:\n- " + goodLink + "\n- " + strings.Replace(goodLink, ": a", ": b", 1),
			[]string{
				"f.yaml:1:25: defaults.sendTimeout: give a duration, with its unit: 5s, 100ms, 1m30s",
				`f.yaml:1:28: defaults.maxLat: there is no such field: "maxLat": did you mean maxLate?`,
				"f.yaml:1:49: links[0].maxFrame: -1: give a positive number, or 0 for the default",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := supervisor.LoadBytes("f.yaml", []byte(c.text), supervisor.LoadOptions{Env: secret})
			require.Error(t, err)
			assert.Zero(t, config)
			got := fileErrors(err)
			if assert.Len(t, got, len(c.want), strings.Join(got, "\n")) {
				for i, want := range c.want {
					assert.Contains(t, got[i], want)
				}
			}
			assert.NotContains(t, err.Error(), "hunter2")
			for _, e := range unwrapAll(err) {
				assert.NotContains(t, e.Error(), "hunter2")
			}
		})
	}
}

// TestLoadFaultsAreTyped: a fault that Validate finds is a *messages.ConfigError as well.
func TestLoadFaultsAreTyped(t *testing.T) {
	_, err := supervisor.LoadBytes("f.yaml", []byte("links:\n- "+strings.Replace(goodLink, "}", ", maxLate: -1}", 1)), supervisor.LoadOptions{})
	var place *supervisor.FileError
	require.ErrorAs(t, err, &place)
	var fault *messages.ConfigError
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, supervisor.FileError{
		File: "f.yaml", Line: 2, Column: 75, Field: "links[0].maxLate", Problem: fault.Problem, Err: fault,
	}, *place)
	assert.Equal(t, messages.ConfigError{Link: "a", Field: "MaxLate", Problem: fault.Problem}, *fault)
	_, err = supervisor.LoadBytes("f.yaml", []byte("links: 5"), supervisor.LoadOptions{})
	assert.False(t, errors.As(err, &fault))
}

// TestLoadManyAliases: a file of few lines does not become one of millions of values.
func TestLoadManyAliases(t *testing.T) {
	var b strings.Builder
	b.WriteString("x-0: &a0 [1, 2]\n")
	for i := range 40 {
		fmt.Fprintf(&b, "x-%[1]d: &a%[1]d [*a%[2]d, *a%[2]d]\n", i+1, i)
	}
	_, err := supervisor.LoadBytes("f.yaml", []byte(b.String()), supervisor.LoadOptions{})
	assert.Equal(t, []string{"f.yaml:1:1: its aliases make more than 100000 values of it"}, fileErrors(err))
}
