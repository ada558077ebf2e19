package actors

import (
	"bytes"
	"fmt"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/isolink-go/isolink/messages"
)

// correlatorBudget is how many messages a poster handles for others before a
// worker takes over.
const correlatorBudget = 256

// correlator maps keys to the requests that wait, and passes the peer's requests
// to the inlet. It does map work only, so that it may run in whoever's goroutine
// posts to it. All fields are touched only in Receive, and only while it owns the
// scope.
type correlator struct {
	session  *session
	record   *Record
	scope    *Scope
	table    *table // the scope's
	mailbox  *Mailbox
	draining bool
	ended    bool      // the session is over: nothing is taken any more
	drained  bool      // told
	batch    *batch    // in hand
	arrivals []arrival // of it, for the inlet
}

// Messages to the correlator, beside *request.
type (
	// batch is frames in the order of the stream, all that one Read brought. The
	// correlator gives it back to the reader, by session.handled, when it is done.
	batch struct {
		frames []inFrame
		next   int   // the first that was not handled; the correlator's
		at     int64 // clock time of the read
	}
	inFrame struct {
		mti    messages.MTI
		key    messages.Key
		err    error // why key is not there
		header []byte
		body   []byte
		// isReject and rejectCode are what the configuration says of a reject; key is
		// then that of the request.
		isReject   bool
		rejectCode string
		verify     []messages.Key // values of VerifyFields; nil: none
	}
	// streamEnd comes behind the last batch.
	streamEnd struct{}
	// forget: the caller has settled it.
	forget struct{ request *request }
	// wrotePosts: these posts need no deadline any more.
	wrotePosts struct{ requests []*request }
	// drain: take nothing new, and tell when nothing is in flight.
	drain struct{}
	// inboundDone: no request of the peer is being handled, for the moment.
	inboundDone struct{}
)

// Format prints how many frames there are, whatever the verb.
func (in *batch) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "isolink frames (%d)", len(in.frames))
}

// String is for text/template, which asks for it alone.
func (in *batch) String() string { return fmt.Sprint(in) }

// Format prints the request as it prints itself: with a verb that is not its
// own, fmt looks behind the pointer of a field.
func (m forget) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "isolink forget (%v)", m.request) }

// Format prints how many there are, whatever the verb.
func (m wrotePosts) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "isolink posts written (%d)", len(m.requests))
}

// spawnCorrelator makes the session's correlator. A scope that is the link's own
// belongs to it until it has stopped.
func spawnCorrelator(ctx actor.Context, s *session) *actor.PID {
	c := &correlator{session: s, record: s.record, scope: s.record.scope, table: s.record.scope.table}
	c.mailbox = newMailbox(mailboxOptions{
		workers: s.record.workers, budget: correlatorBudget, joins: c.joins, refuse: c.refuse, panicked: s.record.panickedIn("correlator"),
	})
	s.correlator = c.mailbox
	return spawnChild(ctx, "correlator", c, c.mailbox)
}

// Receive is the only way in.
func (c *correlator) Receive(ctx actor.Context) {
	switch ctx.Message().(type) {
	case *request, *batch: // first: they are many, and what is behind takes longer to tell
		c.handleAll(ctx.Message())
	case *actor.Started:
		c.scope.attend(ctx)
	case *actor.Stopped:
		c.stop()
	case actor.AutoReceiveMessage:
	default:
		c.handleAll(ctx.Message())
	}
}

// handleAll handles msg, and what may be joined.
func (c *correlator) handleAll(msg any) {
	c.scope.own()
	defer c.scope.disown()
	for ; msg != nil; msg = c.mailbox.more() {
		c.handle(msg)
	}
	c.scope.setAlarm()
	c.tellDrained()
}

// joins are the messages of the data path.
func (c *correlator) joins(msg any) bool {
	switch msg.(type) {
	case *request, *batch, forget, wrotePosts:
		return true
	}
	return false
}

