package actors

import (
	"context"
	"errors"
	"time"

	"github.com/isolink-go/isolink/messages"
)

// answered settles q, which was taken, with its response.
func (q *request) answered(header, reply []byte) {
	q.reply = reply
	if len(header) > 0 {
		own := header // header itself would cost an allocation each time
		q.replyHeader = &own
	}
	if !q.unpacks {
		q.countOutcome(nil)
	}
	q.signal()
}

// rejected settles q, which was taken.
func (q *request) rejected(code string) {
	q.failed(messages.ErrRejected, &messages.RejectError{Code: code})
}

// posted settles a post or a reply whose bytes were handed to the network.
func (q *request) posted() bool {
	if !q.take(wordClaimed) {
		return false
	}
	q.countOutcome(nil)
	q.signal()
	return true
}

// fail settles q without a response: not sent from wordQueued, in doubt from
// wordClaimed; false when it had settled before, or stands elsewhere.
func (q *request) fail(from uint32, cause error) bool {
	if !q.take(from) {
		return false
	}
	q.failed(outcomeOf(from), cause)
	return true
}

// failUnwritten settles as not sent a request that was claimed, but of which
// the write stopped before the first byte; false when it had settled before.
func (q *request) failUnwritten(cause error) bool {
	if !q.word.CompareAndSwap(wordClaimed, wordDropped) {
		return false
	}
	q.failed(messages.ErrNotSent, cause)
	return true
}

// failAny settles q wherever it stands.
func (q *request) failAny(cause error) {
	if from, ok := q.takeAny(); ok {
		q.failed(outcomeOf(from), cause)
	}
}

// outcomeOf is the outcome of a request that settled from that word without a
// response.
func outcomeOf(from uint32) error {
	if from == wordQueued {
		return messages.ErrNotSent
	}
	return messages.ErrInDoubt
}

func (q *request) failed(outcome, cause error) {
	q.err = q.sendError(outcome, cause)
	if !q.triesAnotherSTAN(cause) {
		q.countOutcome(outcome)
	}
	if c := q.command(); c != nil && c.answers != nil && outcome == messages.ErrNotSent {
		c.answers.GiveBackReply()
	}
	q.signal()
}

// triesAnotherSTAN reports whether the door sends the message again, by another
// request: one send has one outcome.
func (q *request) triesAnotherSTAN(cause error) bool {
	return q.ownSTAN && q.kind == kindSend && q.command() == nil && errors.Is(cause, messages.ErrDuplicateKey)
}

func (q *request) sendError(outcome, cause error) *messages.SendError {
	r := q.record
	e := &messages.SendError{
		Link: r.name, Key: q.key, Took: time.Duration(r.now() - q.start), Outcome: outcome, Cause: cause,
	}
	if q.wasWritten() {
		e.Session = uint64(q.session)
	}
	return e
}

// countOutcome counts a settled request, whose session may be over; echoes are counted
// by the link.
func (q *request) countOutcome(outcome error) {
	r := q.record
	if q.kind == kindNetwork {
		return
	}
	defer r.fold.counted()
	if q.kind == kindReply {
		if outcome == nil {
			r.counters.replied.Add(1)
		} else {
			r.counters.replyFailed.Add(1)
		}
		return
	}
	switch outcome {
	case nil:
		if q.kind.isExchange() {
			r.counters.answered.Add(1)
			r.tally(q.mti, tallyAnswered)
		} else {
			r.counters.posted.Add(1)
			r.tally(q.mti, tallyPosted)
		}
	case messages.ErrNotSent:
		r.counters.notSent.Add(1)
		r.tally(q.mti, tallyNotSent)
	case messages.ErrInDoubt:
		r.counters.inDoubt.Add(1)
		r.tally(q.mti, tallyInDoubt)
	case messages.ErrRejected:
		r.counters.rejected.Add(1)
		r.tally(q.mti, tallyRejected)
	}
}

// signal tells who waits, whose q is from then on. It never blocks: done has room
// for the one signal, and a courier has a queue for what was admitted.
func (q *request) signal() {
	if c := q.command(); c != nil {
		q.record.deliver(c, q.headerOfReply(), q.reply, q.err)
		return
	}
	q.done <- struct{}{}
}

// settled returns the result to the caller, who has the signal. What was only to be
// written is let go.
func (q *request) settled() (reply []byte, err error) {
	reply, err = q.reply, q.err
	if err == nil && !q.kind.isExchange() {
		q.letGo()
	}
	return reply, err
}

// contextCause is the cause of a send whose context ended.
func contextCause(ctx context.Context) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, context.DeadlineExceeded) {
		return messages.ErrTimeout
	}
	return cause
}
