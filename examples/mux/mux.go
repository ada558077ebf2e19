package main

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/isolink-go/isolink/examples/internal/relay"
	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// inHand is how many requests of one client are dealt with at the same time, each
// in a call of its own that waits for the host. Those beyond it are refused.
const inHand = 1_024

// replyWithin is how much longer than the host's response a client's may take.
const replyWithin = 5 * time.Second

// mux is the program's life.
type mux struct {
	manager  *supervisor.Manager
	acceptor *supervisor.Acceptor
	relay    *relay.Relay
}

// start connects to the host and listens for clients. It does not wait for the
// links: without one, clients are told. The error is that of supervisor.New or of
// Manager.Listen.
func start(o options, logger *slog.Logger) (*mux, error) {
	// All STANs towards the host come from here. Hosts may refuse those of an earlier
	// run: each begins where the clock is.
	stans, err := messages.NewSTANs(messages.STANConfig{})
	if err != nil {
		return nil, err
	}
	hosts := supervisor.GroupConfig{Name: "hosts", Strategy: supervisor.RoundRobin(), STANs: stans}
	config := supervisor.Config{Logger: logger}
	for i, addrs := range o.hosts {
		config.Links = append(config.Links, supervisor.LinkConfig{
			Name: "host-" + strconv.Itoa(i+1), Addrs: addrs, Spec: spec87.Spec, Framing: o.framing,
			SendTimeout: o.timeout, Echo: traffic.Network(spec87.Spec, stans, messages.ISO87.Echo, 0),
		})
		hosts.Links = append(hosts.Links, config.Links[i].Name)
	}
	config.Groups = []supervisor.GroupConfig{hosts}
	m := new(mux)
	if m.manager, err = supervisor.New(nil, config); err != nil {
		return nil, err
	}
	m.relay = &relay.Relay{Group: m.manager.Group(hosts.Name), Logger: logger}
	m.acceptor, err = m.manager.Listen(supervisor.AcceptorConfig{
		Name: "clients", Addr: o.listen,
		Session: supervisor.LinkConfig{
			Spec: spec87.Spec, Framing: o.framing, HandleTimeout: o.timeout + replyWithin,
			Handler: m.relay.Handle, MaxHandlers: inHand, MaxInbound: inHand, Overload: m.relay.Refuse,
		},
	})
	if err != nil {
		return nil, errors.Join(err, m.manager.Close(context.Background())) // there is nothing that it could wait for
	}
	return m, nil
}