func (c *correlator) handle(msg any) {
	switch m := msg.(type) {
	case *request:
		c.register(m)
	case *batch:
		c.match(m)
	case forget:
		c.scope.settledElsewhere(m.request)
	case wrotePosts:
		for _, q := range m.requests {
			c.table.dequeue(q)
			q.letGo()
		}
	case deadlineDue:
		c.scope.rings(m)
	case streamEnd:
		c.end()
		c.session.tell(sessionEnded{c.session})
	case drain:
		c.draining, c.drained = true, false
		c.session.draining.Store(true)
	case inboundDone:
	}
}

// register takes a request into the table, then passes it to the writer.
func (c *correlator) register(q *request) {
	switch {
	case c.ended:
		q.fail(wordQueued, messages.ErrLinkDown)
		return
	case c.draining && q.kind.isSend():
		q.fail(wordQueued, messages.ErrDraining)
		return
	case c.table.lates >= c.record.config.MaxLate && q.kind.isSend():
		q.fail(wordQueued, fmt.Errorf("%w: %d requests in doubt (MaxLate)", messages.ErrOverloaded, c.table.lates))
		return
	case q.word.Load() != wordQueued: // cancelled on the way
		return
	}
	err := c.table.add(q)
	if err != nil && c.scope.frees(q.key) {
		err = c.table.add(q)
	}
	if err != nil {
		q.fail(wordQueued, err)
		return
	}
	c.mailbox.postAfter(c.session.writer, q)
}

// match sorts a batch of frames.
func (c *correlator) match(in *batch) {
	c.batch = in
	for in.next < len(in.frames) {
		f := &in.frames[in.next]
		in.next++
		switch {
		case f.isReject:
			if !c.response(f, in.at) {
				c.unmatched(f)
			}
		case f.mti.IsRequest() && c.record.config.Handler != nil:
			c.session.inbound.Add(1)
			c.arrivals = append(c.arrivals, arrival{c.session.inboundOf(f, in.at), c.session})
		case f.err != nil || !f.mti.IsResponse() || !c.response(f, in.at):
			c.unmatched(f)
		}
	}
	c.batch = nil
	if len(c.arrivals) > 0 {
		c.record.inlet.put(c.arrivals)
		clear(c.arrivals)
		c.arrivals = c.arrivals[:0]
	}
	clear(in.frames)
	in.frames, in.next = in.frames[:0], 0
	c.session.handled <- in // there is room for all batches
}

// response settles the request that f answers; false when there is none.
func (c *correlator) response(f *inFrame, at int64) bool {
	q := c.table.find(f.key)
	if q == nil {
		return false
	}
	if f.err = c.record.keys.verify.differ(q.verify(), f.verify); f.err != nil {
		return false
	}
	from := q.word.Load()
	switch {
	case from == wordQueued && !q.repeatsClaimed():
		// Nothing was written yet: nobody can have answered it.
		return false
	case f.isReject && from != wordDropped && !c.table.reject(q, from):
		return false // it may be another's: who is told of a reject sends elsewhere
	case from == wordQueued, from == wordClaimed:
		// A repeat that is still queued is answered by its original's response,
		// and never written.
		if !q.take(from) {
			return c.response(f, at) // it moved meanwhile
		}
		c.matched(q, at)
		if from == wordClaimed {
			q.record.took(at-q.claimedAt, at)
		}
		c.answerOriginals(q, f)
		c.settle(q, f)
		return true
	case from == wordDropped:
		c.scope.settledElsewhere(q)
		return c.response(f, at)
	}
	c.late(q, f, at)
	return true
}

// matched notes that both directions of the session work, where q, which has settled,
// has gone here: the response has come here.
func (c *correlator) matched(q *request, at int64) {
	if q.record == c.record && q.wasWritten() && uint64(q.session) == c.session.number {
		c.session.lastMatch.Store(at)
	}
}

// settle settles q, which was taken, by a response or a reject. It is the last that
// is done with q here.
func (c *correlator) settle(q *request, f *inFrame) {
	if f.isReject {
		q.rejected(f.rejectCode)
	} else {
		q.answered(f.header, f.body)
	}
}

