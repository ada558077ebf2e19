package supervisor_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// variables are an environment.
func variables(all map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := all[name]
		return value, ok
	}
}

const exampleFile = "../testdata/config/switch.yaml"

var exampleOptions = supervisor.LoadOptions{Env: variables(map[string]string{"ISSUER_HOST": "192.0.2.1"})}

// TestLoad: the example has what it says.
func TestLoad(t *testing.T) {
	c, err := supervisor.Load(exampleFile, exampleOptions)
	require.NoError(t, err)
	require.NoError(t, c.Validate())
	require.Len(t, c.Links, 3)
	require.Len(t, c.Groups, 2)
	require.Len(t, c.Acceptors, 1)

	one, two, bank := c.Links[0], c.Links[1], c.Links[2]
	assert.Equal(t, []string{"192.0.2.1:5001", "192.0.2.2:5001"}, one.Addrs)
	assert.Equal(t, "Issuer host, ISO 8583:1987 in ASCII", one.Spec.Name)
	assert.Same(t, one.Spec, two.Spec)
	assert.Equal(t, framing.Binary2{}, one.Framing)
	assert.Equal(t, 20*time.Second, one.SendTimeout)
	assert.Equal(t, supervisor.Backoff{MinDelay: 2 * time.Second, Cap: time.Minute}, one.Backoff)
	assert.Equal(t, []int{37, 41}, one.VerifyFields)
	assert.Equal(t, supervisor.TLSFiles{CA: filepath.Join("..", "testdata", "certs", "ca.pem"), ServerName: "issuer.example"}, one.TLSFiles)
	assert.Same(t, one.STANs, two.STANs)
	assert.Same(t, one.STANs, c.Groups[0].STANs)
	assert.NotNil(t, one.Reject)
	assert.Equal(t, 5*time.Second, one.Echo.Timeout)
	assert.Equal(t, supervisor.SignOffFirst, two.DrainOrder)
	assert.True(t, two.SignOffOnStop)
	assert.Equal(t, supervisor.Refuse, bank.OnSecond)
	assert.Equal(t, "terminals", bank.Accept)
	assert.Zero(t, bank.Backoff, "defaults about connecting are not its")
	assert.Nil(t, bank.SignOn.Build, "null takes a default away")
	assert.Equal(t, map[byte][]int{'8': {7, 11}}, bank.ClassKeyFields)

	assert.Equal(t, supervisor.SuspectConfig{After: 3, For: 10 * time.Second}, c.Groups[0].Suspect)
	assert.NotNil(t, c.Groups[1].Strategy)
	a := c.Acceptors[0]
	assert.Equal(t, framing.ASCII{HeaderLen: 5}, a.Session.Framing)
	assert.Equal(t, []string{"127.0.0.0/8", "192.0.2.0/24"}, a.Allow)
	assert.Same(t, one.Spec, a.Session.Spec)
	assert.Equal(t, 20*time.Second, a.Session.SendKeepAlive)
	assert.NotNil(t, a.PeerName)
	assert.Zero(t, a.Session.Backoff)
}

// TestLoadMakesNetworkManagement: requests and judgements are those of the network.
func TestLoadMakesNetworkManagement(t *testing.T) {
	c, err := supervisor.Load(exampleFile, exampleOptions)
	require.NoError(t, err)
	one, two := c.Links[0], c.Links[1]
	var stans []string
	for want, n := range map[string]supervisor.NetworkManagement{"001": one.SignOn, "002": two.SignOff, "270": one.Echo} {
		msg, err := n.Build()
		require.NoError(t, err)
		mti, err := msg.GetMTI()
		require.NoError(t, err)
		assert.Equal(t, "0800", mti)
		got, err := msg.GetString(70)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		stan, err := msg.GetString(11)
		require.NoError(t, err)
		assert.NotContains(t, stans, stan)
		stans = append(stans, stan)
		_, err = messages.Pack(msg)
		require.NoError(t, err)
		sent, err := msg.GetString(7)
		require.NoError(t, err)
		assert.Equal(t, want == "002", len(sent) == 10, "field 7 of %s is %q", want, sent)
		for code, ok := range map[string]bool{"00": true, "05": false} {
			response := iso8583.NewMessage(one.Spec)
			require.NoError(t, response.Field(39, code))
			assert.Equal(t, ok, n.Check(response) == nil)
		}
	}
}

// TestLoadOptions: what a program gives is added to what the file says.
func TestLoadOptions(t *testing.T) {
	const text = `
links:
- {name: a, addrs: ["h:1"], spec: mine, framing: binary2}
groups:
- {name: g, links: [a]}
acceptors:
- {name: l, addr: ":0", session: {spec: mine, framing: binary2}}
`
	no := errors.New("no")
	options := supervisor.LoadOptions{
		Specs:    map[string]*iso8583.MessageSpec{"mine": spec},
		Link:     func(c *supervisor.LinkConfig) error { c.Handler = answering; return nil },
		Group:    func(c *supervisor.GroupConfig) error { c.Suspect.After = -1; return nil },
		Acceptor: func(c *supervisor.AcceptorConfig) error { c.Session.Handler = answering; return nil },
	}
	c, err := supervisor.LoadBytes("switch.yaml", []byte(text), options)
	require.NoError(t, err)
	assert.NotNil(t, c.Links[0].Handler)
	assert.Same(t, spec, c.Links[0].Spec)
	assert.Equal(t, -1, c.Groups[0].Suspect.After)
	assert.NotNil(t, c.Acceptors[0].Session.Handler)

	options.Link = func(*supervisor.LinkConfig) error { return no }
	options.Group = func(c *supervisor.GroupConfig) error { c.MinUp = 2; return nil }
	options.Acceptor = func(*supervisor.AcceptorConfig) error { return no }
	_, err = supervisor.LoadBytes("switch.yaml", []byte(text), options)
	require.ErrorIs(t, err, no)
	assert.Equal(t, []string{
		"switch.yaml:3:4: links[0]: no",
		"switch.yaml:5:4: groups[0].minUp: 2: give at most 1, the number of Links",
		"switch.yaml:7:4: acceptors[0]: no",
	}, fileErrors(err))

	_, err = supervisor.Load("none.yaml", options)
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// fileErrors are the lines of joined *FileErrors.
func fileErrors(err error) (lines []string) {
	for _, e := range unwrapAll(err) {
		if fault, ok := e.(*supervisor.FileError); ok {
			lines = append(lines, fault.Error())
		}
	}
	return lines
}

// writeFile replaces a file.
func writeFile(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
}

// TestLoadEmpty: a file may be empty, and starts a manager of nothing.
func TestLoadEmpty(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "links:\ngroups: []\n", "defaults: {sendTimeout: 5s}"} {
		c, err := supervisor.LoadBytes("f", []byte(text), supervisor.LoadOptions{})
		require.NoError(t, err, text)
		m := startManager(t, c)
		assert.Empty(t, m.Links())
		require.NoError(t, m.Close(context.Background()))
	}
}
