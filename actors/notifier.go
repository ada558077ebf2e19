package actors

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/isolink-go/isolink/messages"
)

// notifier is the actor that runs foreign code: hooks, loggers and subscribers
// of the event stream. One event at a time, in order, on a worker.
//
// It is spawned beside the link, not under it: foreign code may never return,
// and an actor that never returns cannot be stopped, so that its parent could
// never restart.
type notifier struct {
	record  *Record
	mailbox *Mailbox
	waiting atomic.Int64
	dropped atomic.Uint64 // since the last EventsDropped
}

func newNotifier(r *Record) *notifier {
	n := &notifier{record: r}
	n.mailbox = newMailbox(mailboxOptions{workers: r.workers, panicked: r.panickedIn("notifier")})
	return n
}

// SpawnNotifier starts the actor that tells of the link's events; it lives as
// long as the record. Foreign panics never reach it, so that its guardian has
// nothing to do.
func (r *Record) SpawnNotifier(id string) (*actor.PID, error) {
	props := actor.PropsFromProducer(func() actor.Actor { return r.notifier }, r.notifier.mailbox.producer())
	return r.system.Root.SpawnNamed(props, id)
}

// event queues e, or drops and counts it when MaxEvents wait. It never blocks.
func (n *notifier) event(e messages.Event) {
	if n.waiting.Add(1) > int64(n.record.config.MaxEvents) {
		n.waiting.Add(-1)
		n.dropped.Add(1)
		n.record.counters.dropped.Add(1)
		return
	}
	n.mailbox.PostUserMessage(e)
}

// Receive tells one event.
func (n *notifier) Receive(ctx actor.Context) {
	e, ok := ctx.Message().(messages.Event)
	if !ok {
		return
	}
	defer n.waiting.Add(-1)
	if count := n.dropped.Swap(0); count > 0 {
		n.tell(&messages.EventsDropped{Link: n.record.config.Name, Count: count})
	}
	n.tell(e)
}

// tell gives e to each observer; one that panics keeps it from no other.
func (n *notifier) tell(e messages.Event) {
	n.guard("Logger", func() { n.log(e) })
	if late, ok := e.(*messages.LateReply); ok && n.record.config.OnLate != nil {
		n.guard("OnLate", func() { n.record.config.OnLate(late) })
	}
	if n.record.config.OnEvent != nil {
		n.guard("OnEvent", func() { n.record.config.OnEvent(e) })
	}
	n.guard("EventStream", func() { n.record.system.EventStream.Publish(e) })
}

// guard runs foreign code. A panic is counted and logged.
func (n *notifier) guard(where string, call func()) {
	defer func() {
		if p := recover(); p != nil {
			n.record.counters.panics.Add(1)
			if where != "Logger" {
				n.guard("Logger", func() { n.log(n.record.panicEvent(where, p)) })
			}
		}
	}()
	call()
}

// panicked counts and tells of a panic outside the notifier.
func (r *Record) panicked(where string, reason any) {
	r.counters.panics.Add(1)
	r.notifier.event(r.panicEvent(where, reason))
}

// panickedIn is panicked for a mailbox.
func (r *Record) panickedIn(where string) func(reason any) {
	return func(reason any) { r.panicked(where, reason) }
}

func (r *Record) panicEvent(where string, reason any) *messages.Panicked {
	return &messages.Panicked{Link: r.config.Name, Where: where, Reason: fmt.Sprintf("%T", reason)}
}

func (n *notifier) log(e messages.Event) {
	level := slog.LevelWarn
	if _, ok := e.(*messages.StateChanged); ok {
		level = slog.LevelInfo
	}
	n.record.logger.Log(context.Background(), level, fmt.Sprint(e))
}
