package main

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"time"

	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/testdata"
)

// The time-outs are short, so that much happens within ten seconds; a switch
// would leave most of them at their defaults.
const (
	sendTimeout = 400 * time.Millisecond
	echoTime    = 200 * time.Millisecond // IdleTime, and of each exchange of network management
	minDelay    = 100 * time.Millisecond
	fullAfter   = 150 * time.Millisecond // see maxInFlight
)

// maxInFlight is what a link gets to send in fullAfter, at that rate of all. The link
// to a host that stalls for longer is full: what it refuses, the group passes on.
func maxInFlight(rate int) int { return rate / links * int(fullAfter.Milliseconds()) / 1000 }

// linkConfig is a link to a host, with mutual TLS.
func linkConfig(name, addr string, config *tls.Config, stans *messages.STANs, logger *slog.Logger) supervisor.LinkConfig {
	return supervisor.LinkConfig{
		Name:            name,
		Addrs:           []string{addr},
		Spec:            spec87.Spec,
		Framing:         framing.Binary2{},
		TLS:             config,
		SendTimeout:     sendTimeout,
		SignOn:          traffic.Network(spec87.Spec, stans, messages.ISO87.SignOn, echoTime),
		SignOff:         traffic.Network(spec87.Spec, stans, messages.ISO87.SignOff, echoTime),
		SignOffOnStop:   true,
		Echo:            traffic.Network(spec87.Spec, stans, messages.ISO87.Echo, echoTime),
		IdleTime:        echoTime,
		MaxMissedEchoes: 2,
		// More than a run can have: no event may go untold here.
		MaxEvents: 1 << 20,
		Backoff: supervisor.Backoff{
			MinDelay: minDelay, Base: 50 * time.Millisecond, Cap: 400 * time.Millisecond, StableAfter: time.Second,
		},
		Logger: logger,
	}
}

// groupConfig is the group of all links. They take turns, so that some of its sends
// meet a link that has gone, or is full, since it was chosen: LeastInFlight would
// avoid one that stalls, and there would be less to pass on.
func groupConfig(name string, links []string) supervisor.GroupConfig {
	return supervisor.GroupConfig{
		Name: name, Links: links, Strategy: supervisor.RoundRobin(),
		Suspect: supervisor.SuspectConfig{For: time.Second},
	}
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

// observe lets the book see what a link tells.
func observe(config supervisor.LinkConfig, b *book, link int) supervisor.LinkConfig {
	config.OnLate = func(reply *messages.LateReply) { b.onLate(link, reply) }
	config.OnEvent = func(event messages.Event) { b.onEvent(link, event) }
	return config
}
