package ledger

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/isolink-go/isolink/messages"
)

// grace is how long after its deadline an exchange may settle on a busy machine.
const grace = 10 * time.Second

// Outcome is what became of one request.
type Outcome int

// The outcomes.
const (
	Answered     Outcome = iota
	Misdelivered         // answered with another's response
	NotSent
	InDoubt
	Unexplained // an error that matches none of the outcomes, or several
)

// Book counts what became of requests.
type Book struct {
	begun  atomic.Uint64
	counts [Unexplained + 1]atomic.Uint64
	late   atomic.Uint64 // settled long after their deadline

	mu    sync.Mutex
	fault error // the first one
}

// Exchange sends the request with that STAN and id, and enters what became of it. The
// context has a deadline.
func (b *Book) Exchange(ctx context.Context, exchange func(context.Context, []byte) ([]byte, error), stan uint32, id uint64) Outcome {
	b.begun.Add(1)
	response, err := exchange(ctx, Request(stan, id)) // it owns its bytes
	if by, ok := ctx.Deadline(); ok && time.Since(by) > grace {
		b.late.Add(1)
	}
	outcome := judge(err)
	if outcome == Answered {
		if err = Verify(Request(stan, id), response); err != nil {
			outcome = Misdelivered
		}
	}
	if outcome == Misdelivered || outcome == Unexplained {
		b.mu.Lock()
		if b.fault == nil {
			b.fault = err
		}
		b.mu.Unlock()
	}
	b.counts[outcome].Add(1)
	return outcome
}

func judge(err error) Outcome {
	notSent, inDoubt := errors.Is(err, messages.ErrNotSent), errors.Is(err, messages.ErrInDoubt)
	switch {
	case err == nil:
		return Answered
	case notSent && !inDoubt:
		return NotSent
	case inDoubt && !notSent:
		return InDoubt
	default:
		return Unexplained
	}
}

// Count is how many requests had that outcome.
func (b *Book) Count(o Outcome) uint64 { return b.counts[o].Load() }

// Begun is how many requests were made.
func (b *Book) Begun() uint64 { return b.begun.Load() }

// Hung is how many requests have no outcome, or got theirs ten seconds after their
// deadline or later. It is to be read when all should have settled.
func (b *Book) Hung() uint64 {
	open := b.begun.Load()
	for i := range b.counts {
		open -= b.counts[i].Load()
	}
	return open + b.late.Load()
}

// Fault is the first error that no request may have; nil without one.
func (b *Book) Fault() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fault
}
