package actors

import (
	"errors"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

const (
	// writeLimit bounds one write, in bytes: all of it is in doubt together. A
	// single frame may be longer.
	writeLimit = 16 << 10
	// writerBudget is how many requests a poster collects and writes for others
	// before a worker takes over.
	writerBudget = 256
)

// writer is the only caller of Write. It claims what is queued and joins it
// into one write. All fields are touched only in Receive.
type writer struct {
	session *session
	record  *Record
	mailbox *Mailbox
	try     tryWriter // nil: every write may block

	queue  []*request // not yet claimed
	buffer []byte     // what is being written
	spans  []span     // the frames in buffer
	sent   int        // bytes of buffer that the kernel took
	failed error      // nothing is written any more

	keepAliveDue  bool // one is to be written
	withKeepAlive bool // buffer begins with one
}

// span is where a request's frame starts in the buffer.
type span struct {
	request *request
	start   int
}

// tryWriter writes what can be taken without blocking.
type tryWriter interface {
	// TryWrite returns how many bytes were taken, and an error other than
	// nil only when the connection is broken.
	TryWrite(p []byte) (n int, err error)
}

func spawnWriter(ctx actor.Context, s *session) *actor.PID {
	w := &writer{session: s, record: s.record, try: newTryWriter(bare(s.socket.Conn))}
	options := mailboxOptions{
		workers: s.record.workers, onEmpty: true, joins: w.joins, waiting: &s.posted, panicked: s.record.panickedIn("writer"),
	}
	options.yield = true
	if w.try != nil {
		options.budget = writerBudget
	}
	w.mailbox = newMailbox(options)
	s.writer = w.mailbox
	return spawnChild(ctx, "writer", w, w.mailbox)
}

// Receive is the only way in.
func (w *writer) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *request:
		for more := any(m); more != nil; more = w.mailbox.more() {
			w.queue = append(w.queue, more.(*request))
		}
		if w.failed != nil {
			w.refuseQueue()
		}
	case keepAliveDue:
		w.keepAliveDue = true
	case queueEmpty:
		w.flush()
	case *actor.Stopped:
		w.stop()
		w.mailbox.close()
	}
}

func (w *writer) joins(msg any) bool {
	_, ok := msg.(*request)
	return ok
}

// stop settles the posts and replies of a write that never returned: nobody
// knows how far it came.
func (w *writer) stop() {
	for _, s := range w.spans {
		if !s.request.kind.isExchange() {
			s.request.fail(wordClaimed, messages.ErrLinkDown)
		}
	}
	w.reset()
}

// flush writes one batch, and asks to be called again while there is more.
func (w *writer) flush() {
	if w.failed != nil {
		return
	}
	if len(w.buffer) == 0 {
		w.fill()
	}
	if len(w.buffer) == 0 {
		return
	}
	done, err := w.write()
	switch {
	case err != nil:
		w.fail(err)
	case done:
		w.handedOver()
		if len(w.queue) > 0 {
			w.mailbox.again()
		} else if cap(w.queue) > shrinkAbove {
			w.queue = nil
		}
	default:
		w.mailbox.again() // on a worker
	}
}

// fill claims what is queued and appends it to the buffer, up to the limit.
func (w *writer) fill() {
	w.addKeepAlive()
	now := w.record.now()
	taken := 0
	for _, q := range w.queue {
		if !w.append(q, now) {
			break
		}
		taken++
	}
	rest := copy(w.queue, w.queue[taken:])
	clear(w.queue[rest:])
	w.queue = w.queue[:rest]
	w.session.unclaimed.Store(int64(rest))
}

// append claims q and adds its frame; false when the buffer is full. What is
// past its deadline is never written.
func (w *writer) append(q *request, now int64) bool {
	if q.deadline <= now {
		q.fail(wordQueued, messages.ErrTimeout)
		return true
	}
	start := len(w.buffer)
	grown, err := w.appendTo(w.buffer, q)
	if err != nil {
		if q.fail(wordQueued, frameError(err)) {
			w.session.correlator.PostUserMessage(forget{q}) // its key is free again
		}
		return true
	}
	if start > 0 && len(grown) > writeLimit {
		w.buffer = grown[:start]
		return false
	}
	if !q.claim(w.session.number, now) {
		w.buffer = grown[:start]
		return true
	}
	w.buffer = grown
	w.spans = append(w.spans, span{q, start})
	w.session.sends(q)
	return true
}

