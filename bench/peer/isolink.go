package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

const (
	notSent = "not sent"
	inDoubt = "in doubt"
)

var isolink = side{
	name: "isolink",
	open: openLink,
	outcome: func(err error) string {
		var e *messages.SendError
		if !errors.As(err, &e) {
			return err.Error()
		}
		return e.Outcome.Error()
	},
}

// linkClient is a link with a manager of its own.
type linkClient struct {
	link    *supervisor.Link
	manager *supervisor.Manager
}

// system is one for all managers: each would make its own.
var system = sync.OnceValue(func() *actor.ActorSystem {
	return actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
})

// maxInFlight is above what a scenario sends at once.
const maxInFlight = 20_000

func openLink(set setup) (client, error) {
	config := supervisor.LinkConfig{
		Name: "host", Addrs: []string{set.addr}, Spec: set.spec, Framing: framing.Binary2{}, Ordered: true,
		MaxInFlight: maxInFlight, Backoff: supervisor.Backoff{MinDelay: 10 * time.Millisecond},
		Handler: func(_ context.Context, in *messages.Inbound) {
			if m, err := in.Message(); err == nil && set.inbound != nil {
				set.inbound(m)
			}
		},
		OnLate: func(l *messages.LateReply) {
			if request, response, err := l.Messages(); err == nil && set.late != nil {
				set.late(late{request, response})
			}
		},
	}
	logger := slog.New(slog.DiscardHandler)
	if set.told != nil {
		config.OnEvent = func(e messages.Event) { set.told(fmt.Sprintf("%v %+v", e, e)) }
		logger = slog.New(slog.NewTextHandler(lines(set.told), nil))
	}
	if set.bcd {
		config.Framing = framing.BCD2{}
	}
	if set.oracle != nil {
		config.Dial = set.oracle.Dial
	}
	if set.secure {
		config.TLS = clientTLS()
	}
	var stan atomic.Int64
	network := supervisor.NetworkManagement{Build: func() (*iso8583.Message, error) {
		return message("0800", int(stan.Add(1)), identifier(0))
	}}
	if set.idle > 0 {
		config.Echo, config.IdleTime, config.MaxMissedEchoes = network, set.idle, missedPings
		config.Echo.Timeout = set.pingTimeout
	}
	if set.signOn {
		config.SignOn = network
		config.SignOn.Check = func(*iso8583.Message) error { time.Sleep(work); return nil }
	}
	if set.reconnect > 0 {
		config.Backoff.Base, config.Backoff.Cap = 2*set.reconnect, 2*set.reconnect
	}
	manager, err := supervisor.New(system(), supervisor.Config{Links: []supervisor.LinkConfig{config}, Logger: logger})
	if err != nil {
		return nil, err
	}
	c := linkClient{manager.Link("host"), manager}
	if set.reconnect > 0 {
		return c, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.link.Await(ctx, messages.Up); err != nil {
		return nil, errors.Join(err, c.close(ctx))
	}
	return c, nil
}

func (c linkClient) exchange(m *iso8583.Message, timeout time.Duration) (*iso8583.Message, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return c.link.Send(ctx, m)
}

// alive is whether it is up.
func (c linkClient) alive() bool { return c.link.Status().State == messages.Up }

// close reports no drain that was cut short: that is what the scenarios are about.
func (c linkClient) close(ctx context.Context) error {
	err := c.manager.Close(ctx)
	if errors.As(err, new(*messages.DrainError)) {
		return nil
	}
	return err
}

// lines hands on what is written, a line at a time.
type lines func(string)

func (l lines) Write(p []byte) (int, error) {
	l(string(p))
	return len(p), nil
}
