package main

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/moov-io/iso8583"

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

// link is what the mux needs of a *supervisor.Link.
type link interface {
	Send(ctx context.Context, msg *iso8583.Message) (*iso8583.Message, error)
	Status() supervisor.Status
}

// mux is the program's life.
type mux struct {
	manager  *supervisor.Manager
	acceptor *supervisor.Acceptor
	links    []link
	turns    atomic.Uint64 // the link to begin with
	logger   *slog.Logger

	counts counts
}

// counts are what became of the clients' requests, but for those of class 8.
type counts struct {
	answered, notSent, inDoubt, wrong atomic.Uint64
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
	m := &mux{logger: logger}
	config := supervisor.Config{Logger: logger}
	for i, addrs := range o.hosts {
		config.Links = append(config.Links, supervisor.LinkConfig{
			Name: "host-" + strconv.Itoa(i+1), Addrs: addrs, Spec: spec87.Spec, Framing: o.framing,
			SendTimeout: o.timeout, STANs: stans, Echo: traffic.Network(spec87.Spec, stans, messages.ISO87.Echo, 0),
		})
	}
	if m.manager, err = supervisor.New(nil, config); err != nil {
		return nil, err
	}
	for _, l := range m.manager.Links() {
		m.links = append(m.links, l)
	}
	m.acceptor, err = m.manager.Listen(supervisor.AcceptorConfig{
		Name: "clients", Addr: o.listen,
		Session: supervisor.LinkConfig{
			Spec: spec87.Spec, Framing: o.framing, HandleTimeout: o.timeout + replyWithin,
			Handler: m.handle, MaxHandlers: inHand, MaxInbound: inHand, Overload: refuse,
		},
	})
	if err != nil {
		return nil, errors.Join(err, m.manager.Close(context.Background())) // there is nothing that it could wait for
	}
	return m, nil
}

// refuse answers a client that has more under way than the mux takes from one.
func refuse(in *messages.Inbound) (*iso8583.Message, error) {
	request, err := in.Message()
	if err != nil {
		return nil, err
	}
	return respond(request, in.MTI, inoperative)
}

// close ends the mux in order: the clients first, since what they have asked still
// needs the links.
func (m *mux) close(ctx context.Context) error {
	return errors.Join(m.acceptor.Close(ctx), m.manager.Close(ctx))
}
