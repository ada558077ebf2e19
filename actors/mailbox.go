package actors

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
)

// queueEmpty tells an actor that asked for it that its queue ran empty: the
// moment to hand over what it collected.
type queueEmpty struct{}

// shrinkAbove is the capacity from which a queue is not used again, in
// messages: a burst must not hold its memory for ever.
const shrinkAbove = 4096

// mailboxOptions are what a mailbox is made of.
type mailboxOptions struct {
	// workers runs the consumer where the poster may not.
	workers *Workers
	// budget is how many user messages a poster's goroutine handles before the
	// rest goes to a worker; 0: none, the actor may block.
	budget int
	// onEmpty asks for a queueEmpty whenever user messages were handled and
	// none is left.
	onEmpty bool
	// yield gives up the processor once before queueEmpty, so that posters that are
	// ready to run join what is about to be handed over, and once behind it: whom
	// that has woken runs here, before this goroutine waits and lets the processor
	// go to sleep. With one caller that is a third of the time of an exchange.
	yield bool
	// joins reports whether the actor may take a user message by more, which saves
	// it an invocation of Proto.Actor's. Nil: none. Never for a message that
	// Proto.Actor has a part in, or that has a sender.
	joins func(msg any) bool
	// refuse gets each user message that will not be handled: the one in which
	// the actor failed, and all that was queued or comes after close. It runs in
	// the consumer's goroutine or, after close, in the poster's. Nil drops them.
	refuse func(msg any)
	// waiting, where it is not nil, is how many user messages wait, less those in hand:
	// to be read without the lock.
	waiting *atomic.Int64
	// panicked learns in what the actor failed. It must not block. Nil: a worker
	// logs it.
	panicked func(reason any)
}

// Mailbox is an actor.Mailbox that costs no new goroutine per wake-up and
// loses no message: what it cannot hand to its actor any more, it refuses.
//
// Posters append under one short lock, which also guards running; whoever sets
// running is the consumer until it clears it. All fields below "consumer" are
// touched by the consumer only.
type Mailbox struct {
	mailboxOptions
	invoker actor.MessageInvoker
	onWork  func() // m.work(), made once

	mu        sync.Mutex
	user      []any
	system    []any
	running   bool
	suspended bool // the consumer writes it, under mu
	closed    bool // likewise

	systemCount atomic.Int32 // len(system), to be read without the lock

	// consumer
	batch     []any // taken from user
	next      int   // the first unread of batch
	sysBatch  []any
	sysNext   int
	current   any       // the message in hand
	budgeted  int       // what is left of the budget; negative: no limit
	gathered  int       // user messages since the last queueEmpty
	dirty     bool      // a queueEmpty is due
	onWorker  bool      // the consumer runs on a worker and may block
	toWorker  bool      // the actor asked to go on on a worker
	afterward mailboxes // to be started when this turn has ended
}

var _ actor.Mailbox = (*Mailbox)(nil)

func newMailbox(o mailboxOptions) *Mailbox {
	m := &Mailbox{mailboxOptions: o}
	m.onWork = m.work
	return m
}

// producer gives the mailbox to Proto.Actor's Props; it serves one actor.
func (m *Mailbox) producer() actor.PropsOption {
	return actor.WithMailbox(func() actor.Mailbox { return m })
}

// WorkerMailbox gives an actor that may block a mailbox whose turns run on
// workers. The properties serve one actor.
func WorkerMailbox(w *Workers) actor.PropsOption {
	return newMailbox(mailboxOptions{workers: w}).producer()
}

// RegisterHandlers is called once by Proto.Actor's spawn. The dispatcher is
// not used: workers take its place.
func (m *Mailbox) RegisterHandlers(invoker actor.MessageInvoker, _ actor.Dispatcher) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.invoker = invoker
}

// Start is called once by Proto.Actor's spawn, after Started was posted.
func (m *Mailbox) Start() {}

// UserMessageCount is the number of messages that wait, less those in hand.
func (m *Mailbox) UserMessageCount() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.user)
}

// PostUserMessage queues msg and, when the mailbox is idle, handles it: here
// and now within the budget, otherwise on a worker.
func (m *Mailbox) PostUserMessage(msg any) {
	if m.put(msg) {
		m.start()
	}
}

// PostElsewhere is PostUserMessage for a poster that is about to post more: a worker
// handles it, together with what comes meanwhile.
func (m *Mailbox) PostElsewhere(msg any) {
	if m.put(msg) {
		m.workers.Go(m.onWork)
	}
}

// PostSystemMessage is PostUserMessage for Proto.Actor's own messages, which
// are handled first, also while the mailbox is suspended. It always wakes a
// worker: supervisors post them, and an actor that ends its goroutine must not
// take its supervisor's.
func (m *Mailbox) PostSystemMessage(msg any) {
	m.mu.Lock()
	m.system = append(m.system, msg)
	m.systemCount.Store(int32(len(m.system)))
	start := !m.running && m.invoker != nil
	if start {
		m.running = true
	}
	m.mu.Unlock()
	if start {
		m.workers.Go(m.onWork)
	}
}

// put queues msg and reports whether the caller became the consumer.
func (m *Mailbox) put(msg any) bool {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		m.giveBack(msg)
		return false
	}
	m.user = append(m.user, msg)
	m.note()
	start := !m.running && !m.suspended && m.invoker != nil
	if start {
		m.running = true
	}
	m.mu.Unlock()
	return start
}

// note keeps waiting up to date, for who holds mu.
func (m *Mailbox) note() {
	if m.waiting != nil {
		m.waiting.Store(int64(len(m.user)))
	}
}

func (m *Mailbox) giveBack(msg any) {
	if m.refuse != nil {
		m.refuse(msg)
	}
}

// postAfter queues msg in to. When that makes to runnable, it is started as
// soon as this mailbox's turn ends: the actor of to may be slow, and m's queue
// must not wait for it. Only m's actor may call it, from Receive.
func (m *Mailbox) postAfter(to *Mailbox, msg any) {
	if to.put(msg) {
		m.afterward.add(to)
	}
}

// again asks for another queueEmpty. Only the actor may call it.
func (m *Mailbox) again() { m.dirty = true }

// mayBlock reports whether the actor runs on a worker. Otherwise it asks for
// one: the next message comes there. Only the actor may call it.
func (m *Mailbox) mayBlock() bool {
	if !m.onWorker {
		m.toWorker = true
	}
	return m.onWorker
}

// close refuses what is queued and all that comes. Only the actor may call it,
// when it has stopped.
func (m *Mailbox) close() {
	m.mu.Lock()
	m.closed = true
	rest := slices.Concat(m.batch[m.next:], m.user)
	m.batch, m.next, m.user, m.dirty = nil, 0, nil, false
	m.note()
	m.mu.Unlock()
	for _, msg := range rest {
		m.giveBack(msg)
	}
}
