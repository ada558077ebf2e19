package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/messages"
)

// handle is the handler of all clients' sessions.
func (m *mux) handle(ctx context.Context, in *messages.Inbound) {
	request, err := in.Message()
	if err != nil {
		m.counts.wrong.Add(1)
		m.warn("a request cannot be read, and is not answered", in, err)
		return
	}
	response, err := m.respondTo(ctx, request, in.MTI)
	if err != nil {
		m.warn("a request is not answered", in, err)
		return
	}
	if err := in.Reply(ctx, response); err != nil {
		m.warn("a client cannot be told", in, err)
	}
}

// respondTo is the response to a client's request; an error when there is none to
// be given.
func (m *mux) respondTo(ctx context.Context, request *iso8583.Message, mti messages.MTI) (*iso8583.Message, error) {
	if mti.Class() == '8' {
		return respond(request, mti, m.health())
	}
	stan, err := request.GetString(traffic.STANField)
	if err != nil || stan == "" {
		m.counts.wrong.Add(1)
		return respond(request, mti, formatError)
	}
	response, err := m.exchange(ctx, request)
	switch {
	case err == nil:
		m.counts.answered.Add(1)
		return response, set(response, traffic.STANField, stan)
	case errors.Is(err, messages.ErrInDoubt):
		m.counts.inDoubt.Add(1)
		return nil, err
	default: // not sent, or rejected: the host has not acted
		m.counts.notSent.Add(1)
		if err := set(request, traffic.STANField, stan); err != nil {
			return nil, err
		}
		return respond(request, mti, inoperative)
	}
}

// health is the response code to a client that asks for the mux itself.
func (m *mux) health() string {
	for _, l := range m.links {
		if l.Status().State == messages.Up {
			return approved
		}
	}
	return inoperative
}

// exchange sends a request over the links in turn, beginning with another one
// each time, until it was sent. The link gives the request its STAN: one that is
// neither in flight there nor in doubt.
func (m *mux) exchange(ctx context.Context, request *iso8583.Message) (response *iso8583.Message, err error) {
	turn := m.turns.Add(1) - 1
	for i := range uint64(len(m.links)) {
		messages.DropSTAN(request)
		response, err = m.links[(turn+i)%uint64(len(m.links))].Send(ctx, request)
		if !errors.Is(err, messages.ErrNotSent) {
			return response, err
		}
	}
	return nil, err
}

func (m *mux) warn(what string, in *messages.Inbound, err error) {
	m.logger.Warn(what, slog.Any("request", in), slog.Any("error", err))
}
