package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync/atomic"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/examples/internal/relay"
	"github.com/isolink-go/isolink/examples/internal/web"
	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// refusal is the response code to a host that asks for something that a node does not
// do by itself: invalid transaction.
const refusal = "12"

// node is what runs.
type node struct {
	options options
	logger  *slog.Logger
	manager *supervisor.Manager
	web     *web.Server                              // nil: there is none
	answer  func(context.Context, *messages.Inbound) // to the hosts

	relays map[string]*relay.Relay // by acceptor
	routes atomic.Pointer[routes]
}

// routes are groups by acceptor: as they are, and as a file that is being applied has
// them, for groups that are gone.
type routes struct{ now, next map[string]string }

// newNode makes a node that has no link yet.
func newNode(o options, logger *slog.Logger) (*node, error) {
	m, err := supervisor.New(nil, supervisor.Config{Logger: logger})
	return &node{
		options: o, logger: logger, manager: m, relays: make(map[string]*relay.Relay),
		answer: messages.ISO87.Answering(refusal, nil),
	}, err
}

// reload reads the file and applies it. A wrong file changes nothing, and so requests go
// where they went until it is applied. The error is that of supervisor.Load or of
// Manager.Apply.
func (n *node) reload(ctx context.Context) (supervisor.Applied, error) {
	p, err := n.load()
	if err != nil {
		return supervisor.Applied{}, err
	}
	var before routes
	if last := n.routes.Load(); last != nil {
		before = *last
	}
	n.routes.Store(&routes{before.now, p.routes})
	applied, err := n.manager.Apply(ctx, p.config)
	if err != nil && reflect.ValueOf(applied).IsZero() {
		n.routes.Store(&before)
	} else {
		n.routes.Store(&routes{now: p.routes})
	}
	return applied, err
}

// plan is a file that was read.
type plan struct {
	node   *node
	config supervisor.Config

	specs  map[string]*iso8583.MessageSpec // by link
	groups []supervisor.GroupConfig
	routes map[string]string // group by acceptor
}

// load reads the file.
func (n *node) load() (*plan, error) {
	p := &plan{node: n, specs: make(map[string]*iso8583.MessageSpec), routes: make(map[string]string)}
	var err error
	p.config, err = supervisor.Load(n.options.config, supervisor.LoadOptions{
		Link: p.link, Group: p.group, Acceptor: p.acceptor,
		Specs: map[string]*iso8583.MessageSpec{"spec87": spec87.Spec},
	})
	return p, err
}

// link adds to a link what no file can say. A link of a peer that connects to us is as
// its acceptor's sessions.
func (p *plan) link(c *supervisor.LinkConfig) error {
	p.specs[c.Name] = c.Spec
	c.Handler = p.node.answer
	if c.Accept != "" {
		r := p.node.relay(c.Accept)
		c.Handler, c.Overload = r.Handle, r.Refuse
	}
	return nil
}

func (p *plan) group(c *supervisor.GroupConfig) error {
	p.groups = append(p.groups, *c)
	return nil
}

// acceptor routes the requests of an acceptor's sessions.
func (p *plan) acceptor(c *supervisor.AcceptorConfig) error {
	group, err := p.route(c.Name)
	if err != nil {
		return err
	}
	switch {
	case group.STANs == nil:
		return fmt.Errorf("its group %s needs stans: clients number their requests as they like", group.Name)
	case slices.ContainsFunc(group.Links, func(link string) bool { return p.specs[link] != c.Session.Spec }):
		return fmt.Errorf("needs the spec of the links of its group, %s: requests are passed on as they are", group.Name)
	}
	p.routes[c.Name] = group.Name
	r := p.node.relay(c.Name)
	c.Session.Handler, c.Session.Overload = r.Handle, r.Refuse
	return nil
}

// route is the group that gets an acceptor's requests.
func (p *plan) route(acceptor string) (supervisor.GroupConfig, error) {
	name, given := p.node.options.routes[acceptor]
	if !given && len(p.groups) == 1 {
		return p.groups[0], nil
	}
	if !given {
		return supervisor.GroupConfig{}, fmt.Errorf("which group gets its requests? Say -route %s=GROUP", acceptor)
	}
	for _, g := range p.groups {
		if g.Name == name {
			return g, nil
		}
	}
	return supervisor.GroupConfig{}, fmt.Errorf("-route %s=%s: there is no such group", acceptor, name)
}

// relay is what handles the requests of an acceptor, however often the file is loaded.
func (n *node) relay(acceptor string) *relay.Relay {
	if n.relays[acceptor] == nil {
		n.relays[acceptor] = &relay.Relay{Group: &routed{n, acceptor}, Logger: n.logger}
	}
	return n.relays[acceptor]
}

// routed is the group that an acceptor's requests go to now.
type routed struct {
	node     *node
	acceptor string
}

func (r *routed) group() *supervisor.Group {
	routes := r.node.routes.Load()
	group := r.node.manager.Group(routes.now[r.acceptor])
	if group.PID() == nil {
		group = r.node.manager.Group(routes.next[r.acceptor])
	}
	return group
}

// Send sends by the group.
func (r *routed) Send(ctx context.Context, m *iso8583.Message) (*iso8583.Message, error) {
	return r.group().Send(ctx, m)
}

// Status is the group's.
func (r *routed) Status() supervisor.GroupStatus { return r.group().Status() }

// close ends the node in order: the console last, which shows it.
func (n *node) close(ctx context.Context) error {
	faults := []error{n.manager.Close(ctx)}
	if n.web != nil {
		faults = append(faults, n.web.Close(ctx))
	}
	for name, r := range n.relays {
		n.logger.Info("ended", slog.String("acceptor", name), slog.Uint64("answered", r.Answered.Load()),
			slog.Uint64("notSent", r.NotSent.Load()), slog.Uint64("inDoubt", r.InDoubt.Load()), slog.Uint64("wrong", r.Wrong.Load()))
	}
	return errors.Join(faults...)
}
