package main

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/issuer"
	"github.com/isolink-go/isolink/examples/internal/relay"
	"github.com/isolink-go/isolink/examples/internal/terminal"
	"github.com/isolink-go/isolink/examples/internal/testbed"
)

// oneLink is a file with a link and its group.
const oneLink = head + `
links: [{name: host-1, addrs: ["%s"]}]
groups: [{name: host, links: [host-1], stans: host}]
`

// Clients are answered by the hosts, the page shows it, and the end says what was done.
func TestNode(t *testing.T) {
	host, ledger := testbed.Host(t, issuer.NoFault)
	r := startNode(t, newFile(t, oneLink, host.Addr()))
	r.await("link host-1: connecting -> up")
	client := testbed.Client(t, r.clients)
	for number := range 5 {
		request, err := testbed.Payment("000042", fmt.Sprintf("%012d", number))
		require.NoError(t, err)
		response, err := client.Send(terminal.Patient(t), request)
		require.NoError(t, err)
		assert.Equal(t, []string{"000042", relay.Approved}, testbed.Values(t, response, 11, relay.CodeField))
	}
	assert.Len(t, ledger.Received, 5)
	code, body := testbed.Ask(t, http.MethodGet, r.console+"/readyz", "", "")
	assert.Equal(t, http.StatusOK, code, body)
	_, body = testbed.Ask(t, http.MethodGet, r.console+"/metrics", "", "")
	assert.Regexp(t, `(?m)^isolink_.*link="host-1".* 5$`, body)
	r.end()
	assert.Contains(t, r.out.String(), "msg=ended acceptor=clients answered=5 notSent=0 inDoubt=0 wrong=0")
	assert.NotRegexp(t, `\D[0-9]{13,19}\D`, r.out.String(), "as long as a card number")
}

// Without an operator nobody acts; with one, only the operator sees, and acts.
func TestOperator(t *testing.T) {
	host, _ := testbed.Host(t, issuer.NoFault)
	f := newFile(t, oneLink, host.Addr())
	r := startNode(t, f)
	code, body := testbed.Ask(t, http.MethodPost, r.console+"/api/links/host-1/pause", "alice", "secret")
	assert.Equal(t, http.StatusForbidden, code)
	assert.Contains(t, body, "read-only")
	r.end()

	t.Setenv(operatorVariable, "alice:secret")
	r = startNode(t, f)
	for _, c := range []struct {
		path, password string
		code           int
	}{
		{"/", "", http.StatusUnauthorized},
		{"/api/status", "wrong", http.StatusUnauthorized},
		{"/", "secret", http.StatusOK},
		{"/healthz", "", http.StatusOK},
		{"/metrics", "", http.StatusOK},
	} {
		code, _ := testbed.Ask(t, http.MethodGet, r.console+c.path, "alice", c.password)
		assert.Equal(t, c.code, code, "%s %s", c.path, c.password)
	}
	code, _ = testbed.Ask(t, http.MethodPost, r.console+"/api/links/host-1/pause", "alice", "wrong")
	assert.Equal(t, http.StatusUnauthorized, code)
	code, body = testbed.Ask(t, http.MethodPost, r.console+"/api/links/host-1/pause", "alice", "secret")
	assert.Equal(t, http.StatusNoContent, code, body)
	r.await("link host-1: .* -> paused")
	code, body = testbed.Ask(t, http.MethodGet, r.console+"/readyz", "", "")
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.Contains(t, body, "host")
	r.end()
	assert.NotContains(t, r.out.String(), "secret")
}

func TestCheck(t *testing.T) {
	f := newFile(t, oneLink, "127.0.0.1:1")
	out, complaints := new(terminal.Output), new(terminal.Output)
	assert.Zero(t, command(t.Context(), []string{"-config", f.name, "-check"}, out, complaints))
	assert.Equal(t, f.name+": links 1, groups 1, acceptors 1\n", out.String())
	assert.Empty(t, complaints.String())
}

// The file that comes with the program is right.
func TestExampleFile(t *testing.T) {
	out := new(terminal.Output)
	assert.Zero(t, command(t.Context(), []string{"-config", "links.yaml", "-check"}, out, out))
	assert.Equal(t, "links.yaml: links 2, groups 1, acceptors 1\n", out.String())
}

func TestWrongFiles(t *testing.T) {
	const links = "links: [{name: a, addrs: [\"127.0.0.1:1\"]}, {name: b, addrs: [\"127.0.0.1:1\"], spec: Spec87ASCII}]\n"
	for name, c := range map[string]struct {
		text string
		args []string
		want string
	}{
		"unknown field": {head + "links: [{name: a, adrs: []}]", nil, `links.yaml:5:19: `},
		"two groups":    {head + links + "groups: [{name: g, links: [a]}, {name: h, links: [a]}]", nil, "-route clients=GROUP"},
		"no such group": {head + links + "groups: [{name: g, links: [a]}]", []string{"-route", "clients=h"}, "-route clients=h: there is no such group"},
		"no stans":      {head + links + "groups: [{name: g, links: [a]}]", nil, "its group g needs stans"},
		"another spec":  {head + links + "groups: [{name: g, links: [a, b], stans: host}]", nil, "needs the spec of the links of its group, g"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFile(t, "%s", c.text)
			code, complaints := terminal.Call(t, command, append([]string{"-check", "-config", f.name}, c.args...)...)
			assert.Equal(t, 2, code)
			assert.Contains(t, complaints, c.want)
			assert.NotContains(t, complaints, "explains the flags")
		})
	}
}

func TestWrongCalls(t *testing.T) {
	t.Setenv(operatorVariable, "alice")
	code, complaints := terminal.Call(t, command, "-route", "clients", "-within", "0s")
	assert.Equal(t, 2, code)
	for _, words := range []string{"-config: give a file", "-route: give an acceptor and a group", "-within: ", operatorVariable + ": "} {
		assert.Contains(t, complaints, words)
	}
	t.Setenv(operatorVariable, "")
	code, complaints = terminal.Call(t, command, "-check", "-config", "nowhere.yaml")
	assert.Equal(t, 1, code)
	assert.Contains(t, complaints, "nowhere.yaml")
}

// An address that is taken is named, whether it is an acceptor's or the console's.
func TestTakenAddresses(t *testing.T) {
	host, _ := testbed.Host(t, issuer.NoFault)
	f := newFile(t, oneLink, host.Addr())
	out := new(terminal.Output)
	assert.Equal(t, 1, command(t.Context(), []string{"-config", f.name, "-console", host.Addr()}, out, out))
	assert.Contains(t, out.String(), host.Addr()+": bind: ")
	f.write(`acceptors: [{name: clients, addr: "%s", session: {spec: spec87, framing: binary2}}]`+
		"\nstans: {host: {}}\ngroups: [{name: host, stans: host}]", host.Addr())
	out = new(terminal.Output)
	assert.Equal(t, 1, command(t.Context(), []string{"-config", f.name, "-console", "off"}, out, out))
	assert.Contains(t, out.String(), host.Addr()+": bind: ")
}
