package floor

import "errors"

// The two outcomes of an exchange without a response. Every error of
// Contract.Exchange is one of the two, by errors.Is.
var (
	// ErrNotSent means that the peer cannot have read a byte of the request.
	ErrNotSent = errors.New("not sent")

	// ErrInDoubt means that the peer may have the request, and may still answer.
	ErrInDoubt = errors.New("in doubt")
)

// The causes. Those of a context are context.Canceled and
// context.DeadlineExceeded, those of a lost connection the connection's own.
var (
	ErrTimeout      = errors.New("floor: no response in time")
	ErrOverloaded   = errors.New("floor: too many exchanges in flight")
	ErrDuplicateKey = errors.New("floor: key is in flight or in doubt")
	ErrNoKey        = errors.New("floor: no request with a key")
	ErrTooLong      = errors.New("floor: body is too long for its length field")
	ErrClosed       = errors.New("floor: closed")
)

// Error tells what became of a request that was not answered, and why. It
// unwraps to both.
type Error struct {
	Outcome error // ErrNotSent or ErrInDoubt
	Cause   error
}

func (e *Error) Error() string { return e.Outcome.Error() + ": " + e.Cause.Error() }

// Unwrap lets errors.Is and errors.As see the outcome and the cause.
func (e *Error) Unwrap() []error { return []error{e.Outcome, e.Cause} }

func notSent(cause error) error { return &Error{Outcome: ErrNotSent, Cause: cause} }

func inDoubt(cause error) error { return &Error{Outcome: ErrInDoubt, Cause: cause} }
