// Package relay gives clients' requests to a group of links, and tells the clients
// what became of them.
//
// Clients number their requests as they like, so that two of them may use the same
// STAN (field 11) at once. Over a link it would be the same key: the group gives each
// request a STAN of its own, and the client's comes back in the response.
package relay

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// Group is what a relay needs of a *supervisor.Group that has STANs.
type Group interface {
	// Send gives the request to a link, and a STAN of the group's where it has none.
	Send(ctx context.Context, msg *iso8583.Message) (*iso8583.Message, error)
	// Status says whether the group has the links that it needs.
	Status() supervisor.GroupStatus
}

// Relay is between an acceptor and a group whose specification is the same.
type Relay struct {
	Group  Group
	Logger *slog.Logger

	// What became of the clients' requests, but for those of class 8: answered by the
	// group, answered with 91, not answered, and answered with 30 or not at all as they
	// could not be read.
	Answered, NotSent, InDoubt, Wrong atomic.Uint64
}

// Handle is the Handler of the clients' sessions. What became of a request, it tells
// the client so:
//
//   - answered: the group's response;
//   - not sent, over any of the links, or rejected: response code 91 (issuer or switch
//     inoperative). Nobody has acted on it;
//   - in doubt: nothing. The client's own time-out then tells it the truth, that
//     somebody may have acted, and the client reverses. A response code would pass for
//     the host's decision. A response that comes later is dropped.
//
// Requests for network management (class 8) are between neighbours: they are answered
// here, with 00 while the group has the links that it needs, with 91 otherwise.
func (r *Relay) Handle(ctx context.Context, in *messages.Inbound) {
	request, err := in.Message()
	if err != nil {
		r.Wrong.Add(1)
		r.warn("a request cannot be read, and is not answered", in, err)
		return
	}
	response, err := r.respondTo(ctx, request, in.MTI)
	if err != nil {
		r.warn("a request is not answered", in, err)
		return
	}
	if err := in.Reply(ctx, response); err != nil {
		r.warn("a client cannot be told", in, err)
	}
}

// Refuse is the Overload of the clients' sessions: 91 to a client that has more under
// way than is taken from one.
func (r *Relay) Refuse(in *messages.Inbound) (*iso8583.Message, error) {
	request, err := in.Message()
	if err != nil {
		return nil, err
	}
	return respond(request, in.MTI, Inoperative)
}

// respondTo is the response to a client's request; an error when there is none to
// be given.
func (r *Relay) respondTo(ctx context.Context, request *iso8583.Message, mti messages.MTI) (*iso8583.Message, error) {
	if mti.Class() == '8' {
		return respond(request, mti, r.health())
	}
	stan, err := request.GetString(traffic.STANField)
	if err != nil || stan == "" {
		r.Wrong.Add(1)
		return respond(request, mti, FormatError)
	}
	messages.DropSTAN(request)
	response, err := r.Group.Send(ctx, request)
	switch {
	case err == nil:
		r.Answered.Add(1)
		return response, set(response, traffic.STANField, stan)
	case errors.Is(err, messages.ErrInDoubt):
		r.InDoubt.Add(1)
		return nil, err
	default: // not sent, or rejected
		r.NotSent.Add(1)
		if err := set(request, traffic.STANField, stan); err != nil {
			return nil, err
		}
		return respond(request, mti, Inoperative)
	}
}

// health is the response code to a client that asks for its neighbour.
func (r *Relay) health() string {
	if r.Group.Status().Degraded {
		return Inoperative
	}
	return Approved
}

func (r *Relay) warn(what string, in *messages.Inbound, err error) {
	r.Logger.Warn(what, slog.Any("request", in), slog.Any("error", err))
}
