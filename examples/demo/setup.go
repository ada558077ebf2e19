package main

import (
	"crypto/tls"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/testdata"
)

// What links.yaml asks for.
const (
	sendTimeout = 400 * time.Millisecond
	fullAfter   = 150 * time.Millisecond // see maxInFlight
)

// maxInFlight is what a link gets to send in fullAfter, at that rate of all. The link
// to a host that stalls for longer is full: what it refuses, the group passes on.
func maxInFlight(rate int) int { return rate / links * int(fullAfter.Milliseconds()) / 1000 }

//go:embed links.yaml
var file []byte

// load reads the configuration of links with mutual TLS to the hosts, which the book
// observes. stans is what all of it is numbered by.
func (d *demo) load(linkTLS *tls.Config) (config supervisor.Config, stans *messages.STANs, err error) {
	variables := map[string]string{
		"SEND_TIMEOUT": sendTimeout.String(), "MAX_IN_FLIGHT": strconv.Itoa(maxInFlight(d.options.rate)),
	}
	for i, h := range d.hosts {
		variables[fmt.Sprintf("HOST_%d", i+1)] = h.Addr()
	}
	config, err = supervisor.LoadBytes("links.yaml", file, supervisor.LoadOptions{
		Specs: map[string]*iso8583.MessageSpec{"spec87": spec87.Spec},
		Env: func(name string) (string, bool) {
			value, found := variables[name]
			return value, found
		},
		Link: func(c *supervisor.LinkConfig) error {
			link := slices.Index(d.columns, c.Name)
			c.TLS, stans = linkTLS, c.STANs
			c.OnLate = func(reply *messages.LateReply) { d.book.onLate(link, reply) }
			c.OnEvent = func(event messages.Event) { d.book.onEvent(link, event) }
			return nil
		},
	})
	return config, stans, err
}

// certificates reads the certificates of both ends of mutual TLS.
func certificates() (host, link *tls.Config, err error) {
	trusted, authorityErr := testdata.CertPool("ca")
	hostPair, hostErr := testdata.KeyPair("server")
	linkPair, linkErr := testdata.KeyPair("client")
	host = &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{hostPair},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: trusted,
	}
	link = &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{linkPair}, RootCAs: trusted,
	}
	return host, link, errors.Join(authorityErr, hostErr, linkErr)
}
