package actors

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/isolink-go/isolink/messages"
)

// notifier is the actor that runs foreign code: hooks, loggers and subscribers
// of the event stream. One event at a time, in order, on a worker.
//
// A link has one; an acceptor and its sessions share one.
//
// It is spawned beside the link, not under it: foreign code may never return,
// and an actor that never returns cannot be stopped, so that its parent could
// never restart.
type notifier struct {
	name     string // of the link or acceptor
	system   *actor.ActorSystem
	logger   *slog.Logger
	config   *LinkConfig // hooks, MaxEvents
	counters *counters
	mailbox  *Mailbox
	pid      *actor.PID // nil before spawn
	waiting  atomic.Int64
	dropped  atomic.Uint64 // since the last EventsDropped

	// Touched in Receive only.
	limit   logLimit
	leftOut *time.Timer // tells of what limit has left out; nil: of nothing yet
}

// leftOutDue says that there are lines that were left out to be told of.
type leftOutDue struct{}

// newNotifier makes the notifier of what is configured so. Its logger is the
// actor system's where the configuration has none, with the name as label says.
func newNotifier(name, label string, config *LinkConfig, system *actor.ActorSystem, workers *Workers, c *counters) *notifier {
	n := &notifier{
		name: name, system: system, logger: config.Logger, config: config, counters: c,
	}
	if n.logger == nil {
		n.logger = system.Logger()
	}
	n.logger = n.logger.With(slog.String(label, name))
	n.mailbox = newMailbox(mailboxOptions{
		workers: workers, panicked: func(reason any) { n.panicked(name, "notifier", reason) },
	})
	return n
}

// spawn starts the actor, beside all others. Foreign panics never reach it, so
// that its guardian has nothing to do.
func (n *notifier) spawn(id string) error {
	props := actor.PropsFromProducer(func() actor.Actor { return n }, n.mailbox.producer())
	pid, err := n.system.Root.SpawnNamed(props, id)
	if err != nil {
		return fmt.Errorf("actors: notifier of %s: %w", n.name, err)
	}
	n.pid = pid
	return nil
}

// stop ends the actor, behind all events told until now.
func (n *notifier) stop() {
	if n.pid != nil {
		n.system.Root.Poison(n.pid)
	}
}

// event queues e, or drops and counts it when MaxEvents wait. It never blocks.
func (n *notifier) event(e messages.Event) {
	if n.waiting.Add(1) > int64(n.config.MaxEvents) {
		n.waiting.Add(-1)
		n.dropped.Add(1)
		n.counters.dropped.Add(1)
		return
	}
	n.mailbox.PostUserMessage(e)
}

// Receive tells one event.
func (n *notifier) Receive(ctx actor.Context) {
	switch e := ctx.Message().(type) {
	case messages.Event:
		defer n.waiting.Add(-1)
		if count := n.dropped.Swap(0); count > 0 {
			n.tell(&messages.EventsDropped{Link: n.name, Count: count})
		}
		n.tell(e)
	case leftOutDue:
		n.logLeftOut(time.Now())
	case *actor.Stopped:
		n.logLeftOut(time.Now().Add(logWindow)) // nobody waits until it is over
	}
	n.setLeftOut()
}

// tell gives e to each observer; one that panics keeps it from no other.
func (n *notifier) tell(e messages.Event) {
	n.log(e)
	switch m := e.(type) {
	case *messages.StateChanged:
		hook(n, "OnState", n.config.OnState, m)
	case *messages.SessionChanged:
		hook(n, "OnSession", n.config.OnSession, m)
	case *messages.LateReply:
		hook(n, "OnLate", n.config.OnLate, m)
	case *messages.Unmatched:
		hook(n, "OnUnmatched", n.config.OnUnmatched, m)
	case *messages.EchoFailed, *messages.ReadIdle, *messages.SignFailed, *messages.NetworkRefused,
		*messages.RequestsDropped, *messages.EventsDropped, *messages.Panicked,
		*messages.CertificatesFailed, *messages.Refused, *messages.AcceptFailed:
		hook(n, "OnError", n.config.OnError, e)
	}
	hook(n, "OnEvent", n.config.OnEvent, e)
	hook(n, "EventStream", n.system.EventStream.Publish, any(e))
}

// hook calls a function of the configuration, where there is one.
func hook[E any](n *notifier, where string, call func(E), e E) {
	if call != nil {
		n.guard(where, func() { call(e) })
	}
}

// guard runs foreign code. A panic is counted and logged.
func (n *notifier) guard(where string, call func()) {
	defer func() {
		if p := recover(); p != nil {
			n.counters.panics.Add(1)
			if where != "Logger" {
				n.log(panicEvent(n.name, where, p))
			}
		}
	}()
	call()
}

// panicked counts and tells of a panic outside the notifier.
func (n *notifier) panicked(name, where string, reason any) {
	n.counters.panics.Add(1)
	n.event(panicEvent(name, where, reason))
}

func (n *notifier) certificatesFailed(reason error) {
	n.event(&messages.CertificatesFailed{Link: n.name, Reason: reason})
}

func (r *Record) panicked(where string, reason any) { r.notifier.panicked(r.name, where, reason) }

// panickedIn is panicked for a mailbox.
func (r *Record) panickedIn(where string) func(reason any) {
	return func(reason any) { r.panicked(where, reason) }
}

func panicEvent(name, where string, reason any) *messages.Panicked {
	return &messages.Panicked{Link: name, Where: where, Reason: fmt.Sprintf("%T", reason)}
}

// log writes a line for e, or counts it where there were too many like it.
func (n *notifier) log(e messages.Event) {
	now := time.Now()
	n.logLeftOut(now)
	kind, level := kindOf(e)
	if !n.limit.add(kind, level, now) {
		n.counters.unlogged.Add(1)
		return
	}
	n.write(level, func() string { return fmt.Sprint(e) })
}

// logLeftOut writes how many lines were left out, of the kinds whose time is over.
func (n *notifier) logLeftOut(now time.Time) {
	for _, k := range n.limit.over(now) {
		n.write(k.level, func() string {
			return fmt.Sprintf("%v: %d more lines within a minute were left out", k.logKind, k.left)
		})
	}
}

// setLeftOut sets the timer for what was left out.
func (n *notifier) setLeftOut() {
	switch at, ok := n.limit.next(); {
	case ok && n.leftOut == nil:
		n.leftOut = time.AfterFunc(time.Until(at), func() { n.mailbox.PostUserMessage(leftOutDue{}) })
	case ok:
		n.leftOut.Reset(time.Until(at))
	case n.leftOut != nil:
		n.leftOut.Stop()
	}
}

func (n *notifier) write(level slog.Level, line func() string) {
	n.guard("Logger", func() { n.logger.Log(context.Background(), level, line()) })
}
