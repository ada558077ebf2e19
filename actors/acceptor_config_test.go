package actors

import (
	"crypto/tls"
	"errors"
	"net"
	"reflect"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

func goodAcceptor() AcceptorConfig {
	return AcceptorConfig{
		Name: "host", Addr: ":5001", Session: LinkConfig{Spec: specs.Spec87ASCII, Framing: framing.Binary2{}},
	}
}

func TestAcceptorConfigFaults(t *testing.T) {
	const certs = "../testdata/certs/"
	server := TLSFiles{Cert: certs + "server.pem", Key: certs + "server-key.pem"}
	for _, c := range []struct {
		name   string
		change func(*AcceptorConfig)
		want   []string
	}{
		{"good", func(*AcceptorConfig) {}, nil},
		{"nothing", func(c *AcceptorConfig) { *c = AcceptorConfig{} }, []string{"Name", "Addr", "Session.Spec", "Session.Framing"}},
		{"a listener", func(c *AcceptorConfig) { c.Addr, c.Listener = "", &net.TCPListener{} }, nil},
		{"two places", func(c *AcceptorConfig) { c.Listener = &net.TCPListener{} }, []string{"Addr"}},
		{"no port", func(c *AcceptorConfig) { c.Addr = "127.0.0.1" }, []string{"Addr"}},
		{"name", func(c *AcceptorConfig) { c.Name = "a/b" }, []string{"Name"}},
		{"a session with a link's fields", func(c *AcceptorConfig) {
			c.Session.Name, c.Session.Addrs, c.Session.TLS = "x", []string{"h:1"}, &tls.Config{}
			c.Session.ConnectTimeout, c.Session.Backoff.Cap = time.Second, time.Second
		}, []string{
			"Session.Name, Accept, OnSecond", "Session.Addrs", "Session.TLS", "Session.ConnectTimeout", "Session.Backoff",
		}},
		{"a session's own fault", func(c *AcceptorConfig) { c.Session.MaxFrame, c.Session.HandleTimeout = -1, -1 }, []string{
			"Session.MaxFrame", "Session.HandleTimeout",
		}},
		{"a session's keys", func(c *AcceptorConfig) {
			c.Session.KeyFunc, c.Session.KeyFields = messages.HeaderKey(0, 4), []int{11}
		}, []string{"Session.KeyFields"}},
		{"limits", func(c *AcceptorConfig) { c.MaxSessions, c.MaxHandshakes = -1, -1 }, []string{
			"MaxSessions", "MaxPerAddr", "MaxHandshakes",
		}},
		{"per address above all", func(c *AcceptorConfig) { c.MaxSessions, c.MaxPerAddr = 10, 11 }, []string{"MaxPerAddr"}},
		{"timeouts", func(c *AcceptorConfig) { c.TLSTimeout, c.FirstTimeout = -1, -1 }, []string{"TLSTimeout", "FirstTimeout"}},
		{"first message for nobody", func(c *AcceptorConfig) { c.ReadFirst = true }, []string{"ReadFirst"}},
		{"TLS", func(c *AcceptorConfig) { c.TLSFiles = server }, nil},
		{"TLS without a certificate", func(c *AcceptorConfig) { c.TLS = &tls.Config{} }, []string{"TLS"}},
		{"TLS by function", func(c *AcceptorConfig) {
			c.TLS = &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("none") }}
		}, nil},
		{"a server name", func(c *AcceptorConfig) {
			c.TLSFiles = server
			c.TLSFiles.ServerName = "x"
		}, []string{"TLSFiles.ServerName"}},
		{"lists", func(c *AcceptorConfig) { c.Allow, c.Deny = []string{"x"}, []string{"y"} }, []string{"Allow[0]", "Deny[0]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := goodAcceptor()
			c.change(&config)
			assert.Equal(t, c.want, faultyFields(t, config))
		})
	}
}

// TestAcceptorTLS: with a CA, peers need a certificate, unless the embedding
// program has said otherwise.
func TestAcceptorTLS(t *testing.T) {
	const certs = "../testdata/certs/"
	config := goodAcceptor()
	config.TLSFiles = TLSFiles{CA: certs + "ca.pem", Cert: certs + "server.pem", Key: certs + "server-key.pem"}
	made, err := config.compile()
	require.NoError(t, err)
	assert.Equal(t, tls.RequireAndVerifyClientCert, made.tls.config.ClientAuth)
	assert.NotNil(t, made.tls.config.ClientCAs)
	assert.EqualValues(t, tls.VersionTLS12, made.tls.config.MinVersion)

	config.TLS = &tls.Config{ClientAuth: tls.VerifyClientCertIfGiven}
	made, err = config.compile()
	require.NoError(t, err)
	assert.Equal(t, tls.VerifyClientCertIfGiven, made.tls.config.ClientAuth)
}

func TestAcceptorConfigDefaults(t *testing.T) {
	c := AcceptorConfig{}.withDefaults()
	assert.Equal(t, AcceptorConfig{
		TLSTimeout: 10 * time.Second, FirstTimeout: 10 * time.Second,
		MaxSessions: 10_000, MaxPerAddr: 10_000, MaxHandshakes: 256, Session: LinkConfig{}.withDefaults(),
	}, c, "as the comments have it")
	set := AcceptorConfig{TLSTimeout: 1, FirstTimeout: 2, MaxSessions: 5, MaxPerAddr: 3, MaxHandshakes: 4}
	made := set.withDefaults()
	made.Session = LinkConfig{}
	assert.Equal(t, set, made)
	assert.Equal(t, 5, AcceptorConfig{MaxSessions: 5}.withDefaults().MaxPerAddr)
	assert.Equal(t, 16, reflect.TypeFor[AcceptorConfig]().NumField(), "a field that this test does not know")
}

// TestExpectedLinkFaults: what a link that its peer connects to has no use for.
func TestExpectedLinkFaults(t *testing.T) {
	c := LinkConfig{Name: "bank", Accept: "host", Spec: specs.Spec87ASCII, Framing: framing.Binary2{}}
	require.NoError(t, c.Validate())
	c.OnSecond = Refuse
	require.NoError(t, c.Validate())
	c.Accept, c.OnSecond = "a/b", Refuse+1
	c.Addrs, c.TLS, c.TLSFiles.CA = []string{"h:1"}, &tls.Config{}, "ca.pem"
	c.Dial = (&net.Dialer{}).DialContext
	c.ConnectTimeout, c.TLSTimeout, c.Backoff.Cap = time.Second, time.Second, time.Second
	fields := faultyFields(t, c)
	assert.Subset(t, fields, []string{
		"Accept", "OnSecond", "Addrs", "TLS", "TLSFiles", "Dial", "ConnectTimeout", "TLSTimeout", "Backoff",
	})
	assert.Equal(t, []string{"OnSecond"}, faultyFields(t, LinkConfig{
		Name: "bank", Addrs: []string{"h:1"}, OnSecond: Refuse, Spec: specs.Spec87ASCII, Framing: framing.Binary2{},
	}))
	assert.Equal(t, []string{"MaxHandlers", "Overload"}, faultyFields(t, LinkConfig{
		Name: "bank", Addrs: []string{"h:1"}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{}, Ordered: true, MaxHandlers: 2,
		Overload: goodOverload,
	}))
}

func goodOverload(*messages.Inbound) (*iso8583.Message, error) { return nil, nil }
