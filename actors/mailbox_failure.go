package actors

import (
	"fmt"
	"log/slog"

	"github.com/asynkron/protoactor-go/actor"
)

// errGoexit is the reason of a failure whose actor ended its goroutine.
var errGoexit error = goexitError{}

// goexitError has a name of its own, since the type of a reason is all that is
// told of it.
type goexitError struct{}

// Error says what ended the goroutine.
func (goexitError) Error() string { return "runtime.Goexit" }

// fail escalates what ended a turn. A nil reason is runtime.Goexit: the
// goroutine is lost, and the mailbox goes on on another.
func (m *Mailbox) fail(reason any) turnEnd {
	msg := m.current
	m.current = nil
	if msg != nil {
		m.giveBack(msg)
	}
	if reason == nil {
		m.escalate(errGoexit, msg)
		m.workers.Go(m.onWork)
		return idle // never read: the goroutine ends
	}
	m.escalate(reason, msg)
	return failed
}

// escalate reports a panic to the parent. It does without Proto.Actor's
// EscalateFailure, which logs the reason first: that may hold card data, and
// the logger is the embedding program's, which may block, panic or end its
// goroutine.
func (m *Mailbox) escalate(reason, msg any) {
	ctx, ok := m.invoker.(actor.Context)
	if !ok {
		m.invoker.EscalateFailure(reason, msg)
		return
	}
	m.failTo(ctx, reason)
	if m.panicked != nil {
		m.panicked(reason)
		return
	}
	logger, id := ctx.Logger(), ctx.Self().Id
	m.workers.Go(func() {
		defer func() { _ = recover() }()
		logger.Error("an actor panicked", slog.String("actor", id), slog.String("reason", fmt.Sprintf("%T", reason)))
	})
}

// failTo suspends the mailbox and reports the failure to the actor's parent as
// Proto.Actor's EscalateFailure does, without its log line: the end of a
// session is no surprise, and no logger may stand between it and the restart.
// An actor at the root has nobody to decide: it is restarted.
// Only the actor's goroutine may call it.
func (m *Mailbox) failTo(ctx actor.Context, reason any) {
	// Behind what waits, such as the resumption of a restart that is failing.
	m.PostSystemMessage(&actor.SuspendMailbox{})
	parent := ctx.Parent()
	if parent == nil {
		m.PostSystemMessage(&actor.Restart{})
		return
	}
	if process, ok := ctx.ActorSystem().ProcessRegistry.Get(parent); ok {
		process.SendSystemMessage(parent, &actor.Failure{
			Who: ctx.Self(), Reason: reason, RestartStats: actor.NewRestartStatistics(),
		})
	}
}
