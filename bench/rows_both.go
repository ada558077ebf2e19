package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/moov-io/iso8583"
	connection "github.com/moov-io/iso8583-connection"
	"github.com/moov-io/iso8583-connection/server"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// approved is the response code of both hosts.
const approved = "00"

// approve makes a request's message its response: what both hosts do between
// unpacking and packing.
func approve(m *iso8583.Message) error {
	m.MTI("0210")
	return m.Field(39, approved)
}

// bothRows are a client and a host each, of the same library.
var bothRows = []row{
	{name: rowIsolink, open: openIsolinkBoth},
	{name: rowMoov, open: openMoovBoth},
}

// bothPath is a client and its own host.
type bothPath struct {
	shape *sample.Shape
	client
	endHost func() error
}

// client is the end that asks.
type client interface {
	send(ctx context.Context, request *iso8583.Message) (*iso8583.Message, error)
	Close() error
}

func (p *linkPath) send(ctx context.Context, request *iso8583.Message) (*iso8583.Message, error) {
	return p.link(0).Send(ctx, request)
}

func (p *moovPath) send(_ context.Context, request *iso8583.Message) (*iso8583.Message, error) {
	return p.conn.Send(request)
}

func (p *bothPath) Exchange(ctx context.Context, caller int, seq uint64) error {
	stan := sample.STAN(caller, seq)
	request, err := p.shape.Message(stan)
	if err != nil {
		return err
	}
	response, err := p.send(ctx, request)
	if err != nil {
		return err
	}
	if code, err := response.GetString(39); err != nil || code != approved {
		return fmt.Errorf("%w: not approved", sample.ErrMismatch)
	}
	return p.shape.VerifyMessage(response, stan)
}

func (p *bothPath) Close() error { return errors.Join(p.client.Close(), p.endHost()) }

// openIsolinkBoth connects a link with an acceptor, each with a manager of its own.
func openIsolinkBoth(to target, shape *sample.Shape, callers int) (Path, error) {
	manager, err := supervisor.New(nil, supervisor.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	acceptor, err := manager.Listen(supervisor.AcceptorConfig{
		Name: "host", Addr: "127.0.0.1:0",
		Session: supervisor.LinkConfig{
			Spec: sample.Spec, Framing: framing.Binary2{}, MaxInbound: 2 * callers,
			// An answer that fails leaves the client without one, which is an error.
			Handler: func(ctx context.Context, in *messages.Inbound) {
				m, err := in.Message()
				if err == nil && approve(m) == nil {
					_ = in.Reply(ctx, m)
				}
			},
		},
	})
	if err != nil {
		return nil, errors.Join(err, closeManager(manager))
	}
	link, err := openLink(target{addr: acceptor.Addr().String(), timeout: to.timeout}, shape, callers)
	if err != nil {
		return nil, errors.Join(err, closeManager(manager))
	}
	return &bothPath{shape, link, func() error { return closeManager(manager) }}, nil
}

// openMoovBoth connects moov's client with moov's server.
func openMoovBoth(to target, shape *sample.Shape, callers int) (Path, error) {
	host := server.New(sample.Spec, readBinary2, writeBinary2, connection.SendTimeout(to.sendTimeout()),
		connection.InboundMessageHandler(func(c *connection.Connection, m *iso8583.Message) {
			if approve(m) == nil {
				_ = c.Reply(m)
			}
		}))
	if err := host.Start("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("moov: %w", err)
	}
	end := func() error { host.Close(); return nil }
	path, err := openMoov(target{addr: host.Addr, timeout: to.timeout}, shape, callers)
	if err != nil {
		return nil, errors.Join(err, end())
	}
	return &bothPath{shape, path.(*moovPath), end}, nil
}
