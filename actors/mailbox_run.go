package actors

import (
	"runtime"

	"github.com/asynkron/protoactor-go/actor"
)

// enoughGathered is how many messages need no more company: behind a crowd of
// goroutines that are ready to run, a yield takes long.
const enoughGathered = 64

// start runs the consumer; the caller has set running.
func (m *Mailbox) start() {
	if m.budget == 0 {
		m.workers.Go(m.onWork)
		return
	}
	m.onWorker, m.budgeted = false, m.budget
	m.run()
}

func (m *Mailbox) work() {
	m.onWorker, m.budgeted = true, -1
	m.run()
}

// run takes turns until the mailbox is idle or went to a worker.
func (m *Mailbox) run() {
	for {
		end, after := m.turn()
		if end == offload {
			m.workers.Go(m.onWork)
		}
		after.start()
		if end != failed {
			return
		}
	}
}

// mailboxes are few, mostly one: no slice is made for that.
type mailboxes struct {
	first *Mailbox
	more  []*Mailbox
}

func (l *mailboxes) add(m *Mailbox) {
	if l.first == nil {
		l.first = m
		return
	}
	l.more = append(l.more, m)
}

// start starts them in order, also where an actor ends the goroutine
// (runtime.Goexit) that the next one was to start in.
func (l mailboxes) start() {
	if l.first == nil {
		return
	}
	if len(l.more) > 0 {
		defer mailboxes{l.more[0], l.more[1:]}.start()
	}
	l.first.start()
}

type turnEnd uint8

const (
	idle    turnEnd = iota // running was cleared
	offload                // the caller passes the consumer to a worker
	failed                 // a failure was escalated; take another turn
)

// turn handles messages until there are none, the budget is used up, or the
// actor fails. It returns the mailboxes to start now.
func (m *Mailbox) turn() (end turnEnd, after mailboxes) {
	returned := false
	defer func() {
		if !returned {
			end = m.fail(recover()) // the next turn hands over afterward
		}
	}()
	end, after = m.consume()
	returned = true
	return end, after
}

func (m *Mailbox) takeAfterward() mailboxes {
	after := m.afterward
	m.afterward = mailboxes{}
	return after
}

func (m *Mailbox) consume() (turnEnd, mailboxes) {
	for {
		switch {
		case m.sysNext < len(m.sysBatch) || m.systemCount.Load() > 0:
			m.handleSystem()
		case m.toWorker && !m.onWorker, m.budgeted == 0:
			m.toWorker = false
			return offload, m.takeAfterward()
		case m.next < len(m.batch) && !m.suspended:
			m.invoker.InvokeUserMessage(m.pick())
			m.current = nil
		case m.dirty && !m.suspended:
			m.handOver()
		default:
			if after, ok := m.takeOrIdle(); !ok {
				return idle, after
			}
		}
	}
}

// handOver sends the queueEmpty that is due, unless there is more.
func (m *Mailbox) handOver() {
	if m.take() {
		return
	}
	if m.yield && m.gathered < enoughGathered {
		runtime.Gosched()
		if m.take() {
			return
		}
	}
	m.dirty, m.gathered = false, 0
	m.invoker.InvokeUserMessage(queueEmpty{})
	if m.yield && !m.onWorker {
		runtime.Gosched()
	}
}

// pick takes the next user message into hand.
func (m *Mailbox) pick() any {
	m.current = m.batch[m.next]
	m.batch[m.next] = nil
	m.next++
	m.budgeted--
	m.gathered++
	m.dirty = m.onEmpty
	return m.current
}

// more gives the actor the next user message within the same invocation, or nil
// where another one is needed: for a message that it may not join, for a system
// message, or on a worker. The message before counts as handled. Only the actor may
// call it, from Receive.
func (m *Mailbox) more() any {
	switch {
	case m.next == len(m.batch), m.budgeted == 0, m.suspended, m.toWorker && !m.onWorker, m.systemCount.Load() > 0:
		return nil
	case !m.joins(m.batch[m.next]):
		return nil
	}
	return m.pick()
}

// take swaps the read batch for the queue, and reports whether there was one.
func (m *Mailbox) take() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.swap()
}

// takeOrIdle is take, or gives up the consumer's place where there is nothing to do;
// ok is false then.
func (m *Mailbox) takeOrIdle() (after mailboxes, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.system) > 0 || (!m.suspended && m.swap()) {
		return mailboxes{}, true
	}
	after = m.takeAfterward()
	m.running = false
	return after, false
}

// swap is take for who holds mu.
func (m *Mailbox) swap() bool {
	if len(m.user) == 0 {
		return false
	}
	empty := m.batch[:0]
	if cap(empty) > shrinkAbove {
		empty = nil
	}
	m.batch, m.next, m.user = m.user, 0, empty
	m.note()
	return true
}

func (m *Mailbox) handleSystem() {
	if m.sysNext == len(m.sysBatch) {
		m.mu.Lock()
		m.sysBatch, m.sysNext, m.system = m.system, 0, m.sysBatch[:0]
		m.systemCount.Store(0)
		m.mu.Unlock()
	}
	msg := m.sysBatch[m.sysNext]
	m.sysBatch[m.sysNext] = nil
	m.sysNext++
	switch msg.(type) {
	case *actor.SuspendMailbox:
		m.setSuspended(true)
	case *actor.ResumeMailbox:
		m.setSuspended(false)
	default:
		m.invoker.InvokeSystemMessage(msg)
	}
}

func (m *Mailbox) setSuspended(s bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.suspended = s
}
