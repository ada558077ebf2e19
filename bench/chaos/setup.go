package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// kind is how a group of links is made, and what is done to it.
type kind struct {
	name    string
	framing framing.Framer
	links   int
	direct  int // so many of them, the last ones, have no proxy
	watched bool
	scope   bool
	signOn  bool
	tls     bool
	rejects bool
	issuer  bool // the host is an acceptor of isolink
}

// kinds are the groups of a run.
var kinds = []kind{
	{name: "scope", framing: framing.Binary2{}, links: 4, direct: 1, watched: true, scope: true},
	{name: "plain", framing: framing.ASCII{}, links: 3, direct: 1, signOn: true, rejects: true},
	{name: "tls", framing: framing.TPDU{}, links: 2, tls: true},
	{name: "peer", framing: framing.BCD2{}, links: 3, watched: true, issuer: true},
}

// lane is a link, and all that lies between it and its host.
type lane struct {
	kind   *kind
	name   string
	proxy  *proxy // nil: none
	port   *port  // nil: the host is an acceptor
	addr   string
	faults []fault
}

const lateWindow = 8 * time.Second

// faultsOf are those of the plan for a lane.
func (k *kind) faultsOf(direct bool) (all []fault) {
	if !direct {
		all = append(all, latency, bandwidth, slicer, resetPeer, limitData, timeout, silence, slowClose, proxyDown)
	}
	all = append(all, restarted, paused)
	if k.issuer {
		return append(all, sessionClosed)
	}
	all = append(all, garbage, wrongLength, halfClose, keepAlives, oldSocket)
	if k.signOn {
		all = append(all, signOnRefused)
	}
	if k.tls {
		all = append(all, tlsAlert, tlsExpired)
	}
	return all
}

// group is what callers use of a group.
type group struct {
	kind  *kind
	group *supervisor.Group
	links []*supervisor.Link
	stans *messages.STANs
	first int // the number of its first link
}

// linkConfig is that of a lane's link.
func (r *run) linkConfig(l *lane, stans *messages.STANs) supervisor.LinkConfig {
	k := l.kind
	c := supervisor.LinkConfig{
		Name: l.name, Addrs: []string{"127.0.0.1:1"}, Spec: spec, Framing: k.framing, STANs: stans,
		Dial:           func(ctx context.Context, _, _ string) (net.Conn, error) { return r.dial(ctx, l) },
		ConnectTimeout: time.Second, TLSTimeout: time.Second, SendTimeout: sendTimeout, WriteTimeout: time.Second,
		LateWindow: lateWindow, MaxFrame: maxFrame, MaxEvents: 1 << 17, MaxInFlight: 24,
		Backoff: supervisor.Backoff{
			MinDelay: 20 * time.Millisecond, Base: 20 * time.Millisecond, Cap: 200 * time.Millisecond, StableAfter: time.Second,
		},
		Handler: network.Answering("12", r.handle), OnEvent: r.book.onEvent, Logger: quiet,
		Echo: r.management(network.Echo, stans), IdleTime: 500 * time.Millisecond, MaxMissedEchoes: 2,
	}
	switch {
	case k.scope:
		c.Scope, c.VerifyFields = k.name, []int{idField}
	case k.signOn:
		c.SignOn, c.SendKeepAlive, c.AnswerKeepAlives = r.management(network.SignOn, stans), 100*time.Millisecond, true
	case k.tls:
		c.TLS, c.Echo, c.ReadIdle = r.certs.client, supervisor.NetworkManagement{}, 1500*time.Millisecond
	}
	if k.rejects {
		c.Reject = messages.RejectVersion9('0')
	}
	return c
}

// management is an exchange of network management.
func (r *run) management(function string, stans *messages.STANs) supervisor.NetworkManagement {
	n := supervisor.NetworkManagement{
		Build: network.Builder(spec, function, messageFill(stans)), Timeout: 500 * time.Millisecond,
	}
	if function == network.SignOn {
		n.Check = network.Check
	}
	return n
}

func (r *run) dial(ctx context.Context, l *lane) (net.Conn, error) {
	var conn net.Conn
	var err error
	if l.proxy != nil {
		conn, err = l.proxy.dial(ctx)
	} else {
		conn, err = (&net.Dialer{KeepAlive: -1}).DialContext(ctx, "tcp", l.addr)
	}
	if err != nil {
		return nil, err
	}
	r.sockets.given(conn)
	if l.kind.watched {
		conn = r.oracle.watch(conn, l.kind.framing)
	}
	return conn, nil
}

// quiet takes log lines and drops them.
var quiet = slog.New(slog.DiscardHandler)

// open starts hosts, proxies and links.
func (r *run) open() (err error) {
	var config supervisor.Config
	config.Logger = quiet
	for i := range r.kinds {
		k := &r.kinds[i]
		stans, err := messages.NewSTANs(messages.STANConfig{Last: lastSTAN})
		if err != nil {
			return err
		}
		g := &group{kind: k, stans: stans, first: len(r.lanes)}
		host, err := r.openHost(k, uint64(i))
		if err != nil {
			return err
		}
		gc := supervisor.GroupConfig{
			Name: "group-" + k.name, STANs: stans, Suspect: supervisor.SuspectConfig{For: 300 * time.Millisecond}, Logger: quiet,
		}
		for n := range k.links {
			l := &lane{kind: k, name: fmt.Sprintf("%s-%d", k.name, n), addr: host.addrOf(n), port: host.portOf(n)}
			direct := n >= k.links-k.direct
			l.faults = k.faultsOf(direct)
			if !direct {
				if l.proxy, err = r.proxies.start(l.name, l.addr); err != nil {
					return err
				}
			}
			r.book.links[l.name] = int16(len(r.lanes))
			r.lanes = append(r.lanes, l)
			config.Links = append(config.Links, r.linkConfig(l, stans))
			gc.Links = append(gc.Links, l.name)
		}
		r.book.groups[gc.Name] = true
		config.Groups = append(config.Groups, gc)
		r.groups = append(r.groups, g)
	}
	if r.manager, err = supervisor.New(nil, config); err != nil {
		return err
	}
	for _, g := range r.groups {
		g.group = r.manager.Group("group-" + g.kind.name)
		for n := range g.kind.links {
			g.links = append(g.links, r.manager.Link(r.lanes[g.first+n].name))
		}
	}
	return nil
}
