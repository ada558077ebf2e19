package messages

import (
	"context"
	"slices"

	"github.com/moov-io/iso8583"
)

// Answering returns a handler for a link's Handler that answers the peer's network
// management by itself: an echo with the first of Accepted, and all else of that
// class (sign-on, sign-off, key exchange, cutover) with refusal, such as "12" or
// "904", so that the peer never waits in vain. next gets what is no network
// management, and, before it would be refused, network management too: where it
// has replied, nothing is added. A refusal is told by an event, NetworkRefused. Types
// that are Unanswered are next's alone. A nil
// next leaves requests of other classes unanswered.
//
// Who signs off, or on, at the peer's wish does it in next: Inbound.SignedOff.
//
// The response carries the request's fields, and the code.
func (n Network) Answering(refusal string, next func(context.Context, *Inbound)) func(context.Context, *Inbound) {
	return func(ctx context.Context, in *Inbound) {
		isOther := in.MTI.Version() != n.MTI[0] || in.MTI.Class() != n.MTI[1]
		if isOther || slices.Contains(n.Unanswered, in.MTI.String()) {
			if next != nil {
				next(ctx, in)
			}
			return
		}
		msg, err := in.Message()
		if err != nil {
			return // it cannot be told from others, nor be answered
		}
		function, _ := msg.GetString(n.Function) // absent: no echo
		if n.Echo != "" && function == padded(msg.GetSpec(), n.Function, n.Echo) {
			n.answer(ctx, in, msg, n.Accepted[0])
			return
		}
		if next != nil {
			next(ctx, in)
		}
		if !in.Replied() {
			n.answer(ctx, in, msg, refusal)
			in.told(&NetworkRefused{
				Link: in.Link, Session: in.Session, MTI: in.MTI, Function: toldFunction(function), Code: refusal,
			})
		}
	}
}

// answer makes a request its own response, with a code. A reply that is not sent is
// counted by the link, and there is nobody else to tell.
func (n Network) answer(ctx context.Context, in *Inbound, msg *iso8583.Message, code string) {
	response := in.MTI
	response[2]++ // a request's function is even, its response's the next
	msg.MTI(response.String())
	if err := msg.Field(n.Code, padded(msg.GetSpec(), n.Code, code)); err != nil {
		return
	}
	_ = in.Reply(ctx, msg)
}