// appendTo adds what q is on the wire.
func (w *writer) appendTo(dst []byte, q *request) ([]byte, error) {
	if q.kind == kindRaw {
		return append(dst, q.frame...), nil
	}
	return w.record.config.Framing.Append(dst, q.header(), q.frame)
}

// frameError is the cause of a send whose frame the framing refused.
func frameError(err error) error {
	if errors.Is(err, framing.ErrTooLarge) {
		return fmt.Errorf("%w: %w", messages.ErrFrameTooLarge, err)
	}
	return err
}

// write hands the buffer to the socket; done is false when the rest may block
// and this goroutine may not.
func (w *writer) write() (done bool, err error) {
	if w.try != nil && w.sent == 0 {
		w.sent, err = w.try.TryWrite(w.buffer)
		if err != nil || w.sent == len(w.buffer) {
			return true, err
		}
	}
	if !w.mailbox.mayBlock() {
		return false, nil
	}
	if err := w.session.socket.SetWriteDeadline(time.Now().Add(w.record.config.WriteTimeout)); err != nil {
		return true, err
	}
	n, err := w.session.socket.writeBlocking(w.buffer[w.sent:])
	w.sent += n
	// Once it has passed it would fail the next TryWrite, and the answer to a peer's key
	// update that TLS writes by itself. Where this fails, so does the next write.
	_ = w.session.socket.SetWriteDeadline(time.Time{})
	return true, err
}

// handedOver settles the posts and replies of the batch and makes room.
func (w *writer) handedOver() {
	now := w.record.now()
	if w.withKeepAlive {
		w.session.lastKeepAlive.Store(now)
		w.record.counters.keepAlivesSent.Add(1)
	}
	if len(w.spans) > 0 {
		w.session.lastWrite.Store(now)
	}
	var posts []*request
	for _, s := range w.spans {
		switch {
		case s.request.kind.isExchange():
			s.request.letGo()
		case s.request.posted():
			posts = append(posts, s.request)
		}
	}
	if posts != nil {
		w.session.correlator.PostUserMessage(wrotePosts{posts})
	}
	w.reset()
}

func (w *writer) reset() {
	clear(w.spans)
	w.spans, w.buffer, w.sent, w.withKeepAlive = w.spans[:0], w.buffer[:0], 0, false
	if cap(w.buffer) > 2*writeLimit {
		w.buffer = nil
	}
}

// fail ends all writing.
func (w *writer) fail(err error) {
	w.failed = fmt.Errorf("write: %w", err)
	w.settleClaimed(fmt.Errorf("%w: %w", messages.ErrLinkDown, w.failed))
	w.refuseQueue()
	w.session.ends(w.failed)
	_ = w.session.socket.SetReadDeadline(time.Now().Add(drainGrace))
	w.session.tell(sessionFailing{w.session})
}

// settleClaimed settles what is in the buffer, of which the network took the
// first w.sent bytes. Frames of which it took none are not sent. Of the others,
// exchanges wait for what the reader still finds; posts and replies were handed
// over, but the one in which the write stopped, which is in doubt.
func (w *writer) settleClaimed(cause error) {
	for i, s := range w.spans {
		end := len(w.buffer)
		if i+1 < len(w.spans) {
			end = w.spans[i+1].start
		}
		switch {
		case s.start >= w.sent:
			if s.request.failUnwritten(cause) {
				// The end of the session may have left it to wait for its response.
				w.session.correlator.PostUserMessage(forget{s.request})
			}
		case s.request.kind.isExchange():
		case end <= w.sent:
			s.request.posted()
		default:
			s.request.fail(wordClaimed, cause)
		}
	}
	w.reset()
}

func (w *writer) refuseQueue() {
	for _, q := range w.queue {
		q.fail(wordQueued, fmt.Errorf("%w: %w", messages.ErrLinkDown, w.failed))
	}
	clear(w.queue)
	w.queue = w.queue[:0]
}