// answerOriginals takes q out of the table, and settles what it repeats, where that
// still waits, by a copy of the same response. An original that waits to be written on
// another link of the scope is then never written.
func (c *correlator) answerOriginals(q *request, f *inFrame) {
	for o := c.table.answered(q); o != nil; {
		next := c.table.answered(o)
		if _, ok := o.takeAny(); ok { // out of the table it has no deadline
			again := *f
			again.header, again.body = bytes.Clone(f.header), bytes.Clone(f.body)
			c.settle(o, &again)
		}
		o = next
	}
}

// late delivers a response to a request that is in doubt.
func (c *correlator) late(q *request, f *inFrame, at int64) {
	if q.isOpen() { // its caller gave up this moment; forget is on its way
		q.settledAt = at
	}
	c.answerOriginals(q, f)
	c.matched(q, at)
	if q.kind == kindNetwork {
		return
	}
	told := q.record
	if told.isGone() {
		told = c.record // nobody would hear of it there
	}
	told.counters.late.Add(1)
	told.notifier.event(messages.NewLateReply(messages.LateReply{
		Link: q.record.name, ReceivedLink: c.record.name,
		Key: q.key, Request: q.frame, Response: f.body, Header: f.header, RejectCode: f.rejectCode,
		SentSession: uint64(q.session), ReceivedSession: c.session.number,
		SentAt: c.record.time(q.claimedAt), SettledAt: c.record.time(q.settledAt), ReceivedAt: c.record.time(at),
	}, c.record.config.Spec))
}

func (c *correlator) unmatched(f *inFrame) {
	c.record.counters.unmatched.Add(1)
	c.record.notifier.event(&messages.Unmatched{
		Link: c.record.name, Session: c.session.number, MTI: f.mti, Key: f.key, Err: f.err,
		Frame: f.body, Header: f.header, RejectCode: f.rejectCode,
	})
}

// end settles all that waits: the session is over. What was written may have to
// wait for another session.
func (c *correlator) end() {
	if c.ended {
		return
	}
	c.ended = true
	cause := c.endCause()
	for _, q := range c.table.openOf(c.record) {
		switch {
		case !q.kind.isExchange():
			// The writer has what was claimed, and knows whether it was handed over:
			// a peer may read it and close before the write has returned here.
			q.fail(wordQueued, cause)
			c.table.dequeue(q)
			continue
		case c.waitsOn(q):
			q.fail(wordQueued, cause)
			if q.word.Load() == wordClaimed {
				continue
			}
		default:
			q.failAny(cause)
		}
		c.scope.settledElsewhere(q)
	}
}

// waitsOn reports whether q goes on waiting for its response when the session is
// over.
func (c *correlator) waitsOn(q *request) bool {
	return c.record.config.OnDisconnect == Wait && q.kind != kindNetwork && !c.session.cut.Load()
}

func (c *correlator) endCause() error {
	if why := c.session.why(); why != nil {
		return fmt.Errorf("%w: %w", messages.ErrLinkDown, why)
	}
	return messages.ErrLinkDown
}

// stop is the last thing: whatever brought it about, nothing is left unsettled.
func (c *correlator) stop() {
	defer c.mailbox.close()
	c.scope.own()
	defer c.scope.disown()
	defer func() {
		if p := recover(); p != nil {
			c.record.panicked("correlator", p)
		}
		c.end()
		c.scope.leave()
	}()
	if c.batch != nil { // it failed in the midst of a batch: the rest was received
		c.match(c.batch)
	}
}

// refuse gets what the correlator did not handle. It runs in anyone's
// goroutine, when the correlator has stopped, and touches the request alone, or
// a scope that is not its own.
func (c *correlator) refuse(msg any) {
	switch m := msg.(type) {
	case *request:
		m.failAny(c.endCause())
	case forget:
		c.scope.forget(m.request)
	case *batch, wrotePosts, deadlineDue, streamEnd, drain, inboundDone:
	}
}

func (c *correlator) tellDrained() {
	if c.draining && !c.drained && c.record.open == 0 && c.session.inbound.Load() == 0 {
		c.drained = true
		c.session.tell(sessionDrained{c.session})
	}
}
