package actors

import (
	"strings"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
)

// TestScopeAndSignConfig: what belongs together must be given together.
func TestScopeAndSignConfig(t *testing.T) {
	signs := NetworkManagement{Build: func() (*iso8583.Message, error) { return nil, nil }}
	for _, c := range []struct {
		name   string
		change func(*LinkConfig)
		fields string
	}{
		{"a scope", func(c *LinkConfig) { c.Scope = "pair" }, ""},
		{"a scope with a slash", func(c *LinkConfig) { c.Scope = "a/b" }, "Scope"},
		{"waiting alone", func(c *LinkConfig) { c.OnDisconnect = Wait }, ""},
		{"OnDisconnect", func(c *LinkConfig) { c.OnDisconnect = Wait + 1 }, "OnDisconnect"},
		{"a shared sign-on", func(c *LinkConfig) { c.Scope, c.SignOn, c.SignOnScope = "pair", signs, PerScope }, ""},
		{"a shared sign-on without a scope", func(c *LinkConfig) { c.SignOn, c.SignOnScope = signs, PerScope }, "SignOnScope"},
		{"a shared sign-on without one", func(c *LinkConfig) { c.Scope, c.SignOnScope = "pair", PerScope }, "SignOnScope"},
		{"SignOnScope", func(c *LinkConfig) { c.SignOnScope = PerScope + 1 }, "SignOnScope"},
		{"SignOffOnStop", func(c *LinkConfig) { c.SignOffOnStop = true }, "SignOffOnStop"},
		{"two exchanges", func(c *LinkConfig) { c.SignOn = signs; c.SignOn.Then = []NetworkManagement{signs} }, ""},
		{"nothing to follow", func(c *LinkConfig) { c.SignOn.Then = []NetworkManagement{signs} }, "SignOn.Then"},
		{"nothing that follows", func(c *LinkConfig) { c.Echo = signs; c.Echo.Then = make([]NetworkManagement, 1) }, "Echo.Then[0].Build"},
		{"a time of its own", func(c *LinkConfig) {
			c.SignOn = signs
			c.SignOn.Then = []NetworkManagement{{Build: signs.Build, Timeout: time.Second}}
		}, "SignOn.Then[0]"},
		{"a third level", func(c *LinkConfig) {
			c.SignOn = signs
			c.SignOn.Then = []NetworkManagement{{Build: signs.Build, Then: []NetworkManagement{signs}}}
		}, "SignOn.Then[0]"},
		{"sign-off first", func(c *LinkConfig) { c.SignOff, c.SignOffOnStop, c.DrainOrder = signs, true, SignOffFirst }, ""},
		{"sign-off first, but never", func(c *LinkConfig) { c.SignOff, c.DrainOrder = signs, SignOffFirst }, "DrainOrder"},
		{"DrainOrder", func(c *LinkConfig) { c.DrainOrder = SignOffFirst + 1 }, "DrainOrder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := goodConfig()
			c.change(&config)
			assert.Equal(t, c.fields, strings.Join(faultyFields(t, config), " "))
		})
	}
	session := AcceptorConfig{Name: "host", Addr: ":5001", Session: goodConfig()}
	session.Session.Name, session.Session.Addrs = "", nil
	assert.Empty(t, faultyFields(t, session))
	session.Session.Scope = "pair"
	assert.Equal(t, []string{"Session.Scope, OnDisconnect, SignOnScope"}, faultyFields(t, session))
}
