package issuer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"log/slog"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/messages"
)

// request is one request, as the host deals with it.
type request struct {
	in    *messages.Inbound
	entry Entry
	reply []byte
}

// handle is the handler of all sessions: it logs a request, and then treats it as
// it is told to.
func (h *Host) handle(ctx context.Context, in *messages.Inbound) {
	<-h.gate.opened()
	message, unreadable := in.Message()
	r := &request{in: in, entry: entryOf(in, message)}
	if err := h.config.Ledger.Log(r.entry); err != nil {
		h.failed("a request is not in the ledger, and not dealt with", r, err)
		return
	}
	if unreadable != nil {
		h.failed("a request cannot be read, and is not answered", r, unreadable)
		return
	}
	t := h.config.Treat(r.entry.Reference)
	code := approved
	if t.Declined {
		code = declined
	}
	var err error
	if r.reply, err = respond(message, in.MTI, r.entry.Digest, code); err != nil {
		h.failed("a request cannot be answered", r, err)
		return
	}
	h.treat(ctx, r, t)
}

// entryOf is the first entry of a request. A field that is not there reads as an
// empty one; so do all of a message that cannot be read, which is nil.
func entryOf(in *messages.Inbound, message *iso8583.Message) Entry {
	e := Entry{
		Stage: Received, Conn: numberOf(in.Link), MTI: in.MTI.String(), Digest: sha256.Sum256(in.Frame),
	}
	if message != nil {
		e.STAN, _ = message.GetString(traffic.STANField)
		e.Reference, _ = message.GetString(traffic.ReferenceField)
	}
	return e
}

func (h *Host) treat(ctx context.Context, r *request, t Treatment) {
	switch t.Kind {
	case AnswersNever:
		h.faults[AnswersNever].Add(1)
	case AnswersLate:
		h.delay(h.config.Timeout+t.Delay, func() { h.answerLate(r) })
	case AnswersTwice:
		again := bytes.Clone(r.reply) // the link owns what it is given
		if h.answerOnce(ctx, r) && h.answerAgain(r, again) {
			h.faults[AnswersTwice].Add(1)
		}
	default: // nothing is wrong with it
		h.answerOnce(ctx, r)
	}
}

func (h *Host) answerOnce(ctx context.Context, r *request) bool {
	return h.answer(r, func() error { return r.in.ReplyFrame(ctx, r.reply) })
}

// answer sends a reply, and logs it before and behind. It reports whether all of
// it was handed to the network; a session that has ended meanwhile is no fault.
func (h *Host) answer(r *request, send func() error) bool {
	e := r.entry
	e.Stage = Replying
	if err := h.config.Ledger.Log(e); err != nil {
		h.failed("a reply is not in the ledger, and not sent", r, err)
		return false
	}
	if send() != nil {
		return false
	}
	e.Stage = Replied
	if err := h.config.Ledger.Log(e); err != nil {
		h.failed("a reply that was sent is not in the ledger", r, err)
	}
	return true
}

// answerAgain sends the reply once more: a request takes one Reply, so that the
// second one goes by the session.
func (h *Host) answerAgain(r *request, reply []byte) bool {
	session := h.acceptor.Session(sessionName(r.entry.Conn))
	return h.answer(r, func() error { return session.PostWith(h.ctx, r.in.ReplyHeader(), reply) })
}

// answerLate answers when the sender waits no longer, over the session that its
// link has by then.
func (h *Host) answerLate(r *request) {
	<-h.gate.opened()
	session, conn := h.newest()
	if session == nil {
		return
	}
	moved := *r
	moved.entry.Conn = conn.number
	if h.answer(&moved, func() error { return session.PostWith(h.ctx, r.in.ReplyHeader(), r.reply) }) {
		h.faults[AnswersLate].Add(1)
	}
}

// failed logs what kept a request from its answer.
func (h *Host) failed(what string, r *request, err error) {
	h.config.Logger.Warn(what, slog.Any("request", r.in), slog.Any("error", err))
}
